/** The library for users without TypeScript: every mistake gets a one-line error in the user's words. */

import { describe, expect, test } from "vitest";
import * as microgpt from "./index.ts";

const {
  CharTokenizer,
  decodeCheckpoint,
  encodeCheckpoint,
  evaluate,
  fitTokenizer,
  fromHuggingFace,
  findLearningRate,
  GPT,
  generate,
  inspect,
  MicrogptError,
  noveltyReport,
  parseDocuments,
  Random,
  reopenRun,
  resumeRun,
  sample,
  samples,
  scoreText,
  splitDocuments,
  startRun,
  toHuggingFace,
  tokenize,
  tokenizerFromJSON,
  train,
  trainBPE,
  trainEach,
} = microgpt;

const [NONE, IDS, EMPTY, NOTHING]: [unknown, unknown, unknown, unknown] = [[], [1, 2], {}, () => {}];

/** Values of the wrong type. */
const WRONG = [undefined, null, 5, Number.NaN, true, "text", NONE, IDS, [null], EMPTY, { docs: "text" }, NOTHING];

const docs = ["ada", "ben", "cleo", "dan", "eve"];
const model = { nEmbd: 4, nHead: 2, blockSize: 4 };
const run = startRun(docs, { model, training: { numSteps: 1 } });
const random = new Random(1);
const bytes = encodeCheckpoint(run);

/** The function with its arguments' types forgotten. */
const untyped = (f: unknown): ((...args: unknown[]) => unknown) => f as (...args: unknown[]) => unknown;
const drain = async (records: unknown): Promise<void> => {
  for await (const _ of records as AsyncIterable<unknown>);
};

