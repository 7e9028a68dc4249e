import { describe, expect, test } from "vitest";
import { HalfUpdatedError } from "../backend/backend.ts";
import { CONTROL_AT } from "../backend/wasm/memory.ts";
import { CONTROL } from "../backend/wasm/threads/barrier.ts";
import { wasm } from "../backend/wasm/wasm.ts";
import { initParams } from "../model/init.ts";
import { namedParams } from "../model/params.ts";
import { presets } from "../train/presets.ts";
import { MicrogptError } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import { CompiledTrainer, openTrainer } from "./compiled-trainer.ts";
import type { GPTState, Trainer, TrainerOptions } from "./engine.ts";
import { compileStep } from "./step-programs.ts";

const config = { ...presets.microgpt.model, vocabSize: 5 };
const options: TrainerOptions = { ...presets.microgpt.training, steps: 0, maxRows: 8 };
const fresh = (): GPTState => ({ config, weights: initParams(config, new Random(1), (_, data) => data) });
const numbersOf = ({ weights }: GPTState): number[] => namedParams(weights).flatMap(([, data]) => [...data]);
const opened = (threads: number): Promise<Trainer> =>
  openTrainer(wasm(), { threads }, compileStep(config, options, wasm()), fresh(), options);
const DOCUMENT = [4, 0, 1, 2, 4];

describe("a step that cannot be taken", () => {
  test.each([
    ["an id outside the vocabulary", [[4, 5, 4]], "embedding: expected ids from 0 to 4, got 5; "],
    ["more tokens than it has room for", Array.from({ length: 3 }, () => DOCUMENT), "at most 8 tokens at once"],
    ["a document of one token", [[4]], "at least 2 tokens, got 1"],
    ["no document", [], "at least one document, got none"],
  ])("is refused and changes nothing: %s", async (_, documents, message) => {
    const trainer = await opened(1);
    trainer.step([DOCUMENT], 0.01);
    const before = numbersOf(trainer.state());
    expect(() => trainer.step(documents, 0.01)).toThrow(MicrogptError);
    expect(() => trainer.step(documents, 0.01)).toThrow(message);
    expect(numbersOf(trainer.state())).toEqual(before);
    expect(trainer.steps).toBe(1);
  });

  test.each([1, 2])("leaves the last good weights if the loss is not finite, on %d threads", async (threads) => {
    const trainer = await opened(threads);
    trainer.step([DOCUMENT], 1e30);
    const before = numbersOf(trainer.state());
    expect(() => trainer.step([DOCUMENT], 0.01)).toThrow(
      "at step 2; the run has diverged: start again with a lower learningRate",
    );
    expect(numbersOf(trainer.state())).toEqual(before);
    trainer.dispose();
  });
});

describe("a thread that fails", () => {
  async function trainerOfTwo(): Promise<{ trainer: CompiledTrainer; words: Int32Array }> {
    const { programs } = compileStep(config, options, wasm());
    const list = programs.map(({ program }) => program);
    const device = await wasm().open(list, { threads: 2 });
    const words = new Int32Array(device.view(programs[0].program, "loss").buffer);
    return { trainer: new CompiledTrainer(fresh(), programs, device, options), words };
  }

  test("ends the step with an error that says what to do, and the weights stay", async () => {
    const { trainer, words } = await trainerOfTwo();
    trainer.step([DOCUMENT], 0.01);
    const before = numbersOf(trainer.state());
    words[CONTROL_AT / 4 + CONTROL.failure] = 1; // written by a worker that traps
    expect(() => trainer.step([DOCUMENT], 0.01)).toThrow("run again with threads: 1");
    expect(numbersOf(trainer.state())).toEqual(before);
    trainer.dispose();
  });

  test("midway through an update leaves weights that cannot be read or trained on", async () => {
    const { trainer, words } = await trainerOfTwo();
    trainer.step([DOCUMENT], 0.01);
    words[960 / 4] = 1; // written by a step before its first update, and reset after the last
    expect(() => trainer.state()).toThrow(HalfUpdatedError);
    expect(() => trainer.step([DOCUMENT], 0.01)).toThrow("continue from the last saved file");
    trainer.dispose();
  });
});
