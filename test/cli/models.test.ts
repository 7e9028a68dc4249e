/** The file that a command uses, and the output of `sample` and `info` on it. */

import { utimesSync } from "node:fs";
import { generate, Random, sample } from "microgpt";
import { beforeAll, describe, expect, test } from "vitest";
import { type Folder, folderWithNames, linesOf, recordsOf, samplesOf, TINY } from "../support/cli.ts";

function modelsIn(folder: Folder): string[] {
  return folder.names().filter((name) => name.endsWith(".safetensors"));
}

describe("train", () => {
  test("overwrites no model unless told to", async () => {
    const folder = folderWithNames();
    const [first, second, third] = ["model.safetensors", "model-2.safetensors", "model-3.safetensors"] as const;
    await folder.microgpt(`train names.txt ${TINY}`);
    const original = folder.bytes(first);

    const { stdout } = await folder.microgpt(`train names.txt ${TINY} --seed 2`);
    expect(linesOf(stdout)).toContain(`saved ${second}`);
    await folder.microgpt(`train names.txt ${TINY} --seed 3`);
    expect(modelsIn(folder)).toEqual([second, third, first]);
    expect(folder.bytes(first).equals(original)).toBe(true);

    await folder.microgpt(`train names.txt ${TINY} --seed 3 --out ${first}`);
    expect(modelsIn(folder)).toEqual([second, third, first]);
    expect(folder.bytes(first).equals(folder.bytes(third))).toBe(true);
  });

  test("nor the best of a run that was killed before it was saved", async () => {
    const folder = folderWithNames();
    folder.write("model.best.safetensors", "what took hours to train");
    const { stdout } = await folder.microgpt(`train names.txt ${TINY}`);
    expect(linesOf(stdout)).toContain("saved model-2.safetensors");
  });

  test("quotes names with special characters in the commands to type next", async () => {
    const folder = folderWithNames();
    const { stdout } = await folder.microgpt(["train", "names.txt", ...TINY.split(" "), "--out", "it's mine"]);
    expect(folder.names()).toEqual(["it's mine", "it's mine.metrics.jsonl", "names.txt"]);
    const [, next = ""] = /^next: microgpt (sample .*)$/m.exec(stdout) ?? [];
    const again = await folder.startProgram("sh", ["-c", `set -- ${next}; printf '%s\\n' "$2"`]).ended;
    expect(again.stdout).toBe("it's mine\n");
  });
});