/** Calls that take one wrong value, and the values that are right there all the same. */
type Call = readonly [name: string, call: (wrong: unknown) => unknown, right?: readonly unknown[]];
const CALLS: readonly Call[] = [
  ["startRun(x)", (x) => untyped(startRun)(x)],
  ["startRun({ docs: x })", (x) => untyped(startRun)({ name: "x", docs: x })],
  ["startRun({ docs, name: x })", (x) => untyped(startRun)({ docs, name: x }), ["text"]],
  ["startRun({ docs, mode: x })", (x) => untyped(startRun)({ docs, name: "x", mode: x }), [undefined]],
  ["startRun(docs, x)", (x) => untyped(startRun)(docs, x), [undefined, EMPTY]],
  ["startRun(docs, { model: x })", (x) => untyped(startRun)(docs, { model: x }), [undefined, EMPTY]],
  ["startRun(docs, { training: x })", (x) => untyped(startRun)(docs, { training: x }), [undefined, EMPTY]],
  ["startRun(docs, { tokenizer: x })", (x) => untyped(startRun)(docs, { tokenizer: x }), [undefined]],
  ["startRun(docs, { initFrom: x })", (x) => untyped(startRun)(docs, { initFrom: x }), [undefined]],
  ["startRun(docs, { valFraction: x })", (x) => untyped(startRun)(docs, { valFraction: x }), [undefined]],
  ["startRun(docs, { engine: x })", (x) => untyped(startRun)(docs, { engine: x }), [undefined]],
  ["startRun(docs, { threads: x })", (x) => untyped(startRun)(docs, { threads: x }), [undefined, 5]],
  ["startRun(docs, { strict: x })", (x) => untyped(startRun)(docs, { strict: x }), [undefined, true]],
  [
    "startRun(docs, { memoryLimit: x })",
    (x) => untyped(startRun)(docs, { engine: "scalar", memoryLimit: x }),
    [undefined],
  ],
  ["resumeRun(x, docs)", (x) => untyped(resumeRun)(x, docs)],
  ["resumeRun(run, x)", (x) => untyped(resumeRun)(run, x)],
  ["resumeRun(run, docs, x)", (x) => untyped(resumeRun)(run, docs, x), [undefined, EMPTY]],
  ["resumeRun(run, docs, { numSteps: x })", (x) => untyped(resumeRun)(run, docs, { numSteps: x }), [undefined, 5]],
  ["reopenRun(x, docs)", (x) => untyped(reopenRun)(x, docs)],
  ["train(x)", (x) => drain(untyped(train)(x))],
  ["train(run, x)", (x) => drain(untyped(train)(run, x)), [undefined, EMPTY]],
  ["train(run, { signal: x })", (x) => drain(untyped(train)(run, { signal: x })), [undefined]],
  ["train(run, { onEvaluation: x })", (x) => drain(untyped(train)(run, { onEvaluation: x })), [undefined, NOTHING]],
  ["trainEach(x, f)", (x) => untyped(trainEach)(x, () => {})],
  ["trainEach(run, x)", (x) => untyped(trainEach)(run, x), [NOTHING]],
  ["evaluate(x)", (x) => untyped(evaluate)(x)],
  ["scoreText(x, docs)", (x) => untyped(scoreText)(x, docs)],
  ["scoreText(run, x)", (x) => untyped(scoreText)(run, x)],
  ["findLearningRate(x)", (x) => drain(untyped(findLearningRate)(x))],
  ["findLearningRate(run, x)", (x) => drain(untyped(findLearningRate)(run, x)), [undefined, EMPTY]],
  ["sample(x, tokenizer, { random })", (x) => untyped(sample)(x, run.tokenizer, { random })],
  ["sample(model, x, { random })", (x) => untyped(sample)(run.model, x, { random })],
  ["sample(model, tokenizer, x)", (x) => untyped(sample)(run.model, run.tokenizer, x)],
  ["generate(model, tokenizer, x)", (x) => [...(untyped(generate)(run.model, run.tokenizer, x) as Iterable<string>)]],
  ["samples(model, tokenizer, x)", (x) => untyped(samples)(run.model, run.tokenizer, x)],
  [
    "samples(model, tokenizer, { count: x })",
    (x) => untyped(samples)(run.model, run.tokenizer, { random, count: x }),
    [5],
  ],
  ...(
    [
      "random",
      "temperature",
      "repetitionPenalty",
      "mode",
      "start",
      "stop",
      "maxNewTokens",
      "topK",
      "topP",
      "minP",
      "signal",
      "onEnd",
    ] as const
  ).map(
    (name) =>
      [
        `sample(model, tokenizer, { ${name}: x })`,
        (x: unknown) => untyped(sample)(run.model, run.tokenizer, { random, start: "", [name]: x }),
        {
          random: [],
          temperature: [undefined, 5],
          repetitionPenalty: [undefined, 5],
          start: [undefined, ""],
          stop: [undefined, NONE],
          maxNewTokens: [undefined, 5],
          topK: [undefined, 5],
          onEnd: [undefined, NOTHING],
        }[name as "random"] ?? [undefined],
      ] as const,
  ),
  ["new GPT(x)", (x) => new GPT(x as never)],
  ["new GPT({ config, weights: x })", (x) => new GPT({ config: run.model.config, weights: x as never })],
  ["new GPT(state, x)", (x) => new GPT(run.model.state(), x as never), [undefined, EMPTY]],
  ["GPT.init(x, random)", (x) => GPT.init(x as never, random)],
  ["GPT.init(config, x)", (x) => GPT.init(run.model.config, x as never)],
  ["inspect(x, [0])", (x) => untyped(inspect)(x, [0])],
  ["inspect(state, x)", (x) => untyped(inspect)(run.model.state(), x), [IDS]],
  ["new Random(x)", (x) => new Random(x as never), [5]],
  ["Random.fromState(x)", (x) => Random.fromState(x as never)],
  ["CharTokenizer.fit(x)", (x) => CharTokenizer.fit(x as never)],
  ["CharTokenizer.fromJSON(x)", (x) => CharTokenizer.fromJSON(x)],
  ["tokenizer.encode(x)", (x) => run.tokenizer.encode(x as never)],
  ["tokenizer.decode(x)", (x) => run.tokenizer.decode(x as never), [NONE, IDS]],
  ["fitTokenizer(x, docs)", (x) => untyped(fitTokenizer)(x, docs)],
  ["fitTokenizer('char', x)", (x) => untyped(fitTokenizer)("char", x)],
  ["tokenizerFromJSON(x)", (x) => tokenizerFromJSON(x)],
  ["trainBPE(x)", (x) => untyped(trainBPE)(x, { vocabSize: 300 })],
  ["trainBPE(docs, x)", (x) => untyped(trainBPE)(docs, x)],
  ["fromHuggingFace(x)", (x) => untyped(fromHuggingFace)(x)],
  ["toHuggingFace(x)", (x) => untyped(toHuggingFace)(x)],
  ["decodeCheckpoint('m', x)", (x) => untyped(decodeCheckpoint)("m", x)],
  ["decodeCheckpoint('m', bytes, x)", (x) => untyped(decodeCheckpoint)("m", bytes, x), [undefined, EMPTY]],
  ["encodeCheckpoint(x)", (x) => untyped(encodeCheckpoint)(x)],
  ["parseDocuments('n', x)", (x) => untyped(parseDocuments)("n", x), ["text"]],
  ["tokenize(x)", (x) => untyped(tokenize)(x)],
  ["tokenize(docs, x)", (x) => untyped(tokenize)(docs, x), [undefined, EMPTY]],
  ["splitDocuments(x, 0.5, 1)", (x) => untyped(splitDocuments)(x, 0.5, 1), [NONE]],
  ["noveltyReport(x, docs)", (x) => untyped(noveltyReport)(x, docs), [NONE]],
  ["noveltyReport(docs, x)", (x) => untyped(noveltyReport)(docs, x), [NONE]],
];

