import { readFileSync } from "node:fs";
import fc from "fast-check";
import {
  decodeFloat16,
  ENGINES,
  encodeFloat16,
  fitTokenizer,
  GPT,
  MicrogptError,
  PRESET_NAMES,
  parseDocuments,
  presets,
  Random,
  type Run,
  sample,
  startRun,
  TOKENIZER_KINDS,
  train,
} from "microgpt";
import { afterEach, describe, expect, test, vi } from "vitest";
import { fromShared } from "../worker/take/settings.ts";
import { MAX_LINK } from "./envelope.ts";
import { decodeLink, encodeLink } from "./link.ts";
import { modelOf, settings, small } from "./link-testing.ts";
import { checkpointOf, fitsInLink, type Shared, type SharedModel, type SharedSettings, sharedModel } from "./shared.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** The weights after the way through a link. */
function halved({ weights, ...rest }: SharedModel): SharedModel {
  return { ...rest, weights: decodeFloat16(encodeFloat16(weights)) };
}

describe("a link", () => {
  const short = fc.string({ unit: "binary", maxLength: 30 });
  const anySettings: fc.Arbitrary<SharedSettings> = fc.record(
    {
      data: fc.record(
        {
          name: fc.string({ unit: "binary", minLength: 1, maxLength: 50 }),
          text: short,
          mode: fc.constantFrom("documents", "stream"),
        },
        { requiredKeys: ["name"] },
      ),
      preset: fc.constantFrom(...PRESET_NAMES),
      model: fc.record(
        { nLayer: fc.integer({ min: 1, max: 4 }), blockSize: fc.integer({ min: 1, max: 64 }), zeroInit: fc.boolean() },
        { requiredKeys: [] },
      ),
      training: fc.record(
        {
          numSteps: fc.integer({ min: 1, max: 1e6 }),
          learningRate: fc.double({ min: 1e-6, max: 1, noNaN: true }),
          seed: fc.maxSafeInteger(),
        },
        { requiredKeys: [] },
      ),
      engine: fc.constantFrom(...ENGINES),
      tokenizer: fc.constantFrom(...TOKENIZER_KINDS),
      valFraction: fc.double({ min: 0, max: 0.9, noNaN: true }),
    },
    { requiredKeys: ["data", "model", "training", "engine"] },
  );
  const anyModel = fc
    .record({
      chars: fc.uniqueArray(fc.string({ unit: "binary", minLength: 1, maxLength: 1 }), { minLength: 2, maxLength: 9 }),
      nLayer: fc.integer({ min: 1, max: 2 }),
      nHead: fc.integer({ min: 1, max: 2 }),
      seed: fc.nat(),
    })
    .map(({ chars, nLayer, nHead, seed }) => modelOf(chars.join(""), { nLayer, nHead, nEmbd: 2 * nHead }, seed));

  test("gives back any settings, and any model with its weights in float16", async () => {
    await fc.assert(
      fc.asyncProperty(anySettings, fc.option(anyModel, { nil: undefined }), async (given, model) => {
        const link = await encodeLink(model === undefined ? { settings: given } : { settings: given, model });
        expect(link).toMatch(/^[\w-]+$/);
        const expected = model === undefined ? { settings: given } : { settings: given, model: halved(model) };
        // JSON loses the difference between 0 and -0, and prototypes.
        expect(JSON.parse(JSON.stringify(await decodeLink(`#${link}`)))).toEqual(JSON.parse(JSON.stringify(expected)));
      }),
    );
  });

  test.each(["constructor", "__proto__", "toString", "hasOwnProperty", "names"])(
    "row 29: to data called %s is that of a data set only if the lab has one of that name",
    async (name) => {
      const { settings: back } = await decodeLink(await encodeLink({ settings: { ...settings, data: { name } } }));
      expect(fromShared(back).data).toEqual(name === "names" ? { name } : { name, missing: true });
      const text = "one\ntwo";
      const own = await decodeLink(await encodeLink({ settings: { ...settings, data: { name, text } } }));
      expect(fromShared(own.settings).data).toEqual({ name, text });
    },
  );

  test.each(TOKENIZER_KINDS)("gives back a working model of a %s tokenizer", async (kind) => {
    const tokenizer = fitTokenizer(kind, ["the cat, the hat, the bat"], kind === "bpe" ? { vocabSize: 260 } : {});
    const config = { ...presets.microgpt.model, vocabSize: tokenizer.vocabSize };
    const checkpoint = { model: GPT.init(config, new Random(3), { engine: "scalar" }), tokenizer };
    const { model } = await decodeLink(await encodeLink({ settings, model: sharedModel(checkpoint) }));
    if (model === undefined) throw new Error("no model");
    const back = checkpointOf(model, { engine: "scalar" });
    expect(back.tokenizer.toJSON()).toEqual(tokenizer.toJSON());
    expect(back.mode).toBe("documents");
    expect(sharedModel(back)).toEqual(model);
    expect(sample(back.model, back.tokenizer, { random: new Random(1) })).toEqual(expect.any(String));
  });

  test("to the user's own text holds it up to 8 KB, and says so if it is left out", async () => {
    const own = (text: string): Shared => ({ settings: { ...settings, data: { name: "my text", text } } });
    const fits = own("é".repeat(4096));
    expect(await decodeLink(await encodeLink(fits))).toEqual(fits);
    const without = { ...settings, data: { name: "my text", textLeftOut: true } };
    const link = await encodeLink(own("é".repeat(4097)));
    expect(await decodeLink(link)).toEqual({ settings: without });
    expect(await encodeLink(await decodeLink(link))).toBe(link);
  });

  test("without compression, where the platform has none, is longer and means the same", async () => {
    const deflated = await encodeLink({ settings, model: small });
    vi.stubGlobal("CompressionStream", undefined);
    const plain = await encodeLink({ settings, model: small });
    expect(plain.length).toBeGreaterThan(deflated.length);
    expect(await decodeLink(plain)).toEqual(await decodeLink(deflated));
    vi.stubGlobal("DecompressionStream", undefined);
    await expect(decodeLink(deflated)).rejects.toThrow("got none; open it in a newer browser");
    expect(await decodeLink(plain)).toEqual({ settings, model: halved(small) });
  });
});

