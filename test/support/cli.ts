/** Runs the built command line as a user does: in a process and a folder of its own. */

import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { type Checkpoint, type Corpus, decodeCheckpoint, parseDocuments, type StepRecord } from "microgpt";
import { afterAll } from "vitest";
import packageJson from "../../package.json" with { type: "json" };

const inPackage = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The file that npm links the command to. */
export const CLI: string = inPackage(packageJson.bin.microgpt);

/** Twelve names, one a line: enough to learn something in a few steps. */
export const NAMES = "emma\nolivia\nava\nisabella\nsophia\ncharlotte\nmia\namelia\nharper\nevelyn\nluna\nella\n";

/** Flags of a model that trains in an instant, with microgpt.py's settings. */
export const TINY = "--preset microgpt --n_embd 8 --n_head 2 --num_steps 20 --num_samples 3";

/** Long enough for any run here on a busy machine. */
const TIMEOUT_MS = 60_000;

/** The exit and output of a process. */
export interface Outcome {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Words for a command line: split at blanks, or a list if they contain blanks. */
type Words = string | readonly string[];

export interface RunSettings {
  /** Standard input, empty by default. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const root = mkdtempSync(join(tmpdir(), "microgpt-test-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A fresh folder in which to run microgpt; removed after the file's tests. */
export class Folder {
  readonly path: string = mkdtempSync(join(root, "folder-"));

  /** The path of a file in this folder. */
  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string | Uint8Array): void {
    writeFileSync(this.at(name), content);
  }

  bytes(name: string): Buffer {
    return readFileSync(this.at(name));
  }

  model(name: string): Checkpoint {
    return decodeCheckpoint(name, this.bytes(name));
  }

  /** The files in it, hidden ones included. */
  names(): string[] {
    return readdirSync(this.path).sort();
  }

  /** Runs microgpt to its end. */
  microgpt(words: Words, settings?: RunSettings): Promise<Outcome> {
    return this.start(words, settings).ended;
  }

  start(words: Words, settings?: RunSettings): Running {
    return this.startProgram(process.execPath, [CLI, ...split(words)], settings);
  }

  /** Starts a program in this folder, with an environment independent of the tests' own. */
  startProgram(program: string, args: readonly string[], { input = "", env = {} }: RunSettings = {}): Running {
    if (!existsSync(inPackage("dist/cli.js"))) throw new Error("there is no dist/cli.js: npm run build");
    const child = spawn(program, args, {
      cwd: this.path,
      env: { PATH: process.env.PATH, HOME: this.path, ...env },
      stdio: ["pipe", "pipe", "pipe"],
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    // A process that ends without reading its input closes it.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    return new Running(child);
  }
}

/** A running process. */
export class Running {
  readonly ended: Promise<Outcome>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #stdout = "";

  constructor(child: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.#child = child;
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    this.ended = new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve({ code, signal, stdout: this.#stdout, stderr }));
    });
  }

  /** Waits for a pattern on standard output, and returns the match. Errors: the process ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const said = new Promise<RegExpExecArray | null>((resolve) => {
      const look = (): void => {
        const match = pattern.exec(this.#stdout);
        if (match !== null) resolve(match);
      };
      look();
      this.#child.stdout.on("data", look);
      void this.ended.then(() => resolve(null));
    });
    const match = await said;
    if (match === null) throw new Error(`the process ended without saying ${pattern}:\n${this.#stdout}`);
    return match;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

/** The folder of most tests, with names.txt in it. */
export function folderWithNames(): Folder {
  const folder = new Folder();
  folder.write("names.txt", NAMES);
  return folder;
}

/** The same documents for the library. */
export function names(): Corpus {
  return parseDocuments("names.txt", NAMES);
}

/** Lines without the line end of each. */
export function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

/** A record of --json with unchecked fields. */
export type JsonRecord = { readonly type: string } & Readonly<Record<string, unknown>>;

export function recordsOf(stdout: string): JsonRecord[] {
  return linesOf(stdout).map((line) => JSON.parse(line) as JsonRecord);
}

export function stepsOf(stdout: string): StepRecord[] {
  const steps = recordsOf(stdout).filter(({ type }) => type === "step");
  return steps.map(({ type: _, ...record }) => record as unknown as StepRecord);
}

export function samplesOf(stdout: string): unknown[] {
  const samples = recordsOf(stdout).filter(({ type }) => type === "sample");
  return samples.map(({ text }) => text);
}

function split(words: Words): readonly string[] {
  return typeof words === "string" ? words.split(" ").filter((word) => word !== "") : words;
}