describe("row 37: a value of a wrong type is refused, whatever it is:", () => {
  test.each(CALLS.map(([name, call, right = []]) => ({ name, call, right })))("$name", async ({ call, right }) => {
    for (const wrong of WRONG) {
      if (right.includes(wrong)) continue;
      const problem = await Promise.resolve()
        .then(() => call(wrong))
        .then(
          () => "no error",
          (error: unknown) => error,
        );
      const about = typeof wrong === "function" ? "a function" : JSON.stringify(wrong);
      expect(problem, about).toBeInstanceOf(MicrogptError);
      expect((problem as Error).message.length, about).toBeLessThan(400);
    }
  });
});

describe("row 37: a field that there is not is refused, and the one that was meant is named:", () => {
  const { model: gpt, tokenizer } = run;
  const config = gpt.config;
  test.each<[call: () => unknown, message: string]>([
    [
      () => untyped(startRun)(docs, { training: { learning_rate: 0.1 } }),
      'a known field in training, got "learning_rate"; write learningRate',
    ],
    [() => untyped(startRun)(docs, { training: { numStep: 5 } }), "write numSteps"],
    [() => untyped(startRun)(docs, { training: { nLayer: 2 } }), "put it into model"],
    [() => untyped(startRun)(docs, { training: { threads: 2 } }), "put it into the options"],
    [() => untyped(startRun)(docs, { numSteps: 5 }), "put it into training"],
    [() => untyped(startRun)(docs, { nEmbd: 5 }), "put it into model"],
    [() => untyped(startRun)(docs, { model: { n_layers: 5 } }), "write nLayer"],
    [() => untyped(startRun)(docs, { model: { vocabSize: 5 } }), "leave it out, or give a tokenizer of that size"],
    [() => untyped(startRun)(docs, { thread: 2 }), "write threads"],
    [() => untyped(startRun)(docs, { quux: 2 }), 'got "quux"; leave it out; there are engine, threads, '],
    [() => untyped(startRun)(docs, JSON.parse('{ "training": { "__proto__": 1 } }')), 'got "__proto__"; leave it out'],
    [() => untyped(startRun)(docs, { training: { constructor: 1 } }), 'got "constructor"; leave it out'],
    [() => untyped(startRun)({ name: "x", docs, mod: "stream" }), "write mode"],
    [() => untyped(resumeRun)(run, docs, { num_steps: 5 }), "write numSteps"],
    [() => untyped(tokenize)(docs, { valFractoin: 0.1 }), "write valFraction"],
    [() => untyped(sample)(gpt, tokenizer, { random, temprature: 2 }), "write temperature"],
    [() => untyped(sample)(gpt, tokenizer, { random, max_new_tokens: 2 }), "write maxNewTokens"],
    [() => untyped(samples)(gpt, tokenizer, { random, counts: 2 }), "write count"],
    [() => new GPT(gpt.state(), { thread: 2 } as never), "write threads"],
    [() => untyped(trainBPE)(docs, { vocab: 300 }), 'got "vocab"; leave it out; there are vocabSize, pattern'],
    [
      () => new GPT({ config: { ...config, nEmbd: 8 }, weights: gpt.state().weights }),
      "expected 80 weights called wte, got 40;",
    ],
    [
      () => untyped(sample)(gpt, CharTokenizer.fit(["ab"]), { random }),
      "the model's own tokenizer, of 10 tokens, got one of 3;",
    ],
  ])("%s", (call, message) => {
    expect(call).toThrow(expect.objectContaining({ name: "MicrogptError", message: expect.stringContaining(message) }));
  });

  test("and so are those of a loop", async () => {
    await expect(untyped(trainEach)(run, () => {}, { sginal: 1 })).rejects.toThrow('got "sginal"; write signal');
    await expect(drain(untyped(findLearningRate)(run, { numStep: 1 }))).rejects.toThrow("write numSteps");
  });
});

