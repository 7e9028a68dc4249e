/** The fields of a new run: a field for each of the library's settings, in the sections of its help. */

import { type Kind, MODEL_SETTINGS, type Section, TRAINING_SETTINGS } from "microgpt";
import { HELP } from "../../state/label.ts";
import { words } from "../../strings.ts";

export interface SettingField {
  readonly part: "model" | "training";
  readonly name: string;
  readonly kind: Kind;
  readonly label: string;
  /** A line of help. */
  readonly about: string;
}

const titles: { readonly [S in Section]: string } = words.train.setup.sections;

const all = [
  ...Object.entries(MODEL_SETTINGS).map(([name, kind]) => ({ part: "model" as const, name, kind })),
  ...Object.entries(TRAINING_SETTINGS).map(([name, kind]) => ({ part: "training" as const, name, kind })),
];

/** The sections in their order, each with its fields. */
export const SECTIONS: readonly { readonly title: string; readonly fields: readonly SettingField[] }[] = Object.entries(
  titles,
).map(([section, title]) => ({
  title,
  fields: all.flatMap((field): SettingField[] => {
    const help = HELP.get(field.name);
    if (help?.section !== section) return [];
    return [{ ...field, label: help.label, about: help.words }];
  }),
}));
