/**
 * `microgpt train FILE` without flags, on three kinds of text in the repository. Each is so short that the data, not
 * the clock, ends the run: in seconds, and on any machine with the same model and steps. The whole files:
 * docs/recipes.md.
 */

import { readdirSync, readFileSync } from "node:fs";
import { isFinished } from "microgpt";
import { describe, expect, test } from "vitest";
import { Folder } from "../support/cli.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");

function typescript(): string {
  const files = readdirSync(new URL("src/scalar/", root)).filter((name) => name.endsWith(".ts"));
  return files.map((name) => read(`src/scalar/${name}`)).join("\n");
}

const TEXTS: readonly (readonly [kind: string, file: string, text: string, mode: string])[] = [
  ["names", "names.txt", read("data/ssa-names-2018.txt").split("\n").slice(0, 4000).join("\n"), "documents"],
  ["prose", "prose.md", read("ARCHITECTURE.md").slice(0, 20_000), "stream"],
  ["source code", "code.ts", typescript().slice(0, 24_000), "stream"],
];

describe.each(TEXTS)("%s, without flags", (_, file, text, mode) => {
  const folder = new Folder();
  folder.write(file, text);
  const run = folder.microgpt(["train", file]);

  test("end with a validation loss below a bigram model's, and say so", async () => {
    const { code, stdout, stderr } = await run;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [, last, now] = /^uniform .*, bigram (\S+), this model (\S+)$/m.exec(stdout) ?? [];
    expect(Number(now)).toBeLessThan(Number(last) - 0.2);
    const verdict = /^verdict: validation loss (\S+) beats a bigram model's (\S+);/m.exec(stdout);
    expect(verdict?.[2]).toBe(last);
    expect(Number(verdict?.[1])).toBeLessThanOrEqual(Number(now));
  });

  test("are recognized, with a model and a number of steps that the data determines", async () => {
    const { stdout } = await run;
    expect(stdout).toContain(`note: reads as ${mode === "documents" ? "one document a line" : "running text"}: `);
    expect(stdout).toMatch(/^note: model: tiny, /m);
    expect(stdout).toMatch(/^note: steps: [\d,]+, more would memorize the data; /m);
  });

  test("leave a model, its best and its metrics behind", async () => {
    await run;
    const { model, mode: saved, progress } = folder.model("model.safetensors");
    expect(saved).toBe(mode);
    expect(progress && isFinished(progress)).toBe(true);
    expect(model.config.nLayer).toBe(1);
    expect(folder.names()).toEqual(expect.arrayContaining([file, "model.metrics.jsonl", "model.safetensors"]));
  });
});
