import { MicrogptError, show } from "./errors.ts";
import { nearest } from "./nearest.ts";

/** What a number may be, with the words that say so. */
interface Range {
  readonly min?: number;
  readonly max?: number;
}

const DEFAULT_FIX = "give a number in that range";

/** Passes a whole number in `[min, max]` on; anything else is refused under the name the user knows it by. */
export function checkInteger(
  operation: string,
  name: string,
  value: unknown,
  range: Range,
  fix: string = DEFAULT_FIX,
): number {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = range;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new MicrogptError({
    operation,
    expected: `${name} to be ${describe("a whole number", range)}`,
    got: show(value),
    fix,
  });
}

/** Passes a finite number that is above `above` (and not above `max`) on. */
export function checkAbove(
  operation: string,
  name: string,
  value: unknown,
  above: number,
  max: number = Infinity,
): number {
  if (typeof value === "number" && Number.isFinite(value) && value > above && value <= max) return value;
  const limit = max === Infinity ? "" : ` and at most ${max}`;
  throw new MicrogptError({
    operation,
    expected: `${name} to be a finite number above ${above}${limit}`,
    got: show(value),
    fix: DEFAULT_FIX,
  });
}

/** Passes a finite number in `[min, below)` on. */
export function checkBelow(operation: string, name: string, value: unknown, min: number, below: number): number {
  if (typeof value === "number" && value >= min && value < below) return value;
  const range = below === Infinity ? `a finite number, ${min} or more` : `at least ${min} and below ${below}`;
  throw new MicrogptError({
    operation,
    expected: `${name} to be ${range}`,
    got: show(value),
    fix: DEFAULT_FIX,
  });
}

/** Passes one of a few known words on. */
export function checkOneOf<W extends string>(operation: string, name: string, value: unknown, words: readonly W[]): W {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw new MicrogptError({
    operation,
    expected: `${name} to be one of ${words.join(", ")}`,
    got: show(value),
    fix: "pick one of them",
  });
}

/** Passes an object on: no list, no text, not null. */
export function checkObject(operation: string, name: string, value: unknown, fix = "give one"): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new MicrogptError({ operation, expected: `${name} to be an object`, got: show(value), fix });
}

/**
 * Refuses anything but an object with no other fields than the known ones. The message names the one that was probably
 * meant. `elsewhere`: the fields of neighbouring objects by the objects' names, where this one may have been put by
 * mistake.
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
  throw new MicrogptError({ operation, expected: `${name} with fields that it has`, got: show(unknown), fix });
}

/** Passes a text on. */
export function checkText(operation: string, name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw new MicrogptError({ operation, expected: `${name} to be a text`, got: show(value), fix: "give a string" });
}

/** Passes a list of texts on. */
export function checkTexts(operation: string, name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) {
    const fix = typeof value === "string" ? "give it in a list: [text]" : "give a list of strings";
    throw new MicrogptError({ operation, expected: `${name} to be a list of texts`, got: show(value), fix });
  }
  // A loop: a hole in the list is no text either, and findIndex would cost a large corpus more.
  for (let i = 0; i < value.length; i++) {
    if (typeof value[i] === "string") continue;
    const got = `${show(value[i])} at place ${i}`;
    throw new MicrogptError({ operation, expected: `${name} to be a list of texts`, got, fix: "give strings only" });
  }
  return value;
}

/** Refuses what has not all of these functions: something else than what `expected` describes. */
export function checkMethods(
  operation: string,
  expected: string,
  value: unknown,
  methods: readonly string[],
  fix: string,
): void {
  const found = typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  if (methods.every((method) => typeof found[method] === "function")) return;
  throw new MicrogptError({ operation, expected, got: show(value), fix });
}

/** Passes a function on. */
export function checkFunction(operation: string, name: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new MicrogptError({ operation, expected: `${name} to be a function`, got: show(value), fix: "give one" });
}

/** Refuses a signal that is none; there need not be one. */
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

/** Refuses what is no list of ids, or the like: text, a number, nothing. */
export function checkIdList(operation: string, value: unknown): void {
  if (typeof value === "object" && value !== null && Symbol.iterator in value) return;
  throw new MicrogptError({ operation, expected: "a list of ids", got: show(value), fix: "give what encode made" });
}

/** Passes true or false on. */
export function checkFlag(operation: string, name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new MicrogptError({
    operation,
    expected: `${name} to be true or false`,
    got: show(value),
    fix: "give one of them",
  });
}

function describe(what: string, { min, max }: Range): string {
  if (min !== undefined && max !== undefined) return `${what} from ${min} to ${max}`;
  if (min !== undefined) return `${what}, ${min} or more`;
  if (max !== undefined) return `${what}, ${max} or less`;
  return what;
}
