/** A run that diverges ends in one line, which names a model to resume from if there is one. */

import { describe, expect, test } from "vitest";
import { type Folder, folderWithNames, type JsonRecord, recordsOf, TINY } from "../support/cli.ts";

const last = (folder: Folder, name: string): JsonRecord[] => recordsOf(folder.bytes(name).toString()).slice(-2);

// Learning rate and weight decay rise without limit, so that the run learns, then grows, then overflows.
const GROWING =
  "--learning_rate 2e5 --warmup_iters 100000000 --num_steps 100000001 --weight_decay 10 --grad_clip 0 --engine wasm";

describe.concurrent("a run that diverges", () => {
  test.for<[flags: string, model: string | undefined]>([
    // Evaluated during the run.
    [`${GROWING} --eval_interval 10`, "kept.best.safetensors"],
    [`${GROWING} --eval_interval 10 --engine scalar --n_embd 4 --batch_size 2`, "kept.best.safetensors"],
    // Running text, without evaluations: only saves.
    [`${GROWING} --eval_interval 0 --save_interval 90 --mode stream`, "kept"],
    // The last save was already bad.
    ["--learning_rate 1e300 --engine scalar --eval_interval 0 --save_interval 1", undefined],
    // The first update already gives weights whose products overflow float32.
    ["--learning_rate 1e20 --eval_interval 0", undefined],
    ["--learning_rate 1e300", undefined],
  ])("%s", async ([flags, model]) => {
    const folder = folderWithNames();
    const { code, stdout, stderr } = await folder.microgpt(`train names.txt ${TINY} ${flags} --out kept --json`);
    expect(code).toBe(1);
    const [, what, step, where, advice] =
      /^microgpt: train: expected a finite (loss|gradient|validation loss), got \S+ at step (\d+); the run has diverged: ([^;]*); (.*)\n$/.exec(
        stderr,
      ) ?? [];
    expect(what, stderr).toBeDefined();
    expect(advice).toBe("try --learning_rate 0.01 with --grad_clip 1");
    // No samples, and the steps end where they did.
    const records = recordsOf(stdout);
    expect(records.filter(({ type }) => type === "sample")).toEqual([]);
    expect(records.filter(({ type }) => type === "step")).toHaveLength(Number(step) - 1);

    const found = `the run diverged: at step ${step} the loss or its gradient was no longer a finite number`;
    const kept = model === undefined ? "" : `; the model from before it is kept in ${model}`;
    expect(last(folder, "kept.metrics.jsonl")).toEqual([
      { type: "verdict", step: Number(step) - 1, kind: "diverged", text: found + kept },
      { type: "end", step: Number(step) - 1, reason: "failed", message: stderr.slice("microgpt: ".length, -1) },
    ]);

    if (model === undefined) {
      expect(where).toBe("no model was good enough to keep");
      expect(folder.names().filter((name) => name.includes("best"))).toEqual([]);
      return;
    }
    const steps = folder.model(model).progress?.losses.length;
    expect(where).toBe(`the last good model, after step ${steps}, is in ${model}`);
    const sampled = await folder.microgpt(`sample ${model} --num_samples 2`);
    expect(sampled).toMatchObject({ code: 0, stderr: "" });
    // The model can be trained further.
    const on = await folder.microgpt(
      `train names.txt --init_from ${model} --num_steps 3 --num_samples 0 --engine wasm`,
    );
    expect(on).toMatchObject({ code: 0, stderr: "" });
  });

  test("does not touch the model of another run", async () => {
    const folder = folderWithNames();
    await folder.microgpt(`train names.txt ${TINY} --val_fraction 0.2 --eval_interval 5 --out kept`);
    const before = ["kept", "kept.best.safetensors"].map((name) => folder.bytes(name));
    const flags = "--learning_rate 1e20 --eval_interval 0 --out kept";
    const { stderr } = await folder.microgpt(`train names.txt ${TINY} ${flags}`);
    expect(stderr).toContain("no model was good enough to keep");
    expect(["kept", "kept.best.safetensors"].map((name) => folder.bytes(name))).toEqual(before);
  });
});
