import { describe, expect, test } from "vitest";
import type { Machine } from "../backend/backend.ts";
import { CONTROL_AT, wasm } from "../backend/wasm/machine.ts";
import { CONTROL } from "../backend/wasm/threads/barrier.ts";
import { namedParams } from "../model/config.ts";
import { initParams } from "../model/init.ts";
import { presets } from "../train/presets.ts";
import { MicrogptError } from "../util/errors.ts";
import { Random } from "../util/random.ts";
import type { GPTState, TrainerOptions } from "./engine.ts";
import { stepPrograms } from "./step-programs.ts";
import { WasmTrainer, wasmTrainer } from "./wasm-trainer.ts";

const config = { ...presets.microgpt.model, vocabSize: 5 };
const options: TrainerOptions = { ...presets.microgpt.training, steps: 0, maxRows: 8 };
const fresh = (): GPTState => ({ config, weights: initParams(config, new Random(1), (_, data) => data) });
const numbersOf = ({ weights }: GPTState): number[] => namedParams(weights).flatMap(([, data]) => [...data]);
const DOCUMENT = [4, 0, 1, 2, 4];

describe("a step that cannot be taken", () => {
  test.each([
    ["an id outside the vocabulary", [[4, 5, 4]], "embedding: expected ids from 0 to 4, got 5; "],
    ["more tokens than it has room for", Array.from({ length: 3 }, () => DOCUMENT), "at most 8 tokens at once"],
    ["a document of one token", [[4]], "at least 2 tokens, got 1"],
    ["no document", [], "at least one document, got none"],
  ])("is refused and changes nothing: %s", async (_, documents, message) => {
    const trainer = await wasmTrainer(fresh(), options, { threads: 1 });
    trainer.step([DOCUMENT], 0.01);
    const before = numbersOf(trainer.state());
    expect(() => trainer.step(documents, 0.01)).toThrow(MicrogptError);
    expect(() => trainer.step(documents, 0.01)).toThrow(message);
    expect(numbersOf(trainer.state())).toEqual(before);
    expect(trainer.steps).toBe(1);
  });

  test.each([1, 2])("leaves the last good weights where the loss is no number, on %d threads", async (threads) => {
    const trainer = await wasmTrainer(fresh(), options, { threads });
    trainer.step([DOCUMENT], 1e30);
    const before = numbersOf(trainer.state());
    expect(() => trainer.step([DOCUMENT], 0.01)).toThrow(
      "at step 2; the run has diverged: start again with a lower learning_rate",
    );
    expect(numbersOf(trainer.state())).toEqual(before);
    trainer.dispose();
  });
});

describe("a thread that fails", () => {
  async function trainerOfTwo(): Promise<{ trainer: WasmTrainer; machine: Machine; words: Int32Array }> {
    const programs = stepPrograms(config, options);
    const machines = (await wasm({}).start(
      programs.map(({ program }) => program),
      2,
    )) as [Machine];
    const [machine] = machines;
    const words = new Int32Array(machine.view("loss").buffer);
    return { trainer: new WasmTrainer(fresh(), programs, machines, options, 2), machine, words };
  }

  test("ends the step with an error that says what to do, and the weights stay", async () => {
    const { trainer, words } = await trainerOfTwo();
    trainer.step([DOCUMENT], 0.01);
    const before = numbersOf(trainer.state());
    words[CONTROL_AT / 4 + CONTROL.failure] = 1; // what a worker writes that traps
    expect(() => trainer.step([DOCUMENT], 0.01)).toThrow("run again with --threads 1");
    expect(numbersOf(trainer.state())).toEqual(before);
    trainer.dispose();
  });

  test("in the midst of an update leaves weights that nobody is given", async () => {
    const { trainer, machine, words } = await trainerOfTwo();
    trainer.step([DOCUMENT], 0.01);
    expect(machine.torn).toBe(false);
    words[960 / 4] = 1; // what a step writes before its first update, and takes back after the last
    expect(machine.torn).toBe(true);
    expect(() => trainer.state()).toThrow("go on from the last saved file");
    trainer.dispose();
  });
});
