/**
 * Settings as data. A table has a row for each field of a record: its values, its default, and the first version whose
 * files have it. Checks, checkpoints, flags, help and the lab's fields all read these tables.
 */

import { snakeCase } from "./case.ts";
import {
  checkAbove,
  checkBelow,
  checkFields,
  checkFlag,
  checkInteger,
  checkObject,
  checkOneOf,
  checkText,
} from "./checks.ts";
import { mistake, show } from "./errors.ts";
import { nearest } from "./nearest.ts";

/** The values of a field. A missing bound means no bound. */
export type Kind =
  | { readonly kind: "whole"; readonly min?: number; readonly max?: number }
  | { readonly kind: "above"; readonly above: number; readonly max?: number }
  | { readonly kind: "from"; readonly from: number; readonly below?: number }
  | { readonly kind: "word"; readonly words: readonly string[] }
  | { readonly kind: "text" }
  | { readonly kind: "flag" };

/** The kinds that a field of type T can have. */
export type KindOf<T> = [T] extends [boolean]
  ? Extract<Kind, { kind: "flag" }>
  : [T] extends [number]
    ? Extract<Kind, { kind: "whole" | "above" | "from" }>
    : string extends T
      ? Extract<Kind, { kind: "text" }>
      : { readonly kind: "word"; readonly words: readonly (T & string)[] };

/** A field of a record that is read from a file. */
export type Field<T> = KindOf<T> & {
  /** The first version whose files have it; absent if all files have it. */
  readonly since?: string;
  /** The value for files without it; absent if it may be missing. */
  readonly default?: T;
  /** An earlier name, with the present names of its values. */
  readonly formerly?: { readonly name: string; readonly values: Readonly<Record<string, T>> };
};

export type Setting<T> = Field<T> & { readonly default: T };

/** A row for each field of T, in the order in which they are saved. */
export type Fields<T> = { readonly [K in keyof T & string]-?: Field<NonNullable<T[K]>> };

/** The same with a default for each. */
export type Settings<T> = { readonly [K in keyof T & string]-?: Setting<NonNullable<T[K]>> };

/** The parts of a run that settings concern, as help and the lab group them. */
export type Section = "sizes" | "architecture" | "weights" | "training" | "optimizer" | "evaluation";

/** The words about a field. */
export interface HelpRow {
  readonly section: Section;
  /** Its name in a form. */
  readonly label: string;
  /** A line of help, for flags and forms alike: it calls no setting by its name in code. */
  readonly words: string;
}

/** The words about each field of T, apart from the rows to keep them out of the core, which needs no help. */
export type Help<T> = { readonly [K in keyof T & string]-?: HelpRow };

/** Returns a value of the kind. Errors: any other, with the range. */
export function checkValue(operation: string, name: string, value: unknown, kind: Kind): unknown {
  switch (kind.kind) {
    case "whole":
      return checkInteger(operation, name, value, kind);
    case "above":
      return checkAbove(operation, name, value, kind.above, kind.max);
    case "from":
      return checkBelow(operation, name, value, kind.from, kind.below ?? Infinity);
    case "word":
      return checkOneOf(operation, name, value, kind.words);
    case "text":
      return checkText(operation, name, value);
    case "flag":
      return checkFlag(operation, name, value);
  }
}

/** Checks each field of a record by its row. Errors: a value out of range. */
export function checkValues<T extends object>(
  operation: string,
  fields: Fields<T>,
  record: object,
): asserts record is T {
  const values = new Map<string, unknown>(Object.entries(record));
  for (const [name, field] of rowsOf(fields)) {
    const mayBeMissing = field.since !== undefined && field.default === undefined;
    if (!mayBeMissing || values.get(name) !== undefined) {
      checkValue(operation, name, values.get(name), field);
    }
  }
}