describe("sample", () => {
  let folder: Folder;
  beforeAll(async () => {
    folder = folderWithNames();
    await folder.microgpt(`train names.txt ${TINY}`);
    await folder.microgpt(`train names.txt ${TINY} --seed 7 --out model-2.safetensors`);
  });

  const drawn = async (flags: string): Promise<unknown[]> =>
    samplesOf((await folder.microgpt(`sample --json ${flags}`)).stdout);

  test("draws the same samples as the library with the same seed", async () => {
    const { model, tokenizer } = folder.model("model.safetensors");
    const random = new Random(5);
    const expected = Array.from({ length: 6 }, () => sample(model, tokenizer, { random, temperature: 1.5 }));
    expect(await drawn("model.safetensors --num_samples 6 --seed 5 --temperature 1.5")).toEqual(expected);
  });

  test("draws the same again with the same seed, and others with another", async () => {
    const once = await drawn("model.safetensors --seed 1");
    expect(once).toHaveLength(20);
    expect(await drawn("model.safetensors --seed 1")).toEqual(once);
    expect(await drawn("model.safetensors --seed 2")).not.toEqual(once);
  });

  test("takes the newest model by default, whatever its number", async () => {
    const [old, recent] = [new Date(2020, 1), new Date(2021, 1)];
    for (const [first, second] of [
      ["model.safetensors", "model-2.safetensors"],
      ["model-2.safetensors", "model.safetensors"],
    ] as const) {
      utimesSync(folder.at(first), old, old);
      utimesSync(folder.at(second), recent, recent);
      const { stdout } = await folder.microgpt("info --json");
      expect(recordsOf(stdout)[0]).toMatchObject({ path: second });
    }
    expect(await drawn("")).toEqual(await drawn("model.safetensors"));
  });

  test("shows --start as part of each document, in each form", async () => {
    const { model, tokenizer } = folder.model("model.safetensors");
    const random = new Random(42);
    const rests = [1, 2].map(() => [...generate(model, tokenizer, { random, start: "oli" })].join(""));
    const expected = rests.map((rest) => `oli${rest}`);
    const flags = "model.safetensors --num_samples 2 --start oli";
    expect(await drawn(flags)).toEqual(expected);
    expect((await folder.microgpt(`sample ${flags} --quiet`)).stdout).toBe(`${expected.join("\n")}\n`);
    expect((await folder.microgpt(`sample ${flags}`)).stdout).toBe(
      `sample  1: ${expected[0]}\nsample  2: ${expected[1]}\n`,
    );
  });

  test("adds no more than --max_new_tokens to the start", async () => {
    const texts = await drawn("model.safetensors --start mia --max_new_tokens 2 --num_samples 40 --temperature 2");
    const lengths = texts.map((text) => String(text).length);
    expect(Math.max(...lengths)).toBe("mia".length + 2);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual("mia".length);
  });

  test("draws the likeliest document each time as the temperature approaches 0", async () => {
    expect(new Set(await drawn("model.safetensors --temperature 1e-9")).size).toBe(1);
    expect(new Set(await drawn("model.safetensors --temperature 3")).size).toBeGreaterThan(10);
  });

  test("draws nothing if asked for nothing", async () => {
    expect(await folder.microgpt("sample model.safetensors --num_samples 0")).toMatchObject({ code: 0, stdout: "" });
  });
});

describe("info", () => {
  let folder: Folder;
  beforeAll(async () => {
    folder = folderWithNames();
    await folder.microgpt(`train names.txt ${TINY}`);
  });

  test("shows a model's config, parameters, tokenizer and history", async () => {
    const { code, stdout } = await folder.microgpt("info model.safetensors");
    const size = folder.bytes("model.safetensors").length.toLocaleString("en");
    expect(code).toBe(0);
    expect(linesOf(stdout)[0]).toBe(`model.safetensors, ${size} bytes`);
    expect(stdout).toMatch(/^ {2}n_embd +8$/m);
    expect(stdout).toMatch(/^parameters: 1,184$/m);
    expect(stdout).toMatch(/^ {2}layer0\.mlp_fc1 +\(32, 8\) +256$/m);
    expect(stdout).toMatch(/^tokenizer: 18 tokens, one a character, and BOS \(17\)\n {2}"abcehilmnoprstuvy"$/m);
    expect(stdout).toMatch(/^training: 20 of 20 steps on names\.txt \(12 documents\)$/m);
    expect(stdout).toMatch(/^ {2}learning_rate +0\.01$/m);
    expect(stdout).toMatch(/^loss: \d\.\d\d at first, \d\.\d\d on average over the last 20 steps$/m);
  });

  test("shows the same as one JSON object", async () => {
    const { stdout } = await folder.microgpt("info model.safetensors --json");
    const { model, tokenizer, progress } = folder.model("model.safetensors");
    expect(recordsOf(stdout)).toEqual([
      {
        type: "info",
        path: "model.safetensors",
        bytes: folder.bytes("model.safetensors").length,
        config: model.config,
        numParams: 1184,
        params: expect.arrayContaining([{ name: "wte", shape: [18, 8] }]),
        tokenizer: tokenizer.toJSON(),
        training: {
          step: 20,
          settings: progress?.settings,
          data: progress?.data,
          losses: progress?.losses,
          evaluations: [],
        },
      },
    ]);
  });
});
