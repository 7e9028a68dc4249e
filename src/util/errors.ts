import { inWords, library, type Tongue, type Words } from "./words.ts";

/**
 * The kind of a mistake, for programs: stable even if messages are reworded. docs/errors.md gives the meaning and the
 * fix of each.
 */
export type ErrorCode =
  // Wrong arguments.
  | "type"
  | "range"
  | "choice"
  | "unknown-field"
  | "conflict"
  | "shape"
  | "id"
  | "length"
  // Data and tokenizers.
  | "no-data"
  | "data-format"
  | "column"
  | "data-changed"
  | "too-large"
  | "character"
  | "tokenizer"
  // Files and the network.
  | "file-missing"
  | "file-access"
  | "file-kind"
  | "file-format"
  | "file-version"
  | "file-damaged"
  | "file-busy"
  | "file-exists"
  | "disk-full"
  | "network"
  // Runs.
  | "memory"
  | "threads"
  | "native"
  | "ranks"
  | "diverged"
  | "resume"
  | "busy"
  | "disposed"
  | "interrupted"
  | "unsupported"
  // Wrong command lines.
  | "usage";

/** The content of an error: its kind, four parts in this order, and its data. */
export interface Complaint {
  readonly code: ErrorCode;
  /** The operation that refuses, as the user knows it: `matmul`, `config`, `checkpoint model.safetensors`. */
  readonly operation: string;
  readonly expected: Words;
  readonly got: Words;
  /** The fix. */
  readonly fix: Words;
  /** The setting or option that is wrong, by its name in code: `learningRate`. */
  readonly field?: string;
  /** Numbers and names in the message, by name: `{ value: -1, min: 0 }`, `{ step: 12 }`. */
  readonly values?: Readonly<Record<string, unknown>>;
}

/**
 * A mistake of the user's, not of ours: bad data, a wrong size, a damaged file. Its message is one line for the user:
 * `operation: expected E, got G; fix`. Programs read `code`, `field` and `values`.
 */
export class MicrogptError extends Error {
  override readonly name = "MicrogptError";
  readonly complaint: Complaint;

  constructor(complaint: Complaint, options?: ErrorOptions) {
    super(lineOf(complaint), options);
    this.complaint = complaint;
  }

  get code(): ErrorCode {
    return this.complaint.code;
  }

  get field(): string | undefined {
    return this.complaint.field;
  }

  get values(): Readonly<Record<string, unknown>> {
    return this.complaint.values ?? {};
  }

  /**
   * Runs `action` as part of `operation`: its errors are reported as that operation's, with that fix and, if there is
   * one, that code.
   */
  static within<T>(operation: string, fix: Words, action: () => T, code?: ErrorCode): T {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof MicrogptError)) throw error;
      const inner = error.complaint;
      throw new MicrogptError(
        { ...inner, code: code ?? inner.code, operation: `${operation}: ${inner.operation}`, fix },
        { cause: error },
      );
    }
  }
}

/** Makes a MicrogptError to throw: its code, its four parts, and its data. */
export function mistake(
  code: ErrorCode,
  operation: string,
  expected: Words,
  got: Words,
  fix: Words,
  more?: Pick<Complaint, "field" | "values">,
): MicrogptError {
  return new MicrogptError({ code, operation, expected, got, fix, ...more });
}

/**
 * The line of an error. `tongue`, `named`: the names of settings and commands in the fix, and in the parts before it.
 */
export function lineOf(
  { operation, expected, got, fix }: Complaint,
  tongue: Tongue = library,
  named: Tongue = tongue,
): string {
  return oneLine(
    `${operation}: expected ${inWords(expected, named)}, got ${inWords(got, named)}; ${inWords(fix, tongue)}`,
  );
}

/** An error that only a bug of ours can cause. It keeps its stack trace and is marked, so that users report it. */
export class InternalError extends Error {
  override readonly name = "InternalError";

  constructor(message: string) {
    super(`internal: ${message}; this is a bug in microgpt, please report it`);
  }
}

/** An InternalError, to be thrown. */
export function internalError(message: string): InternalError {
  return new InternalError(message);
}

/** A value as shown in a message: strings quoted, long ones cut. */
export function show(value: unknown): string {
  const text =
    typeof value === "string" ? JSON.stringify(value) : typeof value === "bigint" ? `${value}` : plain(value);
  // By whole characters; the first 120 units hold enough of them.
  return text.length > 60 ? `${[...text.slice(0, 120)].slice(0, 57).join("")}...` : text;
}

function plain(value: unknown): string {
  // JSON has no NaN or Infinity and would call both null.
  if (typeof value === "number" || value === undefined) return String(value);
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    // Nested deeper than the stack, or not representable in JSON.
    return typeof value;
  }
}

// Control characters (a file name may hold a line end) are escaped, so that one error stays one line.
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
