/**
 * Text that mentions settings and commands as data, because each face of microgpt has other names for them: the library
 * `valFraction: 0`, the command line `--val_fraction 0`, the lab the label of the field.
 */

/** The commands that a message may suggest. */
export type Command = "prepare" | "train" | "resume" | "sample" | "lr-find";

/** A setting by its name in code, with a value if there is one; or a command and its argument. */
export type Mention =
  | { readonly setting: string; readonly value?: string | number | boolean }
  | { readonly command: Command; readonly of?: string };

/** Text, or text with mentions in it. */
export type Words = string | Phrase;

/** Something to tell the user: its kind and facts as data, and its words. */
export interface Remark<K extends string = string> {
  /** From a closed set, and stable even if the words change. */
  readonly kind: K;
  /** The facts in the message, by name; numbers are unrounded. */
  readonly values: Readonly<Record<string, string | number>>;
  /** A sentence without a full stop. */
  readonly message: Words;
}

/** The names of settings and commands in one face of microgpt. */
export interface Tongue {
  setting(name: string, value?: string | number | boolean): string;
  command(name: Command, of?: string): string;
}

/** Text with mentions. As a string it reads as for a user of the library. */
export class Phrase {
  readonly parts: readonly (string | Mention)[];

  constructor(parts: readonly (string | Mention)[]) {
    this.parts = parts;
  }

  toString(): string {
    return inWords(this, library);
  }

  toJSON(): string {
    return this.toString();
  }
}

/** The text in this tongue. */
export function inWords(words: Words, tongue: Tongue): string {
  if (typeof words === "string") return words;
  const spoken = (part: string | Mention): string =>
    typeof part === "string"
      ? part
      : "setting" in part
        ? tongue.setting(part.setting, part.value)
        : tongue.command(part.command, part.of);
  return words.parts.map(spoken).join("");
}

/** A template whose parts may be mentions: say`use more text, or ${set("valFraction", 0)}`. */
export function say(texts: TemplateStringsArray, ...parts: readonly (Words | Mention | number)[]): Phrase {
  const flat = (part: Words | Mention | number): readonly (string | Mention)[] =>
    part instanceof Phrase ? part.parts : [typeof part === "number" ? `${part}` : part];
  return new Phrase(texts.flatMap((text, i) => (i === 0 ? [text] : [...flat(parts[i - 1] ?? ""), text])));
}

/** Mentions a setting: its name, or what to set it to. */
export function set(setting: string, value?: string | number | boolean): Mention {
  return value === undefined ? { setting } : { setting, value };
}

/** Mentions a command. */
export function command(name: Command, of?: string): Mention {
  return of === undefined ? { command: name } : { command: name, of };
}

const FUNCTIONS: { readonly [C in Command]: string } = {
  prepare: "prepare()",
  train: "startRun()",
  resume: "resumeRun()",
  sample: "generate()",
  "lr-find": "findLearningRate()",
};

export const library: Tongue = {
  setting: (name, value) =>
    value === undefined ? name : `${name}: ${typeof value === "string" ? `"${value}"` : value}`,
  command: (name) => FUNCTIONS[name],
};
