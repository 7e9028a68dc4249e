/** The figures of the compiled engine, and of whole processes. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Row } from "../src/cli/bench/measure.ts";
import { GENERATION, MICRO_STEP, NANO_STEP, peerTable } from "./peers.ts";
import { measure, row } from "./timing.ts";

/** A line printed by engine/main.ts. */
interface Figure extends Row {
  readonly part: string;
}

const CLI = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const ENGINE = fileURLToPath(new URL("engine/main.ts", import.meta.url));

function microgpt(args: readonly string[], cwd?: string): string {
  return execFileSync(process.execPath, [CLI, ...args], { encoding: "utf8", cwd });
}

/** All measurements of the compiled engine, in a process of its own. */
export function measureCompiled(): Figure[] {
  const printed = execFileSync(process.execPath, ["--import", "tsx", ENGINE], { encoding: "utf8" });
  return printed
    .trimEnd()
    .split("\n")
    .map((line): Figure => JSON.parse(line));
}

/** A table with a line for each figure, and a heading line for each part. */
export function figureTable(figures: readonly Figure[]): string {
  const show = (x: number): string =>
    x.toLocaleString("en", { maximumSignificantDigits: 3, minimumSignificantDigits: 3 });
  let last = "";
  const lines = figures.flatMap(({ part, what, unit, median, low, high, runs }) => {
    const title = part === last ? [] : [`| **${part}** | | |`];
    last = part;
    return [...title, `| ${what} | ${show(median)} ${unit} | ${runs === 1 ? "" : `${show(low)} to ${show(high)}`} |`];
  });
  return ["| compiled engine | median | spread |", "|---|---|---|", ...lines].join("\n");
}

/** Our figures among those of other programs. */
export function comparisons(figures: readonly Figure[]): { micro: string; nano: string; generation: string } {
  const median = (id: string): number => figures.find((figure) => figure.id === id)?.median ?? Number.NaN;
  const us = "microgpt, compiled";
  const [step, batch] = [median("micro.step"), median("micro.batch")];
  const header = "| one step of microgpt.py | µs | µs a document, 16 in a step |";
  const loops = ["JavaScript, the loops of `bench/engine/loops.ts`", median("micro.plain")] as const;
  const scalar = ["microgpt, scalar", median("micro.scalar")] as const;
  return {
    micro: peerTable(header, [...MICRO_STEP, loops, scalar], [us, step, batch], "less"),
    nano: peerTable(
      "| one step at nanoGPT's CPU size | ms, 1 thread | ms, 2 threads |",
      NANO_STEP,
      [us, median("nano.step.1"), median("nano.step.2")],
      "less",
    ),
    generation: peerTable(
      "| generation at microgpt.py's size | tokens/s | many at once |",
      GENERATION,
      [us, median("sample.one"), median("sample.many")],
      "more",
    ),
  };
}

/** Whole processes, from the command to the prompt. */
export function processTable(): string {
  const folder = mkdtempSync(join(tmpdir(), "microgpt-bench-"));
  try {
    if (!/^\d+\.\d+\.\d+\n$/.test(microgpt(["--version"]))) throw new Error("--version printed something else");
    const train = (...args: string[]): void => {
      const lines = microgpt(["train", "--quiet", "--out", "model.safetensors", ...args], folder)
        .trimEnd()
        .split("\n");
      if (lines.length !== 20) throw new Error(`train printed ${lines.length} lines, not 20 samples`);
    };
    const line = (name: string, runs: number, work: () => void): string =>
      row(`\`microgpt ${name}\``, measure(runs, work), "s", (ms) => ms / 1000);
    const lines = [
      line("--version", 7, () => void microgpt(["--version"])),
      line("train --quiet", 7, () => train()),
      line("train --quiet --num_steps 100000", 3, () => train("--num_steps", "100000")),
      line("train --quiet --engine scalar", 3, () => train("--engine", "scalar")),
    ];
    return ["| the whole process | median | spread |", "|---|---|---|", ...lines].join("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
