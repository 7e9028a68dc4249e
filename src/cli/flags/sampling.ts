/** The flags for sampling: those of `sample` and `chat`, and the settings within a chat. */

import { type Checkpoint, type DataMode, type GenerateOptions, TEMPERATURES } from "../../index.ts";

import { typed } from "./engine.ts";
import { anySeed, atLeast, fraction, numberFromZero, type Row } from "./row.ts";
import { parserOf, usage } from "./usage.ts";

const { documents, stream } = TEMPERATURES;
export const TEMPERATURE: Row = [
  "temperature <x>",
  `0 always takes the likeliest token, above 1 is bolder (default: ${documents}; ${stream} for running text)`,
  numberFromZero,
];

export const SAMPLING_FLAGS: readonly Row[] = [
  TEMPERATURE,
  ["top_k <n>", "draw only among the n likeliest tokens", atLeast(1)],
  [
    "top_p <x>",
    "draw only among the fewest tokens that together have this probability",
    parserOf({ kind: "above", above: 0, max: 1 }),
  ],
  ["min_p <x>", "draw no token with less than this share of the likeliest one's probability", fraction],
  [
    "repetition_penalty <x>",
    "values above 1 avoid tokens that the text already has; try 1.2",
    parserOf({ kind: "from", from: 0.01, below: 100 }),
  ],
  ["stop <text>", "end before this text, with \\n for a line end; may be repeated", stopText],
  [
    "max_new_tokens <n>",
    "most tokens to add to each text (default: up to block_size; 500 for running text)",
    atLeast(1),
  ],
  ["seed <n>", "seed of the random stream", anySeed, 42],
];

/** Their values, typed or default. */
export interface SamplingFlags {
  readonly temperature?: number;
  readonly top_k?: number;
  readonly top_p?: number;
  readonly min_p?: number;
  readonly repetition_penalty?: number;
  readonly stop?: readonly string[];
  readonly max_new_tokens?: number;
  readonly seed: number;
}

/** The library's options for them. */
export function samplingOptions(flags: SamplingFlags, mode: DataMode): Omit<GenerateOptions, "random"> {
  return {
    mode,
    ...typed({
      temperature: flags.temperature,
      topK: flags.top_k,
      topP: flags.top_p,
      minP: flags.min_p,
      repetitionPenalty: flags.repetition_penalty,
      stop: flags.stop,
      maxNewTokens: flags.max_new_tokens,
    }),
  };
}

/** The mode in which a model was trained, and so how its text continues. */
export function modeOf({ mode }: Checkpoint): DataMode {
  return mode ?? "documents";
}

/** Text typed in one line: `\n` is a line end, `\t` a tab, `\\` a backslash. */
export function unescaped(text: string): string {
  return text.replaceAll(/\\([nt\\])/g, (_, char: string) => ({ n: "\n", t: "\t" })[char] ?? "\\");
}

/** Each value is added to the list. */
function stopText(flag: string): (text: string, before: unknown) => readonly string[] {
  return (text, before) => {
    if (text === "") throw usage(`${flag} to be a character or more`, '""', "leave it out");
    return [...(Array.isArray(before) ? before : []), unescaped(text)];
  };
}
