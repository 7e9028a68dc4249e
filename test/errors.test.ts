/** The codes of errors: each is raised by something, and docs/errors.md explains each. The library speaks of no flag. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  CharTokenizer,
  decodeCheckpoint,
  decodeText,
  type ErrorCode,
  encodeCheckpoint,
  fitTokenizer,
  GPT,
  inspect,
  MicrogptError,
  type Run,
  resumeRun,
  ScalarTensor,
  startRun,
  tokenizerFromJSON,
} from "microgpt";
import { checkNoInput, claim, loadCorpus, loadDataset, openTokens, prepare } from "microgpt/node";
import { afterAll, describe, expect, test, vi } from "vitest";
import { HalfUpdatedError } from "../src/backend/backend.ts";
import { usage } from "../src/cli/flags/usage.ts";
import { chooseColumn } from "../src/data/columns.ts";
import { noText } from "../src/data/documents.ts";
import { checkFinite } from "../src/model/step.ts";
import { lackOf } from "../src/mpi/lack.ts";
import { findCompiler } from "../src/native/compiler.ts";
import { fileError } from "../src/node/file-errors.ts";
import { readStream } from "../src/node/read.ts";
import { decodeMeta } from "../src/node/token-meta.ts";
import { checkMemory } from "../src/scalar/memory.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "microgpt-errors-"));

function file(name: string, content: string | Uint8Array = "anna\nbob\n"): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

const names = ["anna", "bob", "eve", "otto"];
const run: Run = startRun(names, { model: { nEmbd: 4, nHead: 1, blockSize: 4 }, training: { numSteps: 2 } });
const bytes = encodeCheckpoint(run);

/** The model's file with a text of its header replaced by another, of the same length. */
function changed(from: string, to: string): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  return new Uint8Array(Buffer.from(text.replace(from, to), "latin1"));
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(2);
}

const trainerOf = async () => new GPT(run.model.state()).trainer({ ...run.progress.settings, steps: 0, maxRows: 16 });

const raised: { readonly [C in ErrorCode]: () => unknown } = {
  type: () => startRun(names, { training: { learningRate: JSON.parse('"high"') } }),
  range: () => startRun(names, { training: { learningRate: -1 } }),
  choice: () => startRun(names, { training: { schedule: JSON.parse('"steep"') } }),
  "unknown-field": () => startRun(names, JSON.parse('{"trainning":{}}')),
  conflict: () => startRun(names, { model: { nEmbd: 5, nHead: 2 } }),
  shape: () => ScalarTensor.from([2], [1]),
  id: () => inspect(run.model.state(), [99]),
  length: () => inspect(run.model.state(), []),
  "no-data": () => noText("names.txt", "an empty file"),
  "data-format": () => decodeText("a.txt", new Uint8Array([0x61, 0xff])),
  column: () => chooseColumn("a.csv", [{ fields: ["a", "b"], line: 1 }], "c"),
  "data-changed": async () => {
    await prepare([file("text.txt", "anna\nbob\neve\n".repeat(9))], { out: join(folder, "tokens"), mode: "stream" });
    writeFileSync(join(folder, "tokens", "tokenizer.json"), JSON.stringify(fitTokenizer("byte", [])));
    return openTokens(join(folder, "tokens"));
  },
  "too-large": () => readStream("data", pieces(), undefined, 1),
  character: () => CharTokenizer.fit(names).encode("é"),
  tokenizer: () => tokenizerFromJSON({ type: "other" }),
  "file-missing": () => loadCorpus([join(folder, "none.txt")]),
  "file-access": () => fileError("data a", "a file", systemError("EACCES")),
  "file-kind": () => loadCorpus([file("model.safetensors", bytes)]),
  "file-format": () => decodeMeta("meta.json", "{}"),
  "file-version": () => decodeCheckpoint("a", changed('"version":"1"', '"version":"9"')),
  "file-damaged": () => decodeCheckpoint("a", bytes.subarray(0, 99)),
  "file-busy": async () => {
    await claim(join(folder, "claimed"));
    return claim(join(folder, "claimed"));
  },
  "file-exists": () => checkNoInput(file("a.txt"), [join(folder, "a.txt")]),
  "disk-full": () => fileError("data a", "a file", systemError("ENOSPC")),
  network: () => {
    vi.stubGlobal("fetch", () => Promise.reject(new Error("no connection")));
    return loadDataset("names", { cacheDir: folder });
  },
  memory: () => checkMemory(run.model.config, 1, 1),
  threads: () => new HalfUpdatedError(),
  native: () => findCompiler({ PATH: "" }),
  ranks: () => {
    throw lackOf("mpirun");
  },
  diverged: () => checkFinite("loss", Number.NaN, 3),
  resume: () => resumeRun({ model: run.model, tokenizer: run.tokenizer }, names),
  busy: async () => {
    const trainer = await trainerOf();
    const step = trainer.begin(4, 0.1);
    trainer.begin(4, 0.1);
    step.finish();
  },
  disposed: async () => {
    const trainer = await trainerOf();
    trainer.dispose();
    trainer.begin(4, 0.1);
  },
  interrupted: () => prepare([file("b.txt")], { out: join(folder, "out"), signal: AbortSignal.abort() }),
  unsupported: () => decodeCheckpoint("a", changed('"F32"', '"I32"')),
  usage: () => usage("a flag", "none", "type one"),
};

const codes = Object.keys(raised);

async function outcomeOf(action: () => unknown): Promise<unknown> {
  try {
    return await action();
  } catch (error) {
    return error;
  }
}

afterAll(() => {
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true, force: true });
});

describe("each code", () => {
  test.each(Object.entries(raised))("%s is that of an error in one line, with its four parts", async (code, action) => {
    const error = await outcomeOf(action);
    expect(error).toBeInstanceOf(MicrogptError);
    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(/^[^\n]+: expected [^\n]+, got [^\n]+; [^\n]+$/),
    });
  });

  test("is explained in docs/errors.md, in the same order", () => {
    const page = readFileSync(join(root, "docs/errors.md"), "utf8");
    expect([...page.matchAll(/^\| `([a-z-]+)` \| .+ \| .+ \|$/gm)].map(([, code]) => code)).toEqual(codes);
  });
});

describe("an error about a setting", () => {
  test("has its name and the numbers", async () => {
    const error = await outcomeOf(raised.range);
    expect(error).toMatchObject({ field: "learningRate", values: { value: -1, above: 0 } });
  });

  test("of one that does not exist has the nearest", async () => {
    const error = await outcomeOf(raised["unknown-field"]);
    expect(error).toMatchObject({ field: "trainning", values: { meant: "training" } });
  });

  test("of a run that diverged has the step", async () => {
    expect(await outcomeOf(raised.diverged)).toMatchObject({ values: { step: 3 } });
  });
});

describe("the library", () => {
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.startsWith("cli"),
  );

  test.each(files)("speaks of no flag and of no command in %s", (name) => {
    const source = readFileSync(join(root, "src", name), "utf8")
      // Comments may: this is about what users read. Flags of Node, V8 and Apple's tools are those of others.
      .replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, "")
      .replace(/--(max-old-space-size|experimental-wasm-relaxed-simd)|xcode-select --install/g, "");
    expect(
      source.match(/(?<=["'`\s(])--(?!this\.)[a-z_]{2,}|\bmicrogpt (train|prepare|sample|lr-find|eval|chat|sweep)\b/g),
    ).toBeNull();
  });
});