/** The record with the present names of its fields and values. Errors: a former name with a value it never had. */
export function renamed<T extends object>(operation: string, fields: Fields<T>, record: object): object {
  const values = new Map<string, unknown>(Object.entries(record));
  for (const [name, { formerly }] of rowsOf(fields)) {
    if (formerly === undefined || !values.has(formerly.name) || values.has(name)) continue;
    const before = checkOneOf(operation, formerly.name, values.get(formerly.name), Object.keys(formerly.values));
    values.delete(formerly.name);
    values.set(name, formerly.values[before]);
  }
  return Object.fromEntries(values);
}

/**
 * Some settings, or none, from a caller who may have no TypeScript: checked, and under the names that they have now. `elsewhere`
 * is that of `checkFields`. Errors: no object, a field that is unknown, a value out of range.
 */
export function someSettings<T extends object>(
  operation: string,
  name: string,
  fields: Fields<T>,
  given: unknown,
  elsewhere?: Readonly<Record<string, readonly string[]>>,
): Partial<T> {
  const record = renamed(operation, fields, checkObject(operation, name, given));
  checkFields(operation, name, record, Object.keys(fields), elsewhere);
  checkSome(operation, fields, record);
  return record;
}

function checkSome<T extends object>(
  operation: string,
  fields: Fields<T>,
  record: object,
): asserts record is Partial<T> {
  const rows = new Map(rowsOf(fields));
  for (const [name, value] of Object.entries(record)) {
    const row = rows.get(name);
    if (row !== undefined) checkValue(operation, name, value, row);
  }
}

/** The record with every setting at its default. */
export function defaultsOf<T extends object>(settings: Settings<T>): T {
  const record: object = Object.fromEntries(rowsOf(settings).map(([name, row]) => [name, row.default]));
  checkValues("defaults", settings, record);
  return record;
}

/**
 * A record from a file, with defaults for fields newer than the file. Errors: those of `readNames`, a value out of
 * range.
 */
export function readRecord<T extends object>(what: string, fields: Fields<T>, json: unknown): T {
  const rows = rowsOf(fields);
  const always = rows.filter(([, { since }]) => since === undefined).map(([name]) => name);
  const newer = rows.filter(([, { since }]) => since !== undefined).map(([name]) => name);
  const found = new Map<string, unknown>(
    Object.entries(renamed(what, fields, readNames(what, always, json, [...newer, ...formerNames(fields)]))),
  );
  const values = rows.map(([name, row]) => [name, found.has(name) ? found.get(name) : row.default]);
  const record: object = Object.fromEntries(values.filter(([, value]) => value !== undefined));
  checkValues(what, fields, record);
  return record;
}

/**
 * The fields of a record from a file, where names are in snake case. Errors: a value that is not an object, an unknown
 * name (with the nearest known one), a missing name that is not optional.
 */
export function readNames(
  what: string,
  fields: readonly string[],
  json: unknown,
  optional: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  const found = Object.entries(checkObject(what, what, json));
  const known = new Map([...fields, ...optional].map((field) => [snakeCase(field), field]));
  const values = found.map(([name, value]) => {
    const field = known.get(name);
    if (field !== undefined) return [field, value];
    const meant = nearest(name, known.keys());
    const got = meant === undefined ? show(name) : `${show(name)} (did you mean ${meant}?)`;
    throw mistake("unknown-field", what, "known names", got, "leave it out");
  });
  const record: Readonly<Record<string, unknown>> = Object.fromEntries(values);
  const missing = fields.find((field) => !Object.hasOwn(record, field));
  if (missing === undefined) return record;
  throw mistake("type", what, snakeCase(missing), "none", "add it");
}

/** The names that fields have had before. */
export function formerNames(fields: object): string[] {
  return rowsOf(fields).flatMap(([, { formerly }]) => (formerly === undefined ? [] : [formerly.name]));
}

/** A row of any table. */
type Row = Kind & Pick<Field<string>, "since" | "formerly"> & { readonly default?: unknown };

/** The rows of a table by the names of their fields. */
function rowsOf(fields: object): [name: string, row: Row][] {
  return Object.entries(fields);
}
