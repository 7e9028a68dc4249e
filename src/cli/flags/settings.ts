/** The library's settings as flags, each under its name on disk. */

import type { Help, Kind, Section, Settings } from "../../index.ts";
import { type SnakeCase, snakeCase } from "../../util/case.ts";
import type { Row } from "./row.ts";
import { parserOf } from "./usage.ts";

/** Settings as flags. Undefined means not typed. */
export type Typed<T> = { readonly [K in keyof T & string as SnakeCase<K>]?: T[K] };

const PLACEHOLDERS: { readonly [K in Kind["kind"]]: string } = {
  whole: "<n>",
  above: "<x>",
  from: "<x>",
  word: "<name>",
  text: "<text>",
  flag: "<yes|no>",
};

/**
 * A flag for each setting of a section.
 * @param describe adds the default to the description
 */
export function rowsOf<T>(
  section: Section,
  settings: Settings<T>,
  help: Help<T>,
  describe: (words: string, name: keyof T & string) => string,
): Row[] {
  return entriesOf(settings).flatMap(([name, kind]): Row[] => {
    const about = help[name];
    if (about.section !== section) return [];
    return [[`${snakeCase(name)} ${PLACEHOLDERS[kind.kind]}`, describe(about.words, name), parserOf(kind)]];
  });
}

/** The settings that were typed, under their names in code. */
export function typedOf<T>(settings: Settings<T>, flags: Typed<T>): Partial<T> {
  const values = new Map<string, unknown>(Object.entries(flags));
  const given = entriesOf(settings).map(([name]) => [name, values.get(snakeCase(name))] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Partial<T>;
}

type SettingRow = Kind & { readonly default: unknown; readonly since?: string };

/** The rows of a table by the names of its settings. */
export function entriesOf<T>(settings: Settings<T>): [name: keyof T & string, row: SettingRow][] {
  return Object.entries(settings) as [name: keyof T & string, row: SettingRow][];
}
