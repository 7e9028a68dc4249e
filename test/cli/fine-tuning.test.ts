/**
 * Training that begins with a model, ends early, or continues after that; and settings that must not change a bit of
 * it.
 */

import { scoreText } from "microgpt";
import { describe, expect, test } from "vitest";
import {
  type Folder,
  folderWithNames,
  type JsonRecord,
  linesOf,
  NAMES,
  names,
  recordsOf,
  stepsOf,
} from "../support/cli.ts";

const SMALL = "--n_embd 8 --n_head 2 --num_samples 0 --json";

function metrics(folder: Folder, name: string): JsonRecord[] {
  return recordsOf(folder.bytes(name).toString());
}

test("--init_from keeps the model's knowledge", async () => {
  const folder = folderWithNames();
  folder.write("more.txt", linesOf(NAMES).toReversed().join("\n"));
  await folder.microgpt(`train names.txt ${SMALL} --num_steps 400 --val_fraction 0 --out base`);
  const fresh = await folder.microgpt(`train more.txt ${SMALL} --num_steps 5 --val_fraction 0 --out fresh`);
  const tuned = await folder.microgpt(
    `train more.txt --init_from base --num_steps 5 --num_samples 0 --val_fraction 0 --json --out tuned`,
  );
  expect([fresh, tuned].map(({ stderr }) => stderr)).toEqual(["", ""]);
  const [first, second] = [fresh, tuned].map(({ stdout }) => stepsOf(stdout)[0]?.loss ?? Number.NaN);
  expect(second).toBeLessThan(0.75 * (first ?? 0));
  expect(folder.model("tuned").model.config).toEqual(folder.model("base").model.config);
  expect(folder.model("tuned").progress?.losses).toHaveLength(5);
});

describe("--patience", () => {
  const OVERFITS = `train names.txt ${SMALL} --val_fraction 0.4 --num_steps 2000 --learning_rate 0.05 --eval_interval 10 --eval_iters 0 --out model.safetensors`;

  test("stops the run, which may be extended, and the best model is that of the best evaluation", async () => {
    const folder = folderWithNames();
    const { code, stderr } = await folder.microgpt(`${OVERFITS} --patience 3`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { evaluations = [], losses = [] } = folder.model("model.safetensors").progress ?? {};
    const best = evaluations.reduce((x, y) => (y.loss < x.loss ? y : x));
    expect(losses).toHaveLength(best.step + 30);
    expect(metrics(folder, "model.metrics.jsonl").at(-1)).toMatchObject({ type: "end", reason: "early stopping" });

    // The file says which data was held out, so that the saved model can be evaluated again.
    const kept = folder.model("model.best.safetensors");
    expect(kept.progress?.losses).toHaveLength(best.step);
    const { stdout } = await folder.microgpt(
      `train names.txt --init_from model.best.safetensors --val_fraction 0.4 --eval_interval 1 --eval_iters 0 --num_steps 2 --learning_rate 1e-12 --min_lr 0 --weight_decay 0 --dropout 0 --num_samples 0 --json --out again`,
    );
    expect(stepsOf(stdout)[0]?.valLoss).toBeCloseTo(best.loss, 5);
    const evaluated = await folder.microgpt("eval names.txt --model model.best.safetensors --json");
    const score = await scoreText(kept, names());
    expect(JSON.parse(evaluated.stdout)).toMatchObject({ loss: score.loss, tokens: score.tokens });

    const over = await folder.microgpt("train --resume model.safetensors");
    expect(over.stderr).toMatch(
      /^microgpt: resume: expected an unfinished run, got a run that stopped early, after 3 evaluations[^\n]*type microgpt train --resume model\.safetensors --patience 0\n$/,
    );
    const on = await folder.microgpt("train --resume model.safetensors --patience 6 --num_samples 0 --json");
    expect(stepsOf(on.stdout)[0]?.step).toBe(best.step + 31);

    const whole = folderWithNames();
    await whole.microgpt(`${OVERFITS} --patience 6`);
    expect(folder.bytes("model.safetensors").equals(whole.bytes("model.safetensors"))).toBe(true);
    // Except for the patience in it.
    expect(kept.model.state()).toEqual(whole.model("model.best.safetensors").model.state());
  });
});

test("samples during training, saves, lines and threads change no bit of the files", async () => {
  const TRAIN = `train names.txt ${SMALL} --num_steps 40 --dropout 0.1 --gradient_accumulation_steps 2 --batch_size 2 --eval_interval 10`;
  const ways = [
    "--threads 1",
    "--threads 2",
    "--sample_interval 3 --save_interval 7 --log_interval 2 --tensorboard --label x",
  ];
  const files = await Promise.all(
    ways.map(async (flags) => {
      const folder = folderWithNames();
      expect(await folder.microgpt(`${TRAIN} ${flags} --out m.safetensors`)).toMatchObject({ code: 0, stderr: "" });
      return ["m.safetensors", "m.best.safetensors"].map((name) => folder.bytes(name).toString("base64"));
    }),
  );
  for (const other of files) expect(other).toEqual(files[0]);
});

describe("a run that is stopped and resumed has the same metrics and model as an uninterrupted one:", () => {
  const FLAGS = `${SMALL} --log_interval 1 --batch_size 2 --gradient_accumulation_steps 2 --dropout 0.1 --eval_interval 50 --sample_interval 100 --block_size 8`;
  const timeless = (folder: Folder): object[] =>
    metrics(folder, "model.metrics.jsonl").map(
      ({ startedAt: _, pid: __, processStart: ___, elapsed: ____, tokensPerSecond: _____, ...rest }) => rest,
    );

  test.each<[signal: NodeJS.Signals, data: string, numSteps: number, flags: string]>([
    ["SIGINT", "names.txt", 120, "--engine scalar --val_fraction 0.2"],
    ["SIGTERM", "names.txt", 2000, "--mode stream --tokenizer bpe --vocab_size 260 --val_fraction 0.3"],
    ["SIGINT", "prepared", 2000, ""],
  ])("%s, %s, %i steps %s", async (signal, data, numSteps, flags) => {
    const [whole, parts] = [folderWithNames(), folderWithNames()];
    for (const folder of [whole, parts]) {
      folder.write("prose.txt", NAMES.repeat(4));
      if (data === "prepared") await folder.microgpt("prepare prose.txt --out prepared --mode stream");
    }
    const words = `train ${data} ${FLAGS} ${flags} --num_steps ${numSteps} --out model.safetensors`;
    const expected = await whole.microgpt(words);
    expect(expected).toMatchObject({ code: 0, stderr: "" });

    const run = parts.start(words);
    await run.says(/"step":20,/);
    run.kill(signal);
    expect(await run.ended).toMatchObject({ code: 0, stderr: "" });
    expect(parts.model("model.safetensors").progress?.losses.length).toBeLessThan(numSteps);
    const rest = await parts.microgpt(
      "train --resume model.safetensors --sample_interval 100 --log_interval 1 --num_samples 0 --json",
    );
    expect(rest).toMatchObject({ code: 0, stderr: "" });

    expect(parts.bytes("model.safetensors").equals(whole.bytes("model.safetensors"))).toBe(true);
    expect(parts.bytes("model.best.safetensors").equals(whole.bytes("model.best.safetensors"))).toBe(true);
    expect(timeless(parts)).toEqual(timeless(whole));
  });
});
