/** The fields of a new run: a field for each of the library's settings, in the sections of its help. */

import { type Kind, MODEL_HELP, MODEL_SETTINGS, type Section, TRAINING_HELP, TRAINING_SETTINGS } from "microgpt";
import { labelOf } from "../../state/label.ts";
import { words } from "../../strings.ts";

export interface SettingField {
  readonly part: "model" | "training";
  readonly name: string;
  readonly kind: Kind;
  readonly label: string;
  /** Said where the field is pointed at. */
  readonly about: string;
}

const { sections } = words.train.setup;

const fields: readonly (SettingField & { readonly section: Section })[] = [
  ...Object.entries(MODEL_SETTINGS).map(([name, kind]) => ({ part: "model" as const, name, kind })),
  ...Object.entries(TRAINING_SETTINGS).map(([name, kind]) => ({ part: "training" as const, name, kind })),
].map((field) => {
  const { section, words: about } = help(field.name);
  return { ...field, section, about, label: labelOf(field.name) };
});

/** The sections in their order, each with its fields. */
export const SECTIONS: readonly { readonly title: string; readonly fields: readonly SettingField[] }[] = Object.entries(
  sections,
).map(([section, title]) => ({
  title,
  fields: fields.filter((field) => field.section === section),
}));

function help(name: string): { readonly section: Section; readonly words: string } {
  const found = Object.entries({ ...MODEL_HELP, ...TRAINING_HELP }).find(([other]) => other === name);
  if (found === undefined) throw new Error(`internal: no help for ${name}`);
  return found[1];
}
