/** A run is saved even if its samples fail, and running text is generated for any kind of text. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Folder, recordsOf, samplesOf } from "../support/cli.ts";

const SMALL = "--n_layer 1 --n_embd 16 --n_head 1 --num_steps 30 --patience 0";

const words = "the cat sat on the mat and the dog sat on the log while a bird sang of it all ".repeat(30).trim();
const hanzi = Array.from(
  { length: 900 },
  (_, i) => "天地玄黃宇宙洪荒日月盈昃辰宿列張寒來暑往"[(i * i + (i >> 2)) % 20],
).join("");

/** Kinds of text without a line end; a model of one saved by 0.3 or 0.4 is the same file. */
const TEXTS: Readonly<Record<string, string>> = {
  "words in one line, as text8": words,
  "the same with a line end at the end": `${words}\n`,
  "DNA in one line": Array.from({ length: 900 }, (_, i) => "ACGT"[((i * i) % 7) % 4]).join(""),
  "base64 in one line": Buffer.from(words).toString("base64"),
  "JSON in one line": JSON.stringify({ say: words.split(" ") }),
  "Chinese in one line": hanzi,
};

describe.concurrent("row 3: running text without a line end is trained, saved and generated", () => {
  const cases = Object.keys(TEXTS).map((kind, i) => [kind, ["char", "byte", "bpe"][i % 3] ?? ""] as const);
  test.each(cases)("%s, with tokens of kind %s", async (kind, tokenizer) => {
    const folder = new Folder();
    folder.write("one.txt", TEXTS[kind] ?? "");
    const flags = `${SMALL} --tokenizer ${tokenizer} --sample_interval 20 --out m.safetensors --json`;
    const trained = await folder.microgpt(`train one.txt --mode stream ${flags}`);
    expect([trained.code, trained.stderr]).toEqual([0, ""]);
    expect(samplesOf(trained.stdout)).toHaveLength(3);
    const records = recordsOf(trained.stdout);
    expect(records.filter(({ type }) => type === "warning")).toEqual([]);
    expect(records).toContainEqual({ type: "saved", path: "m.safetensors" });
    expect(recordsOf(folder.bytes("m.metrics.jsonl").toString()).at(-1)).toMatchObject({ type: "end", reason: "done" });

    const sampled = await folder.microgpt("sample m.safetensors --num_samples 2 --json");
    const texts = samplesOf(sampled.stdout);
    expect([sampled.code, texts.length, texts.every((text) => String(text).length > 5)]).toEqual([0, 2, true]);
    const chat = await folder.microgpt("chat m.safetensors", { input: "\n" });
    expect([chat.code, chat.stderr]).toEqual([0, ""]);
    expect(chat.stdout.length).toBeGreaterThan(5);
  });

  // Each line end is followed by the next file, so that the model draws BOS where a text should begin.
  test("many files of one line", async () => {
    const folder = new Folder();
    const names = Array.from({ length: 40 }, (_, i) => `${i}.txt`);
    for (const name of names) folder.write(name, `${words.slice(0, 60)}\n`);
    const train = `train ${names.join(" ")} --mode stream ${SMALL} --num_steps 200 --out m.safetensors --json`;
    const { code, stdout } = await folder.microgpt(train);
    expect([code, samplesOf(stdout).every((text) => String(text).length > 10)]).toEqual([0, true]);
  });
});

describe.concurrent("row 3: a sample that cannot be drawn does not end a run", () => {
  // The first update gives finite weights with infinite products.
  const BEYOND = "--num_steps 1 --learning_rate 1e15 --out m.safetensors --json";
  test.each([
    ["documents", "--preset microgpt"],
    ["running text", "--preset microgpt --mode stream"],
    ["documents, drawn on the way as well", "--preset microgpt --sample_interval 1"],
  ])("of %s", async (_, flags) => {
    const folder = new Folder();
    folder.write("names.txt", "emma\nolivia\nava\nisabella\nsophia\nmia\n");
    const { code, stdout, stderr } = await folder.microgpt(`train names.txt ${flags} ${BEYOND}`);
    expect([code, stderr]).toEqual([0, ""]);
    const records = recordsOf(stdout);
    const warnings = records.filter(({ type }) => type === "warning");
    expect(warnings).toHaveLength(flags.includes("interval") ? 2 : 1);
    for (const { text } of warnings) expect(text).toMatch(/^no sample: generate: expected finite logits, got NaN; /);
    expect(records).toContainEqual({ type: "saved", path: "m.safetensors" });
    expect(recordsOf(folder.bytes("m.metrics.jsonl").toString()).at(-1)).toMatchObject({ type: "end", reason: "done" });

    const sampled = await folder.microgpt("sample m.safetensors");
    expect(sampled).toMatchObject({ code: 1, stderr: expect.stringMatching(/^microgpt: generate: .*diverged/) });
  });
});

describe("row 32: empty or repetitive samples are not a success", () => {
  const verdictsOf = (folder: Folder): unknown[] =>
    recordsOf(folder.bytes("m.metrics.jsonl").toString())
      .filter(({ type }) => type === "verdict")
      .map(({ kind }) => kind);

  const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8").slice(0, 9000);

  // Barely trained and sampled cold, a model writes the same word forever, or blanks, as at 0.5 after source code.
  test.each([
    ["prose", read("docs/autograd.md")],
    ["source code", read("src/scalar/scalar-tensor.ts")],
  ])("of %s", async (_, text) => {
    const folder = new Folder();
    folder.write("text.txt", text);
    const flags = `--mode stream ${SMALL} --num_steps 100 --temperature 0.001 --out m.safetensors`;
    const { stdout, stderr } = await folder.microgpt(`train text.txt ${flags}`);
    expect(stderr).toBe("");
    expect(stdout).toContain("verdict: it repeats itself: ");
    expect(stdout).not.toContain("see what it writes");
    expect(verdictsOf(folder)).toContain("repetitive");
  });
});
