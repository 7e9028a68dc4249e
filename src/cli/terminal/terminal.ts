import { clearLine, cursorTo, moveCursor } from "node:readline";
import type { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { MicrogptError } from "../../index.ts";
import { type Colors, colorsOf, inked, visible } from "./ink.ts";
import { cutTo } from "./width.ts";
import { Wrap } from "./wrap.ts";

/** Standard output, or a test's replacement. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

/** Longest time in milliseconds that writing may block other tasks. */
const TURN_MS = 20;

/** Indentation of a broken line's continuation, in columns. */
const HANG = 2;

/**
 * A command's output: a terminal, for which lines are broken at words and control characters shown as escapes; or a
 * pipe, which gets the text unchanged.
 */
export class Terminal {
  readonly #stream: Output;
  readonly #tty: boolean;
  /** True if a line can be overwritten; false in a pipe. */
  readonly live: boolean;
  /** True if there are colors; otherwise `color` returns text unchanged. */
  readonly colored: boolean;
  readonly color: Colors;
  readonly #wrap = new Wrap();
  /** Number of lines that the next ones replace. */
  #liveLines = 0;
  #closed = false;
  /** True once the output's disk is full. */
  #lost = false;

  /** @param onLost called once when the output cannot be written; later output is dropped */
  constructor(stream: Output, env: NodeJS.ProcessEnv, onLost: (error: MicrogptError) => void = complain) {
    this.#stream = stream;
    this.#tty = stream.isTTY === true;
    this.live = this.#tty && env.TERM !== "dumb";
    this.colored = this.live && !env.NO_COLOR;
    this.color = colorsOf(this.colored);
    // A reader such as `head` may leave before we are done. That is not an error; the output is just no longer read.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") this.#closed = true;
      else if (error.code === undefined) throw error;
      else if (!this.#lost) {
        // A full disk under a log is no reason to lose the command's result.
        this.#lost = true;
        onLost(lostOutput(error.code));
      }
    });
  }

  /** True if the reader at the other end of the pipe has left. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * True if the output is still read. Waits for a turn of the event loop: until then a closed pipe looks open, and a
   * loop that only writes would never end.
   */
  async heard(): Promise<boolean> {
    await setImmediate();
    return !this.#closed;
  }

  /** Columns of a line, 80 if unknown: some pseudo-terminals report 0. */
  get columns(): number {
    return this.#stream.columns || 80;
  }

  /** Number of visible lines, 0 if unknown. */
  get rows(): number {
    return this.#stream.rows ?? 0;
  }

  /**
   * Writes one or more permanent lines.
   * @param hang indentation of continued lines, in columns
   */
  line(text = "", hang: number = HANG): void {
    this.write(`${text}\n`, hang);
  }

  /** Writes a text without breaking its lines: a command to copy, a diagram, a page of help. */
  verbatim(text: string): void {
    this.#clear();
    this.#put(inked(this.#tty ? visible(`${text}\n`) : `${text}\n`));
  }

  /** Writes a record for programs: a line of JSON. */
  record(type: string, facts: object): void {
    this.verbatim(JSON.stringify({ type, ...facts }));
  }

  /** Writes text that comes in pieces; the last word may wait for the next piece. */
  write(text: string, hang = 0): void {
    this.#clear();
    this.#put(this.#tty ? inked(this.#wrap.add(text, this.columns, hang)) : text);
  }

  /**
   * Writes pieces as they are made, until there are no more, the reader has left, or `wanted` returns false. Yields to
   * other tasks in between.
   * @param hang indentation of continued lines, in columns
   */
  async pour(pieces: Iterable<string>, wanted: () => boolean = () => true, hang = 0): Promise<void> {
    let turn = performance.now();
    try {
      for (const piece of pieces) {
        this.write(piece, hang);
        if (performance.now() - turn < TURN_MS) continue;
        if (!(await this.heard()) || !wanted()) return;
        turn = performance.now();
      }
    } finally {
      if (this.#tty) this.#put(inked(this.#wrap.end(this.columns, hang)));
    }
  }

  /** Shows lines that the next ones replace, cut to fit. Only if `live`. */
  show(text: string): void {
    const lines = text.split("\n").map((line) => cutTo(line, this.columns - 1));
    this.#clear();
    this.#put(inked(lines.join("\n")));
    this.#liveLines = lines.length;
  }

  #put(text: string): void {
    if (text !== "" && !this.#closed && !this.#lost) this.#stream.write(text);
  }

  #clear(): void {
    for (; this.#liveLines > 0; this.#liveLines--) {
      clearLine(this.#stream, 0);
      if (this.#liveLines > 1) moveCursor(this.#stream, 0, -1);
      else cursorTo(this.#stream, 0);
    }
  }
}

/** The channel for errors. If it fails, there is no other. */
export function standardError(): Terminal {
  return new Terminal(process.stderr, process.env, () => undefined);
}

function lostOutput(code: string): MicrogptError {
  const got = code === "ENOSPC" ? "a full disk" : code;
  const fix = "further output is lost; everything else continues";
  return new MicrogptError({
    code: code === "ENOSPC" ? "disk-full" : "file-access",
    operation: "standard output",
    expected: "to write",
    got,
    fix,
  });
}

/** Reports a lost output on standard error, and sets a failing exit code. */
function complain({ message }: MicrogptError): void {
  // Standard error may be on the same disk.
  standardError().line(`microgpt: ${message}`);
  process.once("exit", () => {
    process.exitCode ||= 1;
  });
}
