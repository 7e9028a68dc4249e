/**
 * Random runs, killed at random moments and resumed, each process on a random Node: every one must end with the same
 * bytes as an uninterrupted run. Run by hand, since it takes minutes and several versions of Node:
 *
 *     npm run build && npx tsx scripts/resume-storm.ts --runs 100 --node PATH --node PATH
 *
 * Without --node all processes run on this one. `--seed N` repeats a storm.
 */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Random } from "microgpt";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    node: { type: "string", multiple: true, default: [process.execPath] },
  },
});
const inProject = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const CLI = inProject("bin/microgpt.js");
const MODELS = ["model.safetensors", "model.best.safetensors"];

const random = new Random(Number(values.seed));
const below = (n: number): number => Math.floor(random.random() * n);
const oneOf = <T>(list: readonly T[]): T => {
  const chosen = list[below(list.length)];
  if (chosen === undefined) throw new Error("an empty list");
  return chosen;
};

const names = readFileSync(inProject("data/ssa-names-2018.txt"), "utf8").split("\n");
const prose = readFileSync(inProject("ARCHITECTURE.md"), "utf8");

interface Outcome {
  readonly code: number | null;
  readonly killed: boolean;
  readonly stderr: string;
  /** True if it refused to train because the run is at its last step. */
  readonly finished: boolean;
}

/** True if the last record is the error of a run that has no steps left. */
function isFinished(records: string): boolean {
  const last = records.trimEnd().split("\n").at(-1) ?? "";
  if (!last.endsWith("}")) return false;
  const { code, values }: { code?: string; values?: Record<string, unknown> } = JSON.parse(last);
  return code === "resume" && values?.step !== undefined && values.step === values.numSteps;
}

/** One process, killed `killAfter` milliseconds after its first output, or left to end. */
function microgpt(folder: string, words: readonly string[], killAfter?: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(oneOf(values.node), [CLI, ...words], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let [stderr, stdout, timer]: [string, string, NodeJS.Timeout | undefined] = ["", "", undefined];
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout = (stdout + text).slice(-10_000);
      if (killAfter !== undefined) timer ??= setTimeout(() => child.kill("SIGKILL"), killAfter);
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, killed: signal === "SIGKILL", stderr, finished: isFinished(stdout) });
    });
  });
}

/** Writes the data of a random run; returns its flags. */
function randomRun(folder: string): string[] {
  const mode = oneOf(["documents", "stream"]);
  const from = below(1000);
  writeFileSync(
    join(folder, "data.txt"),
    mode === "documents"
      ? names.slice(from, from + 50 + below(500)).join("\n")
      : prose.slice(from, from + 3000 + below(20_000)),
  );
  const scalar = random.random() < 0.3;
  const head = oneOf([1, 2]);
  const flags: Readonly<Record<string, string | number>> = {
    mode,
    preset: "microgpt",
    engine: scalar ? "scalar" : "wasm",
    n_layer: scalar ? 1 : 1 + below(3),
    n_head: head,
    n_embd: head * oneOf(scalar ? [2, 3, 4] : [2, 4, 8, 12]),
    block_size: 2 + below(scalar ? 6 : 14),
    mlp: oneOf(["relu", "relu2"]),
    batch_size: 1 + below(scalar ? 2 : 8),
    gradient_accumulation_steps: 1 + below(3),
    dropout: oneOf([0, 0, 0.1, 0.3]),
    weight_decay: oneOf([0, 0.1]),
    grad_clip: oneOf([0, 1]),
    schedule: oneOf(["linear", "cosine", "constant"]),
    learning_rate: oneOf([0.001, 0.01]),
    warmup_iters: below(5),
    tokenizer: oneOf(["char", "byte", "bpe"]),
    val_fraction: oneOf([0, 0.1, 0.2]),
    eval_interval: oneOf([1, 3, 10]),
    seed: below(1000),
    num_steps: scalar ? 20 + below(60) : 100 + below(1500),
    save_interval: 1 + below(20),
    num_samples: 0,
  };
  const words = Object.entries(flags).flatMap(([name, value]) =>
    name === "val_fraction" && value === 0 ? [] : [`--${name}=${value}`],
  );
  if (flags.val_fraction === 0)
    words.splice(
      words.findIndex((word) => word.startsWith("--eval_interval")),
      1,
    );
  if (!scalar) words.push(`--threads=${1 + below(3)}`);
  if (!scalar && random.random() < 0.5) words.push("--strict");
  return ["train", "data.txt", "--out", "model.safetensors", "--json", ...words];
}

async function storm(index: number): Promise<string | undefined> {
  const [whole, torn] = [0, 1].map(() => mkdtempSync(join(tmpdir(), "microgpt-storm-")));
  if (whole === undefined || torn === undefined) throw new Error("no folders");
  try {
    const words = randomRun(whole);
    writeFileSync(join(torn, "data.txt"), readFileSync(join(whole, "data.txt")));
    const calm = await microgpt(whole, words);
    if (calm.code !== 0) return `${words.join(" ")}\n  ended with ${calm.code}: ${calm.stderr}`;
    let kills = 0;
    for (let more = true; more; ) {
      const resume = existsSync(join(torn, "model.safetensors"));
      const rest = words.filter((word) => /--(?:save_interval|threads|strict|engine|num_samples)/.test(word));
      const next = resume ? ["train", "--resume", "model.safetensors", "--json", ...rest] : words;
      const outcome = await microgpt(torn, next, kills < 6 ? below(400) : undefined);
      if (outcome.killed) kills++;
      // A run that was killed after its last step needs no more.
      else if (outcome.code === 0 || outcome.finished) more = false;
      else return `${next.join(" ")}\n  ended with ${outcome.code}: ${outcome.stderr}`;
    }
    const differ = MODELS.filter((name) => {
      const [one, other] = [join(whole, name), join(torn, name)].map((path) => existsSync(path) && readFileSync(path));
      return one === false || other === false || one === undefined || other === undefined
        ? one !== other
        : !Buffer.from(one).equals(Buffer.from(other));
    });
    console.log(`${index + 1}: ${kills} kills, ${differ.length === 0 ? "equal" : `DIFFERENT ${differ.join(", ")}`}`);
    return differ.length === 0 ? undefined : words.join(" ");
  } finally {
    for (const folder of [whole, torn]) rmSync(folder, { recursive: true, force: true });
  }
}

const failures: string[] = [];
for (let i = 0; i < Number(values.runs); i++) {
  const failure = await storm(i);
  if (failure !== undefined) failures.push(failure);
}
for (const failure of failures) console.error(failure);
console.log(`${Number(values.runs) - failures.length} of ${values.runs} equal, seed ${values.seed}`);
process.exitCode = failures.length === 0 ? 0 : 1;
