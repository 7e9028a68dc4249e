import { type ErrorCode, type MicrogptError, mistake, show } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { say, set, type Words } from "./words.ts";

/** The bounds of a number, and the words for them. */
interface Range {
  readonly min?: number;
  readonly max?: number;
}

const IN_RANGE = "give a number in that range";

/** The error that a field, option or argument is not `what`. */
function refusal(
  code: ErrorCode,
  operation: string,
  name: string,
  what: string,
  value: unknown,
  fix: Words,
  limits: object = {},
): MicrogptError {
  const values = { ...limits, ...(isPlain(value) && { value }) };
  return mistake(code, operation, say`${set(name)} to be ${what}`, show(value), fix, { field: name, values });
}

function isPlain(value: unknown): boolean {
  return value === null || ["number", "string", "boolean"].includes(typeof value);
}

/** The error about a number outside its range, or a value that is not a number. */
function outside(
  operation: string,
  name: string,
  what: string,
  value: unknown,
  limits: object,
  fix: Words = IN_RANGE,
): MicrogptError {
  return refusal(typeof value === "number" ? "range" : "type", operation, name, what, value, fix, limits);
}

/** Returns a whole number in `[min, max]`; refuses anything else, under the name the user knows it by. */
export function checkInteger(operation: string, name: string, value: unknown, range: Range, fix?: Words): number {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw outside(operation, name, describe("a whole number", range), value, range, fix);
}

/** Returns a finite number above `above`, and not above `max` if there is one; refuses anything else. */
export function checkAbove(
  operation: string,
  name: string,
  value: unknown,
  above: number,
  max: number = Infinity,
): number {
  if (typeof value === "number" && Number.isFinite(value) && value > above && value <= max) return value;
  const limit = max === Infinity ? "" : ` and at most ${max}`;
  throw outside(operation, name, `a finite number above ${above}${limit}`, value, { above, max });
}

/** Returns a finite number in `[min, below)`; refuses anything else. */
export function checkBelow(operation: string, name: string, value: unknown, min: number, below: number): number {
  if (typeof value === "number" && value >= min && value < below) return value;
  const range = below === Infinity ? `a finite number, ${min} or more` : `at least ${min} and below ${below}`;
  throw outside(operation, name, range, value, { min, below });
}

/** Returns one of a few known words; refuses anything else. */
export function checkOneOf<W extends string>(operation: string, name: string, value: unknown, words: readonly W[]): W {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw refusal("choice", operation, name, `one of ${words.join(", ")}`, value, "pick one of them");
}

/** True for an object with fields, such as one of JSON; false for a list and null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns an object; refuses a list, a text and null. */
export function checkObject(operation: string, name: string, value: unknown, fix = "give one"): object {
  if (isRecord(value)) return value;
  throw refusal("type", operation, name, "an object", value, fix);
}

/**
 * Refuses anything but an object whose fields are all known. The message suggests the field that was probably meant.
 * `elsewhere` holds the fields of neighboring objects by the objects' names, for a field put into the wrong object.
 */
export function checkFields(
  operation: string,
  name: string,
  value: unknown,
  known: readonly string[],
  elsewhere: Readonly<Record<string, readonly string[]>> = {},
): void {
  const unknown = Object.keys(checkObject(operation, name, value)).find((field) => !known.includes(field));
  if (unknown === undefined) return;
  const place = Object.entries(elsewhere).find(([, fields]) => fields.includes(unknown))?.[0];
  const meant = nearest(unknown, known);
  const fix =
    place !== undefined
      ? `put it into ${place}`
      : meant !== undefined
        ? `write ${meant}`
        : `leave it out; there are ${known.slice(0, 20).join(", ")}`;
  throw mistake("unknown-field", operation, `a known field in ${name}`, show(unknown), fix, {
    field: unknown,
    values: { ...(meant !== undefined && { meant }) },
  });
}

/** Returns a text; refuses anything else. */
export function checkText(operation: string, name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw refusal("type", operation, name, "a string", value, "pass a string");
}

/** Returns a list of texts; refuses anything else. */
export function checkTexts(operation: string, name: string, value: unknown): readonly string[] {
  const texts = "a list of texts";
  if (!Array.isArray(value)) {
    const fix = typeof value === "string" ? "pass it in a list: [text]" : "pass a list of strings";
    throw refusal("type", operation, name, texts, value, fix);
  }
  // A loop, because `findIndex` is slower on a large corpus. A hole in the list is refused as well.
  for (let i = 0; i < value.length; i++) {
    if (typeof value[i] === "string") continue;
    const got = `${show(value[i])} at index ${i}`;
    throw mistake("type", operation, say`${set(name)} to be ${texts}`, got, "pass only strings", {
      field: name,
      values: { place: i },
    });
  }
  return value;
}

/** Refuses a value that lacks one of these functions. `expected` describes a value that has them. */
export function checkMethods(
  operation: string,
  expected: string,
  value: unknown,
  methods: readonly string[],
  fix: string,
): void {
  const found = isRecord(value) ? value : {};
  if (methods.every((method) => typeof found[method] === "function")) return;
  throw mistake("type", operation, expected, show(value), fix);
}

/** Returns a function; refuses anything else. */
export function checkFunction(operation: string, name: string, value: unknown): void {
  if (typeof value === "function") return;
  throw refusal("type", operation, name, "a function", value, "give one");
}

/** Refuses a signal that is not an AbortSignal; undefined passes. */
export function checkSignal(operation: string, signal: unknown): void {
  if (signal === undefined) return;
  checkMethods(
    operation,
    "signal to be an AbortSignal",
    signal,
    ["throwIfAborted", "addEventListener"],
    "leave it out",
  );
}

/** Refuses a value that is not a list of ids, such as a text, a number or nothing. */
export function checkIdList(operation: string, value: unknown): void {
  if (typeof value === "object" && value !== null && Symbol.iterator in value) return;
  throw mistake("type", operation, "a list of ids", show(value), "pass what encode returned");
}

/** Returns true or false; refuses anything else. */
export function checkFlag(operation: string, name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw refusal("type", operation, name, "true or false", value, "give one of them");
}

function describe(what: string, { min, max }: Range): string {
  if (min !== undefined && max !== undefined) return `${what} from ${min} to ${max}`;
  if (min !== undefined) return `${what}, ${min} or more`;
  if (max !== undefined) return `${what}, ${max} or less`;
  return what;
}
