/** A run may be stopped, by Ctrl-C or a kill, and resumes as if it had not been. */

import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ENGINES, encodeCheckpoint, resumeRun, type StepRecord, sample, startRun, train } from "microgpt";
import { beforeAll, describe, expect, test } from "vitest";
import { Folder, folderWithNames, linesOf, NAMES, names, recordsOf, samplesOf, stepsOf, TINY } from "../support/cli.ts";

const MODEL = "--preset microgpt --n_embd 8 --n_head 2";
const config = { nEmbd: 8, nHead: 2 };

/** Steps of a run that no test waits for. */
const ENDLESS = 100_000_000;

describe("the first Ctrl-C stops the run after a step, saved", () => {
  test.for(["SIGINT", "SIGTERM"] as const)("%s", async (signal) => {
    const folder = folderWithNames();
    const run = folder.start(`train names.txt ${MODEL} --engine wasm --num_steps ${ENDLESS}`);
    await run.says(/^step +10 /m);
    run.kill(signal);
    const { code, stdout, stderr } = await run.ended;
    const lines = linesOf(stdout);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(lines).toContain("stopping after this step, then saving (Ctrl-C again quits at once, unsaved)");
    const last = lines.filter((line) => line.startsWith("step")).length;
    expect(folder.model("model.safetensors").progress?.losses).toHaveLength(last);
    expect(lines).toContain("saved model.safetensors");
    expect(lines.at(-1)).toBe("next: microgpt train --resume model.safetensors");
    expect((await folder.microgpt("info")).stdout).toContain(
      `training: ${last.toLocaleString("en")} of 100,000,000 steps`,
    );
  });
});

test("the second Ctrl-C ends the process at once", async () => {
  const script = fileURLToPath(new URL("../fixtures/interrupted.ts", import.meta.url));
  const run = new Folder().startProgram(process.execPath, ["--import", import.meta.resolve("tsx"), script]);
  await run.says(/^waiting/m);
  run.kill("SIGINT");
  await run.says(/^stopping/m);
  run.kill("SIGINT");
  // Ended by the signal, which shells report as exit code 130.
  expect(await run.ended).toMatchObject({ code: null, signal: "SIGINT", stderr: "" });
});

describe.each(ENGINES)("--resume with --engine %s", (engine) => {
  const how = "--batch_size 2 --weight_decay 0.1 --grad_clip 1";
  const training = { batchSize: 2, weightDecay: 0.1, gradClip: 1 };

  /** Runs for at least some steps, and stops. */
  async function stopped(folder: Folder, words: string): Promise<StepRecord[]> {
    const run = folder.start(`train ${words} --json`);
    await run.says(/^(.*\n){20}/);
    run.kill("SIGINT");
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    expect(recordsOf(stdout)).toContainEqual({ type: "stopping" });
    expect(recordsOf(stdout).at(-1)).toEqual({ type: "saved", path: "model.safetensors" });
    return stepsOf(stdout);
  }

  test("a run that was stopped twice has the same losses and file as one that never was", async () => {
    const folder = folderWithNames();
    const first = await stopped(folder, `names.txt ${MODEL} ${how} --engine ${engine} --num_steps ${ENDLESS}`);
    const second = await stopped(folder, "--resume model.safetensors");

    const run = startRun(names(), { model: config, training: { numSteps: ENDLESS, ...training }, engine });
    const steps: StepRecord[] = [];
    for await (const record of train(run)) {
      steps.push(record);
      if (record.step === first.length + second.length) break;
    }
    expect([...first, ...second]).toEqual(steps);
    expect(folder.bytes("model.safetensors").equals(encodeCheckpoint(run))).toBe(true);
  });

  test("a run in two parts has the same losses, samples and file as one in one part", async () => {
    const [whole, parts] = [folderWithNames(), folderWithNames()];
    const flags = `${MODEL} ${how} --engine ${engine} --schedule constant --num_samples 5 --json`;
    const expected = await whole.microgpt(`train names.txt ${flags} --num_steps 40`);
    const begun = await parts.microgpt(`train names.txt ${flags} --num_steps 15`);
    const rest = await parts.microgpt("train --resume model.safetensors --num_steps 40 --num_samples 5 --json");

    const ofLosses = (stdout: string): number[] => stepsOf(stdout).map(({ loss }) => loss);
    expect([...ofLosses(begun.stdout), ...ofLosses(rest.stdout)]).toEqual(ofLosses(expected.stdout));
    expect(samplesOf(rest.stdout)).toEqual(samplesOf(expected.stdout));
    expect(parts.bytes("model.safetensors").equals(whole.bytes("model.safetensors"))).toBe(true);
  });

  test("a run continues on the other engine if told to, and stays on it", async () => {
    const folder = folderWithNames();
    const other = engine === "wasm" ? "scalar" : "wasm";
    await folder.microgpt(`train names.txt ${TINY} ${how} --engine ${engine} --schedule constant`);
    const resume = "train --resume model.safetensors --num_steps 25 --num_samples 0 --json";
    const same = await folder.microgpt(`${resume} --out same`);
    const moved = await folder.microgpt(`${resume} --out moved --engine ${other}`);
    expect(folder.model("same").model.engine).toBe(engine);
    expect(folder.model("moved").model.engine).toBe(other);
    const losses = (stdout: string): number[] => stepsOf(stdout).map(({ loss }) => loss);
    expect(losses(same.stdout)).toHaveLength(5);
    // Five steps in float32, with a loss of about 3.
    expect(losses(moved.stdout)).toEqual(losses(same.stdout).map((loss) => expect.closeTo(loss, 4)));
    expect(losses(moved.stdout)).not.toEqual(losses(same.stdout));
  });
});

