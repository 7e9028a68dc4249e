/** The four things an error must say, in this order. */
export interface Complaint {
  /** The operation that refuses, as the user knows it: `matmul`, `config`, `checkpoint model.safetensors`. */
  readonly operation: string;
  readonly expected: string;
  readonly got: string;
  /** What to do about it. */
  readonly fix: string;
}

/**
 * A mistake of the user's, not of ours: bad data, a wrong size, a damaged file. Its message is one line,
 * fit to be shown as it is: `operation: expected E, got G; fix`.
 */
export class MicrogptError extends Error {
  override readonly name = "MicrogptError";
  readonly complaint: Complaint;

  constructor(complaint: Complaint, options?: ErrorOptions) {
    const { operation, expected, got, fix } = complaint;
    super(oneLine(`${operation}: expected ${expected}, got ${got}; ${fix}`), options);
    this.complaint = complaint;
  }

  /** Runs `action` as a part of `operation`: what it complains of is said to have happened there, with that fix. */
  static within<T>(operation: string, fix: string, action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof MicrogptError)) throw error;
      const inner = error.complaint;
      throw new MicrogptError({ ...inner, operation: `${operation}: ${inner.operation}`, fix }, { cause: error });
    }
  }
}

/** A loss or a gradient that is no longer a finite number: the run cannot go on. */
export class DivergedError extends MicrogptError {
  /** 1 for the first step. */
  readonly step: number;

  constructor(complaint: Complaint, step: number) {
    super(complaint);
    this.step = step;
  }
}

/** An error that only a bug of ours can cause. It keeps its stack trace and is marked, so that users report it. */
export function internalError(message: string): Error {
  return new Error(`internal: ${message}; this is a bug in microgpt, please report it`);
}

/** A value as it should look inside a message: strings quoted, long ones cut. */
export function show(value: unknown): string {
  const text =
    typeof value === "string" ? JSON.stringify(value) : typeof value === "bigint" ? `${value}` : plain(value);
  // By whole characters, of which the first 120 units hold enough.
  return text.length > 60 ? `${[...text.slice(0, 120)].slice(0, 57).join("")}...` : text;
}

function plain(value: unknown): string {
  // JSON has no NaN or Infinity and would call both null.
  if (typeof value === "number" || value === undefined) return String(value);
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    // Nested deeper than the stack, or nothing that JSON has.
    return typeof value;
  }
}

// Control characters (a file name may hold a line end) are escaped, so that one error stays one line.
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
