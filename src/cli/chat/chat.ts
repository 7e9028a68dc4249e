import {
  type Checkpoint,
  type DataMode,
  type Ending,
  generate,
  MicrogptError,
  Random,
  TEMPERATURES,
} from "../../index.ts";
import { asTyped, flagOf, type Row } from "../flags/row.ts";
import { modeOf, SAMPLING_FLAGS, type SamplingFlags, samplingOptions, unescaped } from "../flags/sampling.ts";
import { usage } from "../flags/usage.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { explain } from "../words.ts";

/** The last text. */
interface Drawn {
  /** Its prompt, and true if that was shown with it. */
  readonly start: string;
  readonly shown: boolean;
  /** The prompt and the generated text. */
  readonly text: string;
  readonly ending: Ending | undefined;
}

const HELP: readonly (readonly [what: string, does: string])[] = [
  ["any text", "is continued; \\n stands for a line end, a leading // for /"],
  ["an empty line", "continues the last text"],
  ["/again", "starts over from the same beginning"],
  ["/settings", "shows all settings"],
  ["/quit, exit, quit, :q", "leaves, like Ctrl-D; Ctrl-C stops the text, or leaves if there is none"],
];

/** As a whole line, these words of any program leave. With a blank before or after it a word is continued as text. */
const LEAVING = ["exit", "quit", "exit()", "quit()", ":q", ":q!", ":wq"];

/** A conversation, line by line: prompts to continue, and commands. It does not depend on where the lines come from. */
export class Chat {
  readonly #checkpoint: Checkpoint;
  readonly #mode: DataMode;
  readonly #terminal: Terminal;
  readonly #complain: (message: string) => void;
  #flags: SamplingFlags;
  #random: Random;
  #last: Drawn | undefined;
  #wanted = true;

  /** @param complain shows a line with an error */
  constructor(checkpoint: Checkpoint, flags: SamplingFlags, terminal: Terminal, complain: (message: string) => void) {
    this.#checkpoint = checkpoint;
    this.#mode = modeOf(checkpoint);
    this.#flags = this.#complete(flags);
    this.#random = new Random(flags.seed);
    this.#terminal = terminal;
    this.#complain = complain;
  }

  /** Ends the text that is being written. */
  stop(): void {
    this.#wanted = false;
  }

  /** Handles a line, and returns true if the conversation continues. An error in it is shown, and changes nothing. */
  async line(line: string): Promise<boolean> {
    if (LEAVING.includes(line)) return false;
    try {
      const [, name = "", value = ""] = /^\/(?!\/)(\S*)\s*(.*?)\s*$/.exec(line) ?? [];
      if (line.startsWith("/") && !line.startsWith("//")) return await this.#command(name.replaceAll("-", "_"), value);
      if (line === "") await this.#goOn();
      else await this.#draw(unescaped(line.replace(/^\/\//, "/")), true);
    } catch (error) {
      if (!(error instanceof MicrogptError)) throw error;
      this.#complain(explain(error));
    }
    return true;
  }

  async #command(name: string, value: string): Promise<boolean> {
    if (name === "quit") return false;
    if (name === "help") this.#help();
    else if (name === "settings") for (const row of SAMPLING_FLAGS) this.#terminal.line(this.#setting(row));
    else if (name === "again") await this.#again();
    else this.#set(name === "max" ? "max_new_tokens" : name, value);
    return true;
  }

  async #goOn(): Promise<void> {
    if (this.#last?.ending === "bos") {
      throw usage("a beginning", "an empty line, and the last text has ended", "type one, or /again");
    }
    await this.#draw(this.#last?.text ?? "", this.#last === undefined);
  }

  async #again(): Promise<void> {
    if (this.#last === undefined) throw usage("an earlier text for /again", "none", "type a beginning first");
    await this.#draw(this.#last.start, this.#last.shown);
  }

  async #draw(start: string, shown: boolean): Promise<void> {
    const { model, tokenizer } = this.#checkpoint;
    const terminal = this.#terminal;
    let ending: Ending | undefined;
    const onEnd = (why: Ending): void => {
      ending = why;
    };
    const options = { ...samplingOptions(this.#flags, this.#mode), random: this.#random, start, onEnd };
    const pieces = generate(model, tokenizer, options);
    // A prompt that the model refuses is refused here, before anything is shown.
    const first = pieces.next();
    let text = start;
    this.#wanted = true;
    if (shown) terminal.write(terminal.color.dim(start));
    function* all(): Generator<string, void> {
      if (first.done === true) return;
      text += first.value;
      yield first.value;
      for (const piece of pieces) {
        text += piece;
        yield piece;
      }
    }
    await terminal.pour(all(), () => this.#wanted);
    terminal.line();
    this.#last = { start, shown, text, ending };
  }

  #set(name: string, value: string): void {
    const row = SAMPLING_FLAGS.find((other) => flagOf(other) === name);
    if (row === undefined) throw usage("a command", JSON.stringify(`/${name}`), "see /help");
    const [, , parse, fallback] = row;
    if (value === "off" && fallback === undefined) {
      this.#flags = this.#complete({ ...this.#flags, [name]: undefined });
    } else if (value !== "") this.#flags = { ...this.#flags, [name]: (parse ?? asTyped)(`/${name}`)(value, undefined) };
    if (name === "seed" && value !== "") this.#random = new Random(this.#flags.seed);
    this.#terminal.line(this.#setting(row));
  }

  /** Sets the temperature that suits the text, if none was chosen, so that it is visible. */
  #complete(flags: SamplingFlags): SamplingFlags {
    return { ...flags, temperature: flags.temperature ?? TEMPERATURES[this.#mode] };
  }

  #setting(row: Row): string {
    const value = new Map(Object.entries(this.#flags)).get(flagOf(row));
    return `${flagOf(row)} ${value === undefined ? "off" : typeof value === "number" ? value : JSON.stringify(value)}`;
  }

  #help(): void {
    const settings = SAMPLING_FLAGS.map(([name, what]): readonly [string, string] => [`/${name}`, what]);
    const rows = [...HELP, ...settings];
    const width = Math.max(...rows.map(([what]) => what.length));
    for (const [what, does] of rows) this.#terminal.line(`${what.padEnd(width)}  ${does}`, width + 2);
    this.#terminal.line("Without a value, a setting is shown; off removes it.");
  }
}
