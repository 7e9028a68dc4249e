import { clearLine, cursorTo, moveCursor } from "node:readline";
import type { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { MicrogptError } from "../../index.ts";
import { type Colors, colorsOf, inked, visible } from "./ink.ts";
import { cutTo } from "./width.ts";
import { Wrap } from "./wrap.ts";

/** Standard output, or what a test puts in its place. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

/** How long writing may keep everything else waiting. */
const TURN_MS = 20;

/** Columns by which the rest of a line that had to be broken is indented. */
const HANG = 2;

/**
 * Where a command's words go: a terminal, for which lines are broken at words and control characters shown as escapes;
 * or a pipe, which gets the text as it is.
 */
export class Terminal {
  readonly #stream: Output;
  readonly #tty: boolean;
  /** Whether a line may be written over; false in a pipe. */
  readonly live: boolean;
  /** Whether there are colors; if not, `color` leaves text as it is. */
  readonly colored: boolean;
  readonly color: Colors;
  readonly #wrap = new Wrap();
  /** Lines that the next ones replace. */
  #liveLines = 0;
  #closed = false;
  /** Whether the disk that the output goes to takes no more. */
  #lost = false;

  /** @param onLost told, once, when the output cannot be written; what comes after is dropped */
  constructor(stream: Output, env: NodeJS.ProcessEnv, onLost: (error: MicrogptError) => void = complain) {
    this.#stream = stream;
    this.#tty = stream.isTTY === true;
    this.live = this.#tty && env.TERM !== "dumb";
    this.colored = this.live && !env.NO_COLOR;
    this.color = colorsOf(this.colored);
    // A reader such as `head` may leave before we are done. That is no error; there is only nobody to talk to.
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") this.#closed = true;
      else if (error.code === undefined) throw error;
      else if (!this.#lost) {
        // A log on a full disk is no reason to lose what the command is there for.
        this.#lost = true;
        onLost(lostOutput(error.code));
      }
    });
  }

  /** Whether the reader at the other end of the pipe has left. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Whether anybody reads on. Waits for a turn of the event loop: until then a pipe that was closed looks open, and a
   * loop that only writes would go on for nobody.
   */
  async heard(): Promise<boolean> {
    await setImmediate();
    return !this.#closed;
  }

  /** Characters in a line, 80 where nobody knows: some pseudo-terminals say 0. */
  get columns(): number {
    return this.#stream.columns || 80;
  }

  /** Lines that can be seen at once, 0 where nobody knows. */
  get rows(): number {
    return this.#stream.rows ?? 0;
  }

  /**
   * Writes a line (or several) that stays.
   * @param hang columns by which what does not fit is indented in the next lines
   */
  line(text = "", hang: number = HANG): void {
    this.write(`${text}\n`, hang);
  }

  /** Writes a line that is not broken where it is too long: a command to copy, a diagram. */
  verbatim(text: string): void {
    this.#clear();
    this.#put(inked(this.#tty ? visible(`${text}\n`) : `${text}\n`));
  }

  /** Writes a record for programs: a line of JSON. */
  record(type: string, facts: object): void {
    this.verbatim(JSON.stringify({ type, ...facts }));
  }

  /** Writes text that comes in pieces, of which the last word may wait for the next piece. */
  write(text: string, hang = 0): void {
    this.#clear();
    this.#put(this.#tty ? inked(this.#wrap.add(text, this.columns, hang)) : text);
  }

  /**
   * Writes pieces as they are made, until there are none, nobody reads on, or they are `wanted` no more. Others have
   * their turn in between.
   * @param hang columns by which what does not fit into a line is indented in the next
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

  /** Shows lines that the next ones replace, cut to fit. Only where `live`. */
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

/** Where complaints go. If it takes none, there is nowhere to say so. */
export function standardError(): Terminal {
  return new Terminal(process.stderr, process.env, () => undefined);
}

function lostOutput(code: string): MicrogptError {
  const got = code === "ENOSPC" ? "a full disk" : code;
  const fix = "what is said from here on is lost; all else goes on";
  return new MicrogptError({ operation: "standard output", expected: "to write", got, fix });
}

/** Says so where errors go, and lets the process end as one that did not do all it was asked for. */
function complain({ message }: MicrogptError): void {
  // Which may be on the same disk.
  standardError().line(`microgpt: ${message}`);
  process.once("exit", () => {
    process.exitCode ||= 1;
  });
}
