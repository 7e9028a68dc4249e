/** What to type to use a downloaded model: each line works as it stands, in the folder where the files are. */

import type { DataChoice } from "../../settings.ts";

export interface Command {
  /** What it does: its name in `words.take.file`. */
  readonly does: "sample" | "chat" | "info" | "resume" | "eval" | "lab";
  readonly line: string;
  /** It reads the file of the data, too. */
  readonly needsData: boolean;
}

export interface Downloaded {
  readonly file: string;
  /** With the state of training. */
  readonly isRun: boolean;
  /** How many steps the run may take in all, if it has taken them: to go on it needs more. */
  readonly finishedAt: number | undefined;
  readonly data: DataChoice;
  readonly mode: "documents" | "stream";
  readonly dataFile: string;
}

/** The lab's names are in the package, by this name; no other data of the lab is. */
export function packagedData({ name, text, missing }: DataChoice): string | undefined {
  return name === "names" && text === undefined && !missing ? "ssa" : undefined;
}

export function commandsFor({ file, isRun, finishedAt, data, mode, dataFile }: Downloaded): Command[] {
  const packaged = packagedData(data);
  const needsData = packaged === undefined && !data.missing;
  const source = packaged === undefined ? `${dataFile} --mode ${mode}` : `--data ${packaged}`;
  const train = data.missing ? "train" : `train ${source}`;
  const more = finishedAt === undefined ? "" : ` --num_steps ${2 * finishedAt}`;
  const lines: Command[] = [
    { does: "sample", line: `sample ${file} --seed 42 --strict`, needsData: false },
    { does: "chat", line: `chat ${file}`, needsData: false },
    { does: "info", line: `info ${file}`, needsData: false },
    { does: "lab", line: `lab ${file}`, needsData: false },
  ];
  if (isRun) lines.push({ does: "resume", line: `${train} --resume ${file}${more}`, needsData });
  if (needsData) lines.push({ does: "eval", line: `eval ${dataFile} --model ${file}`, needsData });
  return lines.map((command) => ({ ...command, line: `npx microgpt ${command.line}` }));
}
