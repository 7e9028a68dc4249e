/**
 * Random damage to a folder of tokens: training works, or one line refuses it; nothing hangs, and nothing else is
 * written.
 */

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { fuzzing, mutatedJSON, refusalOf } from "../testing/mutate.ts";
import { startRun } from "../train/start.ts";
import { train as steps } from "../train/train.ts";
import { preparedData } from "../train/training-data.ts";
import { crc32, hex32 } from "../util/crc32.ts";
import { prepare } from "./prepare.ts";
import { openTokens } from "./token-files.ts";

const root = mkdtempSync(join(tmpdir(), "microgpt-fuzz-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const text = join(root, "text.txt");
writeFileSync(text, "a text of some lines, é and 😀 in it\n".repeat(20));

/** CPython's pickle.dumps of what nanoGPT's prepare.py makes from "\n abé😀". */
const PICKLE = Buffer.from(
  "gASVagAAAAAAAAB9lCiMCnZvY2FiX3NpemWUSwaMBGl0b3OUfZQoSwCMAQqUSwGMASCUSwKMAWGUSwOMAWKUSwSMAsOplEsFjATwn5iAlHWMBHN0b2mUfZQoaARLAGgFSwFoBksCaAdLA2gISwRoCUsFdXUu",
  "base64",
);

/** Files by name. */
type Files = Readonly<Record<string, Uint8Array>>;

async function prepared(tokenizer: "char" | "bpe"): Promise<Files> {
  const out = join(root, tokenizer);
  await prepare([text], { out, mode: "stream", tokenizer });
  return Object.fromEntries(readdirSync(out).map((name) => [name, new Uint8Array(readFileSync(join(out, name)))]));
}

const tokens = new Uint8Array(Uint16Array.from({ length: 60 }, (_, i) => i % 6).buffer);
const ORIGINALS: readonly Files[] = [
  await prepared("char"),
  await prepared("bpe"),
  { "train.bin": tokens, "val.bin": tokens, "meta.pkl": new Uint8Array(PICKLE) },
];

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const encode = (some: string): Uint8Array => new TextEncoder().encode(some);

/** The bytes with some changed, cut or added. */
function mutatedBytes(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const flips = fc
    .array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 8 })
    .map((all) => {
      const changed = bytes.slice();
      for (const [at, mask] of all) changed[at] = (changed[at] ?? 0) ^ mask;
      return changed;
    });
  const cut = fc.nat(bytes.length).map((length) => bytes.slice(0, length));
  const longer = fc.uint8Array({ minLength: 1, maxLength: 9 }).map((more) => Uint8Array.from([...bytes, ...more]));
  return fc.oneof(flips, cut, longer);
}

/** A folder in which some files are changed, missing or swapped, with or without matching CRCs and sizes. */
const folder: fc.Arbitrary<Files> = fc.constantFrom(...ORIGINALS).chain((original) => {
  const names = Object.keys(original);
  const change = fc.constantFrom(...names).chain((name): fc.Arbitrary<Files> => {
    const bytes = original[name] ?? new Uint8Array();
    const changed = name.endsWith(".json")
      ? fc.oneof(mutatedJSON(decode(bytes)).map(encode), mutatedBytes(bytes))
      : mutatedBytes(bytes);
    const other = fc.constantFrom(...names).map((from) => original[from] ?? bytes);
    return fc
      .oneof({ weight: 8, arbitrary: changed }, other, fc.constant(new Uint8Array()))
      .map((now) => ({ [name]: now }));
  });
  const gone = fc.oneof({ weight: 9, arbitrary: fc.constant("") }, fc.constantFrom(...names));
  return fc
    .tuple(fc.array(change, { minLength: 1, maxLength: 2 }), gone, fc.boolean())
    .map(([changes, missing, careful]) => {
      const files: Record<string, Uint8Array> = Object.assign({ ...original }, ...changes);
      if (careful) Object.assign(files, { "meta.json": withTruth(files) });
      return Object.fromEntries(
        Object.entries(files).filter(([name, bytes]) => name !== missing && bytes !== undefined),
      );
    });
});

/** meta.json with the sizes and CRCs of the actual files, if it is JSON. */
function withTruth(files: Files): Uint8Array | undefined {
  const meta = files["meta.json"];
  if (meta === undefined) return undefined;
  const of = (name: string): object => {
    const bytes = files[name] ?? new Uint8Array();
    return { tokens: Math.floor(bytes.length / 2), crc32: hex32(crc32(bytes)) };
  };
  try {
    const { train, val, ...others } = JSON.parse(decode(meta));
    return encode(
      JSON.stringify({ ...others, train: { ...train, ...of("train.bin") }, val: { ...val, ...of("val.bin") } }),
    );
  } catch {
    return meta;
  }
}

/** Opens the folder and trains on it for two steps. */
async function learn(path: string): Promise<void> {
  const files = await openTokens(path);
  try {
    const run = startRun(preparedData(files, files.tokenizer), {
      engine: "scalar",
      model: { nEmbd: 2, nHead: 1, blockSize: 4 },
      training: { numSteps: 2, evalInterval: files.val.length > 0 ? 1 : 0, evalIters: 1 },
    });
    for await (const _ of steps(run));
  } finally {
    files.dispose();
  }
}

async function refused(action: Promise<unknown>): Promise<boolean> {
  const error: unknown = await action.then(
    () => undefined,
    (failed: unknown) => failed ?? "nothing",
  );
  if (error === undefined) return false;
  refusalOf(() => {
    throw error;
  });
  return true;
}

test("survives any change to a folder of tokens", async () => {
  const outcomes = { refused: 0, learned: 0, prepared: 0 };
  let number = 0;
  await fc.assert(
    fc.asyncProperty(folder, async (files) => {
      const path = join(root, `case ${number++}`);
      mkdirSync(path);
      for (const [name, bytes] of Object.entries(files)) writeFileSync(join(path, name), bytes);
      const around = readdirSync(root);
      const begin = performance.now();
      if (await refused(learn(path))) outcomes.refused++;
      else outcomes.learned++;
      expect(readdirSync(path).sort()).toEqual(Object.keys(files).sort());
      if (!(await refused(prepare([text], { out: path, mode: "stream" })))) {
        outcomes.prepared++;
        await learn(path);
      }
      expect(readdirSync(path).filter((name) => name.startsWith("."))).toEqual([]);
      expect(performance.now() - begin).toBeLessThan(10_000);
      expect(readdirSync(root)).toEqual(around);
      expect(existsSync("/etc/x")).toBe(false);
      rmSync(path, { recursive: true });
    }),
    fuzzing(100),
  );
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(10);
});