describe("--resume", () => {
  test("a run with more steps continues like the library's", async () => {
    const folder = folderWithNames();
    await folder.microgpt(`train names.txt ${TINY}`);
    const run = resumeRun(folder.model("model.safetensors"), names(), { numSteps: 30 });
    const steps: StepRecord[] = [];
    for await (const record of train(run)) steps.push(record);

    const { stdout } = await folder.microgpt("train --resume model.safetensors --num_steps 30 --num_samples 1 --json");
    expect(stepsOf(stdout)).toEqual(steps);
    expect(stepsOf(stdout).map(({ step }) => step)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    expect(samplesOf(stdout)).toEqual([sample(run.model, run.tokenizer, { random: run.progress.random })]);
  });

  test("says where it resumes, and does not change the old model if --out is another", async () => {
    const folder = folderWithNames();
    await folder.microgpt(`train names.txt ${TINY}`);
    const before = folder.bytes("model.safetensors");
    const { stdout } = await folder.microgpt(
      "train --resume model.safetensors --num_steps 25 --out longer.safetensors",
    );
    expect(linesOf(stdout)).toContain("resuming after step 20 of 25");
    expect(folder.bytes("model.safetensors").equals(before)).toBe(true);
    expect(folder.model("longer.safetensors").progress?.losses).toHaveLength(25);
  });

  test("a run from standard input resumes when it gets the documents again", async () => {
    const folder = folderWithNames();
    await folder.microgpt(`train - ${TINY}`, { input: NAMES });
    const { code } = await folder.microgpt("train - --resume model.safetensors --num_steps 21", { input: NAMES });
    expect(code).toBe(0);
    expect(folder.model("model.safetensors").progress?.losses).toHaveLength(21);
  });

  describe("refuses, and changes nothing:", () => {
    let folder: Folder;
    beforeAll(async () => {
      folder = folderWithNames();
      folder.write("other.txt", "anna\n");
      await folder.microgpt(`train names.txt ${TINY}`);
      await folder.microgpt(`train - ${TINY} --out piped.safetensors`, { input: NAMES });
      folder.write("gone.txt", NAMES);
      await folder.microgpt(`train gone.txt ${TINY} --out moved.safetensors`);
      rmSync(folder.at("gone.txt"));
    });

    test.for<[what: string, words: string, code: number, message: RegExp]>([
      [
        "other documents",
        "other.txt --resume model.safetensors --num_steps 30",
        1,
        /the documents of the run, "names\.txt" \(12 documents, .*got "other\.txt" \(1 documents, .*resume with the same data/,
      ],
      [
        "a run at its end",
        "--resume model.safetensors",
        1,
        /20 of 20; to train it further, type microgpt train --resume model\.safetensors --num_steps 40$/,
      ],
      [
        "an end that has passed",
        "--resume model.safetensors --num_steps 10",
        1,
        /20 of 10; to train it further, type microgpt train --resume model\.safetensors --num_steps 40$/,
      ],
      [
        "documents that came from standard input",
        "--resume piped.safetensors --num_steps 30",
        2,
        /standard input; pipe them in again and add -$/,
      ],
      [
        "another model",
        "--resume model.safetensors --n_embd 16",
        2,
        /the run's --n_embd 8 with --resume, got 16; leave it out, or train a new model$/,
      ],
      [
        "another batch",
        "--resume model.safetensors --batch_size 2",
        2,
        /the run's --batch_size 1 with --resume, got 2; leave it out, or .* --init_from model\.safetensors$/,
      ],
      [
        "another seed",
        "--resume model.safetensors --seed 1",
        2,
        /the run's --seed 42 with --resume, got 1; leave it out, or fine-tune in a new run: --init_from/,
      ],
      [
        "documents that are elsewhere",
        "--resume moved.safetensors --num_steps 30",
        1,
        /resume: expected the run's documents, "gone\.txt", got no such file .*; name them: microgpt train FILE --resume/,
      ],
      ["no model", "--resume missing.safetensors", 1, /missing\.safetensors: .*no such file or folder; check the path/],
    ])("%s", async ([, words, code, message]) => {
      const before = folder.names().map((name) => folder.bytes(name));

      const outcome = await folder.microgpt(`train ${words}`);
      expect(outcome).toMatchObject({ code, stdout: "" });
      expect(linesOf(outcome.stderr)).toEqual([expect.stringMatching(message)]);
      expect(folder.names().map((name) => folder.bytes(name))).toEqual(before);
    });
  });
});
