import { MicrogptError, show } from "./errors.ts";

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

function describe(what: string, { min, max }: Range): string {
  if (min !== undefined && max !== undefined) return `${what} from ${min} to ${max}`;
  if (min !== undefined) return `${what}, ${min} or more`;
  if (max !== undefined) return `${what}, ${max} or less`;
  return what;
}
