/**
 * Words in which a setting or a command is named as such, because each face of microgpt calls it otherwise: the library
 * `valFraction: 0`, the command line `--val_fraction 0`, the lab by the label of the field.
 */

/** What a user can be told to run. */
export type Command = "prepare" | "train" | "resume" | "sample" | "lr-find";

/** A setting by its name in code, with the value to give it if there is one; or a command and what it takes. */
export type Mention =
  | { readonly setting: string; readonly value?: string | number | boolean }
  | { readonly command: Command; readonly of?: string };

/** Text, or text with mentions in it. */
export type Words = string | Phrase;

/** How one face of microgpt speaks. */
export interface Tongue {
  setting(name: string, value?: string | number | boolean): string;
  command(name: Command, of?: string): string;
}

/** Text with mentions. As a string it is what a user of the library reads. */
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

/** The words as this tongue has them. */
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
