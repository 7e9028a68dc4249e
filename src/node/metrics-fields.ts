/** Reads the fields of a line of metrics, each with its check. */

import { isRecord } from "../util/checks.ts";
import { type MicrogptError, mistake, show } from "../util/errors.ts";

/** A date as `toISOString` writes it, or in another time zone. */
const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

/** The fields of a line. Each method throws if the field is missing or of another kind. */
export class MetricsFields {
  readonly #name: string;
  readonly #at: string;
  readonly #record: Readonly<Record<string, unknown>>;

  /** @param name of the file @param at the place of the line in it */
  constructor(name: string, at: string, record: Readonly<Record<string, unknown>>) {
    this.#name = name;
    this.#at = at;
    this.#record = record;
  }

  has(field: string): boolean {
    return this.#record[field] !== undefined;
  }

  string(field: string): string {
    const value = this.#record[field];
    return typeof value === "string" ? value : this.#refuse(`${field} to be a string`, value);
  }

  /** JSON has no NaN: it is null there. */
  number(field: string): number {
    const value = this.#record[field];
    if (value === null) return Number.NaN;
    return typeof value === "number" ? value : this.#refuse(`${field} to be a number`, value);
  }

  count(field: string): number {
    const value = this.#record[field];
    return isCount(value) ? value : this.#refuse(`${field} to be a count`, value);
  }

  date(field: string): string {
    const value = this.#record[field];
    const valid = typeof value === "string" && ISO_DATE.test(value) && !Number.isNaN(Date.parse(value));
    return valid ? value : this.#refuse(`${field} to be a date`, value);
  }

  object(field: string): Readonly<Record<string, unknown>> {
    const value = this.#record[field];
    return isRecord(value) ? value : this.#refuse(`${field} to be an object`, value);
  }

  /** The training settings, of which only the number of steps is checked. */
  settings(): { readonly numSteps: number } {
    const settings = this.object("settings");
    const { numSteps } = settings;
    if (!isCount(numSteps)) throw broken(this.#name, "settings.numSteps to be a count", show(numSteps));
    return { ...settings, numSteps };
  }

  oneOf<W extends string>(field: string, words: readonly W[]): W {
    const value = this.string(field);
    return words.find((word) => word === value) ?? this.#refuse(`a ${field} of ${words.join(", ")}`, value);
  }

  #refuse(expected: string, value: unknown): never {
    throw broken(this.#name, `${expected} in ${this.#at}`, show(value));
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Refuses a file with a broken line. */
export function broken(name: string, expected: string, got: string): MicrogptError {
  const fix = "the file is damaged or not from microgpt: leave it out, or fix or delete that line";
  return mistake("file-damaged", `metrics ${name}`, expected, got, fix);
}
