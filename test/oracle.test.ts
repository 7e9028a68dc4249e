/**
 * microgpt.py's algorithm with other sizes, depths, seeds, temperatures and alphabets than its own
 * (test/oracle/README.md describes the files), compared with the scalar engine.
 */

import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import {
  beyond,
  firstGradients,
  inRepository,
  offSummary,
  optionsOf,
  type Replay,
  readDocuments,
  readJSON,
  replay,
  type Trace,
  trainDocs,
  worstDifference,
} from "./support/traces.ts";

// In about fifty steps roundings grow less than in a whole golden run: the worst loss is off by 2.0e-14.
const LOSS = 1e-11;
// In units of a tensor's largest entry. At most 1.3e-14, in the second gradients of the early revision.
const FRESH = 1e-12;
// At most 1.8e-13; Adam magnifies the roundings of tiny gradients (see golden.test.ts), more in longer runs.
const FINAL = 1e-11;

const folder = "test/oracle";
const names = readdirSync(inRepository(`${folder}/traces`)).filter((name) => name.endsWith(".json"));

test("there are traces", () => {
  expect(names.length).toBeGreaterThanOrEqual(6);
});

describe.each(names)("%s", (name) => {
  const trace = readJSON<Trace>(`${folder}/traces/${name}`);
  const { dataset } = trace;
  const data = dataset.name.startsWith("data/") ? dataset.name : `${folder}/${dataset.name}`;
  let ours: Replay & ReturnType<typeof firstGradients>;

  beforeAll(async () => {
    const documents = readDocuments(data, dataset.sha256);
    const options = { ...optionsOf(trace), engine: "scalar" } as const;
    ours = { ...(await replay(documents, options, trace)), ...firstGradients(documents, options) };
  }, 60_000);

  test("the same documents in the same order, the same vocabulary, the same number of weights", () => {
    const { tokenizer } = ours.run;
    const docs = trainDocs(ours.run);
    expect(docs).toHaveLength(dataset.numDocs);
    expect(docs.slice(0, dataset.firstShuffledDocs.length)).toEqual(dataset.firstShuffledDocs);
    expect(tokenizer.toJSON()).toMatchObject({ chars: [...dataset.vocabulary] });
    expect(tokenizer.bos).toBe(dataset.bos);
    expect([...ours.init.values()].reduce((total, weights) => total + weights.length, 0)).toBe(trace.numParams);
  });

  test("every loss is CPython's", () => {
    expect(ours.losses).toHaveLength(trace.config.numSteps);
    expect(worstDifference(ours.losses, trace.losses)).toBeLessThan(LOSS);
  });

  test("all samples are CPython's", () => {
    expect(ours.samples).toHaveLength(trace.config.numSamples);
    expect(ours.samples).toEqual(trace.samples);
  });

  test.each([
    ["init", FRESH],
    ["grad0", FRESH],
    ["grad1", FRESH],
    ["final", FINAL],
  ] as const)("%s: each matrix is CPython's", (part, tolerance) => {
    expect([...ours[part].keys()]).toEqual(Object.keys(trace[part]));
    expect(beyond(tolerance, offSummary(ours[part], trace[part]))).toEqual([]);
  });
});
