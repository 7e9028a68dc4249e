import { words } from "../strings.ts";

const labels: ReadonlyMap<string, string> = new Map(Object.entries(words.train.setup.fields));

/** The label of a setting's field: the lab's own words, or the name in words, `Residual scales`. */
export function labelOf(name: string): string {
  const spaced = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return labels.get(name) ?? spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
