/**
 * Steps on a machine that answers late. They are taken ahead of their results, which are read together: the run is then
 * at rest after the last of them, while the records tell of one after the other.
 */

import type { StepResult } from "../model/step.ts";
import type { StepRecord } from "./record.ts";
import type { RunStep } from "./step.ts";

/** Steps that are read together at most. */
const MOST = 64;
/** Milliseconds that steps which are read together may take: records then come as often as anyone could watch. */
const PATIENCE = 100;

interface Pending {
  readonly step: RunStep;
  readonly result: StepResult | Promise<StepResult>;
}

export class Ahead {
  #records: StepRecord[] = [];
  #failure: { readonly error: unknown } | undefined;
  /** Steps to take ahead: one at first, so that a single step may be taken. */
  #count = 1;

  /** The next record that is known already. Errors: that of the step after the last one. */
  next(): StepRecord | undefined {
    const record = this.#records.shift();
    if (record !== undefined || this.#failure === undefined) return record;
    const { error } = this.#failure;
    this.#failure = undefined;
    throw error;
  }

  /** Takes further steps behind the first, and resolves with its record when all are read. Errors: those of the first. */
  async read(
    first: Pending,
    nextStep: (count: number) => RunStep | undefined,
    record: (step: RunStep, result: StepResult) => StepRecord,
  ): Promise<StepRecord | undefined> {
    const begin = performance.now();
    const pending = [first];
    while (pending.length < this.#count) {
      const step = nextStep(pending.length);
      if (step === undefined) break;
      while (!step.isComplete) step.addPart();
      pending.push({ step, result: step.finish() });
    }
    const results = await Promise.allSettled(pending.map(({ result }) => result));
    for (const [i, { step }] of pending.entries()) {
      const result = results[i];
      if (result?.status === "fulfilled") this.#records.push(record(step, result.value));
      else {
        this.#failure = { error: result?.reason };
        break;
      }
    }
    const took = performance.now() - begin;
    this.#count = took < PATIENCE / 2 ? Math.min(MOST, 2 * this.#count) : Math.max(1, Math.floor(this.#count / 2));
    return this.next();
  }
}
