/** The commands to use a downloaded model: each line works as written, in the folder with the files. */

import type { DataChoice } from "../../settings.ts";

export interface Command {
  /** Its explanation: a name in `words.take.file`. */
  readonly does: "sample" | "chat" | "info" | "resume" | "eval" | "lab";
  readonly line: string;
  /** True if it also reads the data file. */
  readonly needsData: boolean;
}

export interface Downloaded {
  readonly file: string;
  /** True if the file has the state of training. */
  readonly isRun: boolean;
  /** The planned number of steps, if the run has taken them all: continuing needs more. */
  readonly finishedAt: number | undefined;
  readonly data: DataChoice;
  readonly mode: "documents" | "stream";
  readonly dataFile: string;
}

/** The packaged name of the lab's names; no other data of the lab is in the package. */
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
