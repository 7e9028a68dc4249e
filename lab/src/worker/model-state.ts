/**
 * A model in the trainer whose data is missing: it can be inspected, sampled, stored and exported like a run, but not
 * trained. Its file's training record is shown, and exported unchanged.
 */

import { type Checkpoint, countParams, encodeCheckpoint, presets } from "microgpt";
import type { LabSettings } from "../settings.ts";
import { engineName } from "./engine-name.ts";
import { drawTexts } from "./play/draw.ts";
import { Curve } from "./train/curve.ts";
import type { Drawn, Keeping, Report, RunCard } from "./train/report.ts";

export class ModelState {
  readonly checkpoint: Checkpoint;
  readonly settings: LabSettings;
  readonly phase = "model";
  moments: readonly number[];
  keeping: Keeping;
  readonly #card: RunCard;
  readonly #curve = new Curve();
  readonly #drawn: Drawn;

  constructor(checkpoint: Checkpoint, settings: LabSettings, moments: readonly number[]) {
    this.checkpoint = checkpoint;
    this.settings = settings;
    this.moments = moments;
    this.keeping = { kind: "kept", step: this.steps };
    const { model, mode = "documents", progress } = checkpoint;
    for (const loss of progress?.losses ?? []) this.#curve.add(loss, Number.NaN);
    const training = progress?.settings ?? presets.microgpt.training;
    const numDocs = progress?.data.numDocs ?? 0;
    this.#card = {
      settings,
      config: model.config,
      training,
      engine: engineName(model),
      threads: 0,
      numParams: countParams(model.config),
      data: { name: settings.data.name, mode, numDocs, trainTokens: 0, valFraction: progress?.data.valFraction ?? 0 },
      excerpt: [],
    };
    const texts = drawTexts(checkpoint, training.seed + this.steps);
    this.#drawn = { step: this.steps, texts: texts.map((text) => ({ text, copied: false })) };
  }

  get steps(): number {
    return this.checkpoint.progress?.losses.length ?? 0;
  }

  weights(): Uint8Array {
    const { model, tokenizer, mode = "documents" } = this.checkpoint;
    return encodeCheckpoint({ model, tokenizer, mode });
  }

  report(): Omit<Report, "canUndo"> {
    return {
      phase: this.phase,
      card: this.#card,
      step: this.steps,
      numSteps: this.checkpoint.progress?.settings.numSteps ?? 0,
      curve: this.#curve.points(),
      evaluations: this.checkpoint.progress?.evaluations ?? [],
      tokensPerSecond: 0,
      secondsLeft: Number.NaN,
      drawn: [this.#drawn],
      verdicts: [],
      moments: this.moments,
      keeping: this.keeping,
    };
  }
}
