import { clearLine, cursorTo, moveCursor } from "node:readline";
import type { Writable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import pc from "picocolors";
import { MicrogptError } from "../index.ts";

/** Standard output, or what a test puts in its place. */
export type Output = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

/** How long writing may keep everything else waiting. */
const TURN_MS = 20;

/** Where a command's words go: the terminal as a person sees it, or a pipe that gets plain text and nothing else. */
export class Terminal {
  readonly #stream: Output;
  /** Whether a line may be written over; false in a pipe. */
  readonly live: boolean;
  readonly color: ReturnType<typeof pc.createColors>;
  /** Lines that the next ones replace. */
  #liveLines = 0;
  #closed = false;
  /** Whether the disk that the output goes to takes no more. */
  #lost = false;

  /** @param onLost told, once, when the output cannot be written; what comes after is dropped */
  constructor(stream: Output, env: NodeJS.ProcessEnv, onLost: (error: MicrogptError) => void = complain) {
    this.#stream = stream;
    this.live = stream.isTTY === true && env.TERM !== "dumb";
    this.color = pc.createColors(this.live && !env.NO_COLOR);
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

  /** Writes a line (or several) that stays. */
  line(text = ""): void {
    this.write(`${text}\n`);
  }

  /** Writes text as it is, for output that comes in pieces. */
  write(text: string): void {
    this.#clear();
    if (!this.#closed && !this.#lost) this.#stream.write(text);
  }

  /**
   * Writes pieces as they are made, until there are none, nobody reads on, or they are `wanted` no more. Others have
   * their turn in between.
   */
  async pour(pieces: Iterable<string>, wanted: () => boolean = () => true): Promise<void> {
    let turn = performance.now();
    for (const piece of pieces) {
      this.write(piece);
      if (performance.now() - turn < TURN_MS) continue;
      if (!(await this.heard()) || !wanted()) return;
      turn = performance.now();
    }
  }

  /** Shows lines that the next ones replace, cut to fit. Only where `live`. */
  show(text: string): void {
    const lines = text.split("\n").map((line) => line.slice(0, this.columns - 1));
    this.write(lines.join("\n"));
    this.#liveLines = lines.length;
  }

  #clear(): void {
    for (; this.#liveLines > 0; this.#liveLines--) {
      clearLine(this.#stream, 0);
      if (this.#liveLines > 1) moveCursor(this.#stream, 0, -1);
      else cursorTo(this.#stream, 0);
    }
  }
}

function lostOutput(code: string): MicrogptError {
  const got = code === "ENOSPC" ? "a full disk" : code;
  const fix = "what is said from here on is lost; all else goes on";
  return new MicrogptError({ operation: "standard output", expected: "to write", got, fix });
}

/** Says so where errors go, and lets the process end as one that did not do all it was asked for. */
function complain({ message }: MicrogptError): void {
  // Which may be on the same disk.
  process.stderr.on("error", () => undefined);
  process.stderr.write(`microgpt: ${message}\n`);
  process.once("exit", () => {
    process.exitCode ||= 1;
  });
}
