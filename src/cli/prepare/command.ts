import { type PrepareProgress, prepare, type TokenMeta } from "../../node.ts";
import { chosenTokenizer, type TextFlags, type TokenizerChoice } from "../flags/data.ts";
import { typed } from "../flags/engine.ts";
import { usage } from "../flags/usage.ts";
import { Interrupt } from "../interrupt.ts";
import { commandName, type IO, type OutputFlags } from "../io.ts";
import { quote } from "../shell.ts";
import { duration } from "../terminal/figures.ts";
import { noteRecord, typedWords } from "../words.ts";

export interface PrepareFlags extends TextFlags, TokenizerChoice, OutputFlags {
  readonly out?: string;
  readonly val_fraction: number;
  readonly seed: number;
}

/** Turns text into token files. Ctrl-C leaves nothing behind. */
export async function prepareCommand(files: readonly string[], flags: PrepareFlags, io: IO): Promise<void> {
  const { out, mode, field, column, val_fraction: valFraction, seed, json = false, quiet = false } = flags;
  if (out === undefined) throw usage("--out FOLDER", "none", "name the folder to write to");
  const tokenizer = await chosenTokenizer(flags);
  const { terminal } = io;
  const say = (text = ""): void => {
    if (!json && !quiet) terminal.line(text);
  };
  const write = (type: string, record: object): void => {
    if (json) terminal.record(type, record);
  };
  const abort = new AbortController();
  const interrupt = new Interrupt(() => {
    abort.abort();
    say("stopping and removing what was written (Ctrl-C again quits at once)");
  });
  const watch = new Watch();
  try {
    const meta = await prepare(files, {
      out,
      ...typed({ mode, field, column }),
      ...tokenizer,
      valFraction,
      seed,
      signal: abort.signal,
      onNote: (note) => {
        say(typedWords(note.message));
        write("note", noteRecord(note));
      },
      onProgress: (progress) => {
        if (quiet || !watch.due(json ? JSON_MS : REDRAW_MS)) return;
        if (json) write("progress", progress);
        else if (terminal.live) terminal.show(watch.describe(progress));
      },
    });
    for (const line of describe(meta)) say(line);
    say(`saved ${terminal.color.bold(out)} in ${duration(watch.seconds)}`);
    write("saved", { path: out, ...meta });
    say();
    if (!json && !quiet) terminal.verbatim(`next: ${commandName(io.env)} train ${quote(out)}`);
  } finally {
    interrupt.dispose();
    // An error must not be printed on the line of the progress.
    terminal.write("");
  }
}

const REDRAW_MS = 100;
const JSON_MS = 1000;

/** Measures time and speed. */
class Watch {
  readonly #start: number = performance.now();
  #shown = -Infinity;

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  /** True if `ms` have passed since this last returned true. */
  due(ms: number): boolean {
    const now = performance.now();
    if (now - this.#shown < ms) return false;
    this.#shown = now;
    return true;
  }

  /** `writing tokens | 45 % | 56 MB/s | 30 s left`. */
  describe({ pass, bytesRead, totalBytes }: PrepareProgress): string {
    // Estimates both passes together: the first is not much faster than the second.
    const done = bytesRead + (pass - 1) * totalBytes;
    const perSecond = done / this.seconds;
    const share = `${Math.floor((50 * done) / totalBytes)} %`;
    const left = `${duration((2 * totalBytes - done) / perSecond)} left`;
    return `${pass === 1 ? "reading" : "writing"} | ${share} | ${(perSecond / 1e6).toFixed(1)} MB/s | ${left}`;
  }
}

function describe({ mode, vocabSize, dtype, train, val }: TokenMeta): string[] {
  const part = ({ tokens, bytes }: TokenMeta["train"]): string =>
    `${tokens.toLocaleString("en")} tokens of ${bytes.toLocaleString("en")} bytes`;
  return [`mode: ${mode}`, `vocab size: ${vocabSize} (${dtype})`, `train: ${part(train)}`, `val: ${part(val)}`];
}
