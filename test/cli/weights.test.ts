/** `--weights`: a saved model in fewer bits. */

import { expect, test } from "vitest";
import { folderWithNames, linesOf, recordsOf } from "../support/cli.ts";

const MODEL = "train names.txt --preset microgpt --n_embd 16 --n_head 2 --num_steps 200 --batch_size 4 --num_samples 0";

test("eval tells what a format costs, and sample takes it", async () => {
  const folder = folderWithNames();
  await folder.microgpt(MODEL);
  const exact = await folder.microgpt("eval names.txt");
  expect(exact.stdout).not.toContain("weights:");
  const costs: number[] = [];
  for (const format of ["f16", "bf16", "int8"]) {
    const { code, stdout, stderr } = await folder.microgpt(`eval names.txt --weights ${format}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [, more = "", word, before] = /^weights: \w+, (\S+) (more|less) than the (\S+) of f32$/m.exec(stdout) ?? [];
    expect(exact.stdout).toContain(`loss: ${before} nats a token`);
    costs.push(word === "less" ? -Number(more) : Number(more));
    const [record] = recordsOf((await folder.microgpt(`eval names.txt --weights ${format} --json`)).stdout);
    expect(record).toMatchObject({ weights: format, lossOfF32: expect.closeTo(Number(before), 3) });
    expect(Number(record?.loss) - Number(record?.lossOfF32)).toBeCloseTo(costs.at(-1) ?? Number.NaN, 3);
  }
  // 11 bits cost nothing that can be seen, 8 and fewer a little.
  expect(Math.abs(costs[0] ?? Number.NaN)).toBeLessThan(0.001);
  for (const cost of costs) expect(Math.abs(cost)).toBeLessThan(0.05);
  const sampled = await folder.microgpt("sample --weights int8 --num_samples 5 --seed 2");
  expect(linesOf(sampled.stdout)).toHaveLength(5);
  expect((await folder.microgpt("sample --weights int8 --num_samples 5 --seed 2 --engine scalar")).stdout).toBe(
    sampled.stdout,
  );
  expect(await folder.microgpt("sample --weights int4")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("one of f32, f16, bf16, int8"),
  });
});