describe("a trained model of the preset", () => {
  async function trained(): Promise<Run> {
    const names = parseDocuments("names", readFileSync("data/ssa-names-2018.txt", "utf8"));
    const run = startRun(names, { threads: 1, strict: true, valFraction: 0.1 });
    for await (const _ of train(run));
    return run;
  }

  test("has 4,192 parameters, a link of about 11 KB, and the same loss after it", { timeout: 60_000 }, async () => {
    const run = await trained();
    const given = sharedModel(run);
    expect(given.weights).toHaveLength(4192);
    const link = await encodeLink({
      settings: { data: { name: "names" }, model: {}, training: {}, engine: "wasm" },
      model: given,
    });
    expect(link.length).toBeGreaterThan(10_000);
    expect(link.length).toBeLessThan(11_500);

    const { model } = await decodeLink(link);
    if (model === undefined) throw new Error("no model");
    const back = checkpointOf(model, { threads: 1, strict: true });
    const lossOf = async (gpt: GPT): Promise<number> => {
      const batch = run.data.mode === "documents" ? run.data.val.map((doc) => run.tokenizer.encodeDocument(doc)) : [];
      const { loss } = await (await gpt.evaluator(batch.flat().length)).loss(batch);
      gpt.dispose();
      return loss;
    };
    const [before, after] = [await lossOf(run.model), await lossOf(back.model)];
    expect(before).toBeCloseTo(2.35771, 3);
    expect(Math.abs(after - before)).toBeLessThan(1e-4);
    const texts = (gpt: GPT): string[] => {
      const random = new Random(42);
      return Array.from({ length: 20 }, () => sample(gpt, run.tokenizer, { random }));
    };
    expect(texts(back.model)).toEqual(texts(run.model));
  });
});

describe("no link is made", () => {
  const unfit: readonly [string, Shared, string][] = [
    [
      "a model that is too large",
      { settings, model: modelOf("abc", { nEmbd: 48 }) },
      "at most 16384 parameters, got 28800;",
    ],
    [
      "a model that has diverged",
      { settings, model: { ...small, weights: small.weights.map((x, i) => (i === 5 ? NaN : x)) } },
      "expected finite weights, got NaN or Infinity; the run has diverged",
    ],
    ["weights that are missing", { settings, model: { ...small, weights: small.weights.slice(1) } }, "weights, got"],
    ["a data set without a name", { settings: { ...settings, data: { name: "" } } }, "name of 1 to 200 characters"],
    ["settings out of range", { settings: { ...settings, training: { numSteps: 0 } } }, "numSteps"],
  ];
  test.each(unfit)("of %s", async (_, shared, message) => {
    await expect(encodeLink(shared)).rejects.toThrow(MicrogptError);
    await expect(encodeLink(shared)).rejects.toThrow(message);
  });

  test("longer than browsers accept", async () => {
    const chars = Array.from({ length: 8000 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join("");
    const model = modelOf(chars, { nEmbd: 1, nHead: 1 });
    expect(fitsInLink(model.config)).toBe(true);
    vi.stubGlobal("CompressionStream", undefined);
    await expect(encodeLink({ settings, model })).rejects.toThrow(`at most ${MAX_LINK} characters, got`);
  });
});