test("row 37: a list of texts is documents, as a corpus of them is", async () => {
  const [plain, corpus] = [startRun(docs, { model }), startRun({ name: "texts", docs }, { model })];
  expect(encodeCheckpoint(plain)).toEqual(encodeCheckpoint(corpus));
  expect(resumeRun(run, docs, { numSteps: 2 }).data.train).toEqual(run.data.train);
  expect(await scoreText(run, docs)).toEqual(await scoreText(run, { name: "other", docs }));
  expect(tokenize(docs)).toEqual(tokenize({ name: "texts", docs }));
});

describe("row 37: a model knows whether it writes documents or running text:", () => {
  const text = {
    name: "verse",
    mode: "stream",
    docs: ["to be or not to be\nthat is the question\n".repeat(5)],
  } as const;
  const verse = startRun(text, { model, training: { numSteps: 2 } });
  const drawn = (of: { model: microgpt.GPT; tokenizer: microgpt.Tokenizer }, mode?: microgpt.DataMode): string =>
    sample(of.model, of.tokenizer, { random: new Random(3), ...(mode && { mode }) });

  test("of a run, of a file, and of a run that is taken up", () => {
    const expected = drawn(verse, "stream");
    expect(expected.length).toBeGreaterThan(model.blockSize);
    const file = decodeCheckpoint("verse", encodeCheckpoint(verse));
    for (const of of [verse, file, resumeRun(file, text), startRun(text, { initFrom: file })]) {
      expect(of.model.mode).toBe("stream");
      if (of.tokenizer === verse.tokenizer || of === file) expect(drawn(of)).toBe(expected);
    }
    expect(drawn(verse, "documents")).not.toBe(expected);
    expect(run.model.mode).toBe("documents");
  });

  test("and one that was made by hand takes the options' word, or writes documents", () => {
    const { config, weights } = verse.model.state();
    const [bare, told] = [new GPT({ config, weights }), new GPT({ config, weights }, { mode: "stream" })];
    expect(bare.mode).toBeUndefined();
    expect(drawn({ ...verse, model: bare })).toBe(drawn(verse, "documents"));
    expect(drawn({ ...verse, model: told })).toBe(drawn(verse));
  });
});

describe("row 37: a signal ends what is written:", () => {
  test("generate as if it was left, sample and samples with its reason", () => {
    const stop = new AbortController();
    const endings: string[] = [];
    const pieces: string[] = [];
    const options = { random: new Random(5), temperature: 9, signal: stop.signal };
    const writing = generate(run.model, run.tokenizer, { ...options, onEnd: (why) => endings.push(why) });
    for (const piece of writing) {
      pieces.push(piece);
      stop.abort(new Error("enough"));
    }
    expect(pieces).toHaveLength(1);
    expect(endings).toEqual([]);
    expect(() => sample(run.model, run.tokenizer, options)).toThrow("enough");
    expect(() => sample(run.model, run.tokenizer, { ...options, stop: ["x"] })).toThrow("enough");
    expect(() => samples(run.model, run.tokenizer, { ...options, count: 2 })).toThrow("enough");
  });
});
