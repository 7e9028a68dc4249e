/** A run that has long passed its best ends early, and says so. */

import { describe, expect, test } from "vitest";
import { Folder, recordsOf } from "../support/cli.ts";

/** Random text of that many distinct characters. */
function chance(characters: number, length: number): string {
  let state = 1;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return Array.from({ length }, () => String.fromCharCode(0x4e00 + Math.floor(characters * next() ** 3))).join("");
}

// Also a short text that a model soon memorizes, fine-tuning on one, and BPE tokens.
describe.concurrent("row 11: with the defaults a run ends early", () => {
  test.each([
    ["of 600 Chinese characters", chance(600, 3000), "--preset tiny"],
    ["of letters by chance", chance(26, 1500), "--preset tiny --num_steps 300"],
    ["of bytes by chance", chance(40, 900), "--preset tiny --num_steps 300 --tokenizer byte"],
  ])("%s", async (_, text, flags) => {
    const folder = new Folder();
    folder.write("text.txt", text);
    const train = `train text.txt --mode stream ${flags} --num_samples 1 --out m.safetensors`;
    const { code, stdout, stderr } = await folder.microgpt(train);
    expect([code, stderr]).toEqual([0, ""]);
    const { evaluations = [], losses = [], settings } = folder.model("m.safetensors").progress ?? {};
    const best = evaluations.reduce((x, y) => (y.loss < x.loss ? y : x));
    expect(losses.length).toBeLessThan(settings?.numSteps ?? 0);
    expect(evaluations.length - 1 - evaluations.indexOf(best)).toBe(settings?.patience);
    const since = `${settings?.patience} evaluations without a lower validation loss since step ${best.step}`;
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(`stopped early after step ${losses.length}: ${since};`);
    expect(stdout).toContain("next: microgpt sample m.best.safetensors");
    expect(folder.model("m.best.safetensors").progress?.losses).toHaveLength(best.step);
    expect(recordsOf(folder.bytes("m.metrics.jsonl").toString()).at(-1)).toMatchObject({ reason: "early stopping" });
  });

  test("and continues, if told to, as if it had not", async () => {
    const [parts, whole] = [new Folder(), new Folder()];
    for (const folder of [parts, whole]) folder.write("text.txt", chance(26, 1500));
    const train = "train text.txt --mode stream --preset tiny --num_steps 200 --num_samples 0 --out m.safetensors";
    await parts.microgpt(train);
    const refused = await parts.microgpt("train --resume m.safetensors");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("stopped early, after 6 evaluations") });
    await parts.microgpt("train --resume m.safetensors --patience 0 --num_samples 0");
    await whole.microgpt(`${train} --patience 0`);
    expect(parts.model("m.safetensors").progress?.losses).toHaveLength(200);
    expect(parts.bytes("m.safetensors").equals(whole.bytes("m.safetensors"))).toBe(true);
  });

  test("but not one that learns to its end", async () => {
    const folder = new Folder();
    folder.write("text.txt", "the cat sat on the mat and the dog sat on the log, ".repeat(200));
    const { stdout } = await folder.microgpt(
      "train text.txt --mode stream --preset tiny --num_steps 60 --num_samples 0",
    );
    expect(stdout).not.toContain("stopped early");
    expect(folder.model("model.safetensors").progress?.losses).toHaveLength(60);
  });
});
