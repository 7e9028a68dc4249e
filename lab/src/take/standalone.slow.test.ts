import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import fc from "fast-check";
import {
  CharTokenizer,
  type Checkpoint,
  DATA_MODES,
  type DataMode,
  fitTokenizer,
  GPT,
  type GPTConfig,
  MicrogptError,
  mapParams,
  parseDocuments,
  presets,
  Random,
  SPLIT_PATTERNS,
  sample,
  startRun,
  TOKENIZER_KINDS,
  type Tokenizer,
  type TokenizerKind,
  tokenizerFromJSON,
  train,
  trainBPE,
} from "microgpt";
import { describe, expect, test } from "vitest";
import { pageTokenizer } from "./page-tokenizer.ts";
import { type StandaloneOptions, standaloneHTML } from "./standalone.ts";
import { pageOptions } from "./standalone-testing.ts";

const text = "the cat sat on the mat\nthe hat is 2 big, naïve 😀\n";
const makers: { readonly [K in TokenizerKind]: () => Tokenizer } = {
  char: () => CharTokenizer.fit([text]),
  byte: () => fitTokenizer("byte", [text]),
  bpe: () => trainBPE([text.repeat(3)], { vocabSize: 270 }),
};

/** A model whose weights are large enough that everything matters, in float32 as in a page, on the readable engine. */
function checkpointOf(
  tokenizer: Tokenizer,
  sizes: Partial<GPTConfig> = {},
  mode: DataMode = "documents",
  seed = 1,
): Checkpoint {
  const small = { nLayer: 2, nHead: 2, nEmbd: 4, blockSize: 6, initStd: 0.7 };
  const config = { ...presets.microgpt.model, ...small, ...sizes, vocabSize: tokenizer.vocabSize };
  const { weights } = GPT.init(config, new Random(seed)).state();
  return { model: new GPT({ config, weights }, { engine: "scalar" }), tokenizer, mode };
}

interface Asked {
  readonly start: string;
  readonly temperature: number;
  readonly topK?: number;
  readonly seed: number;
}

/** The text inside the element with these attributes. */
function part(html: string, attributes: string): string {
  return html.split(`<script${attributes}>`)[1]?.split("</script>")[0] ?? "";
}

/** Evaluates an expression with the page's script, `model` and `words` in a fresh context. */
function inPage(html: string, expression: string, asked: unknown = {}): unknown {
  const world = createContext({ TextEncoder, TextDecoder, atob });
  runInContext(part(html, ""), world);
  const facts = part(html, ' type="application/json" id="model"');
  const weights = part(html, ' type="text/plain" id="weights"');
  const open = `
    const { words, ...facts } = JSON.parse(${JSON.stringify(facts)});
    const bytes = Uint8Array.from(atob(${JSON.stringify(weights)}), (char) => char.charCodeAt(0));
    const model = { ...facts, weights: readWeights(facts.config, new Float32Array(bytes.buffer)) };
    JSON.stringify((${expression})(${JSON.stringify(asked)}))`;
  return JSON.parse(String(runInContext(open, world)));
}

async function written(checkpoint: Checkpoint, asked: Asked): Promise<unknown> {
  return inPage(
    await standaloneHTML(checkpoint, pageOptions),
    '(asked) => [...texts(model, asked, words)].join("")',
    asked,
  );
}

/** The library's output: 20 documents, or a running text. */
function expected({ model, tokenizer, mode = "documents" }: Checkpoint, { seed, topK, ...options }: Asked): string {
  const random = new Random(seed);
  const texts = Array.from({ length: mode === "documents" ? 20 : 1 }, () =>
    sample(model, tokenizer, { ...options, ...(topK !== undefined && { topK }), mode, random }),
  );
  return texts.map((written) => `${written}\n`).join("");
}

describe("for the same seed the page writes the same text as the library", () => {
  const anyAsked = fc.record(
    {
      start: fc.constantFrom("", "t", "the", "hat"),
      temperature: fc.constantFrom(0.1, 0.5, 1, 2),
      topK: fc.integer({ min: 1, max: 40 }),
      seed: fc.oneof(fc.nat(), fc.maxSafeInteger()),
    },
    { requiredKeys: ["start", "temperature", "seed"] },
  );
  const sizes = fc.record({
    mlp: fc.constantFrom("relu", "relu2"),
    nLayer: fc.integer({ min: 1, max: 2 }),
    nHead: fc.constantFrom(1, 2, 4),
    blockSize: fc.integer({ min: 4, max: 9 }),
  });

  const cases = TOKENIZER_KINDS.flatMap((kind) => DATA_MODES.map((mode) => [kind, mode] as const));
  test.each(cases)("with a %s tokenizer, %s", { timeout: 60_000 }, async (kind, mode) => {
    const tokenizer = makers[kind]();
    await fc.assert(
      fc.asyncProperty(sizes, anyAsked, fc.nat(), async (size, asked, seed) => {
        const checkpoint = checkpointOf(tokenizer, size, mode, seed);
        expect(await written(checkpoint, asked)).toBe(expected(checkpoint, asked));
      }),
      { numRuns: mode === "documents" ? 5 : 2 },
    );
  });

  test.each([1, 2, 3])("with a context as short as %d", async (blockSize) => {
    const checkpoint = checkpointOf(CharTokenizer.fit([text]), { blockSize }, "stream");
    for (const start of ["", "t", "the cat"]) {
      const asked = { start, temperature: 1, seed: 5 };
      expect(await written(checkpoint, asked)).toBe(expected(checkpoint, asked));
    }
  });

  // Base64 has neither a line end nor a blank; some models draw BOS first.
  test.each(["ab c", "abc", "ab"])("row 3: for running text that has only %s", async (chars) => {
    for (let seed = 0; seed < 4; seed++) {
      const checkpoint = checkpointOf(CharTokenizer.fit([chars]), {}, "stream", seed);
      const asked = { start: "", temperature: 1, seed };
      expect(await written(checkpoint, asked)).toBe(expected(checkpoint, asked));
    }
  });

  test("for a trained model on the compiled engine, from its initial letters or from nothing", {
    timeout: 60_000,
  }, async () => {
    const names = parseDocuments("names", readFileSync("data/ssa-names-2018.txt", "utf8"));
    const run = startRun(names, { threads: 1, strict: true, training: { numSteps: 500 } });
    for await (const _ of train(run));
    for (const start of ["", "an"]) {
      const asked = { start, temperature: 0.5, seed: 42 };
      const texts = await written(run, asked);
      expect(texts).toBe(expected(run, asked));
      expect(new Set(String(texts).split("\n")).size).toBeGreaterThan(15);
    }
    const html = await standaloneHTML(run, pageOptions);
    expect(html.length).toBeLessThan(45_000);
  });
});

describe("the page's own GPT", () => {
  test("computes the readable engine's logits to the last digits", async () => {
    for (const mlp of ["relu", "relu2"] as const) {
      const checkpoint = checkpointOf(CharTokenizer.fit([text]), { mlp });
      const tokens = checkpoint.tokenizer.encode("the ca");
      const html = await standaloneHTML(checkpoint, pageOptions);
      const logits = inPage(
        html,
        "(tokens) => { const next = begin(model); return tokens.map((t) => [...next(t)]); }",
        tokens,
      );
      const next = checkpoint.model.decoder();
      const rows = tokens.map((token) => Array.from(next(token)));
      if (!Array.isArray(logits)) throw new Error("no list");
      logits.flat().forEach((logit, i) => {
        expect(logit).toBeCloseTo(rows.flat()[i] ?? NaN, 11);
      });
      expect(logits.flat()).toHaveLength(rows.flat().length);
    }
  });

  test("draws CPython's random numbers, for any seed", async () => {
    const html = await standaloneHTML(checkpointOf(CharTokenizer.fit([text])), pageOptions);
    const seeds = fc.sample(fc.oneof(fc.nat(), fc.maxSafeInteger()), { numRuns: 30, seed: 1 });
    const all = [0, 1, 42, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, -5, ...seeds];
    const drawn = inPage(
      html,
      "(seeds) => seeds.map((s) => { const r = randomNumbers(s); return Array.from({ length: 700 }, r); })",
      all,
    );
    expect(drawn).toEqual(
      all.map((seed) => {
        const random = new Random(seed);
        return Array.from({ length: 700 }, () => random.random());
      }),
    );
  });

  test.each([
    ["byte", fitTokenizer("byte", [text])] as const,
    ...SPLIT_PATTERNS.map(
      (pattern) =>
        [
          `bpe ${pattern}`,
          trainBPE([text.repeat(5), "aaaaaa bb\n\n  ''s 're 12345"], { vocabSize: 300, pattern }),
        ] as const,
    ),
  ])("has the same tokens for any text as a %s tokenizer", async (_, tokenizer) => {
    const html = await standaloneHTML(checkpointOf(tokenizer), pageOptions);
    const words = fc.constantFrom(
      "the",
      " cat",
      "'s",
      "'RE",
      "\n",
      "\r\n",
      "  ",
      "\u0085",
      "\ufeff",
      "123",
      "aaaa",
      "!?",
      "😀",
      "\ud800",
      "é",
    );
    const texts = fc.sample(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(words).map((all) => all.join("")),
      ),
      { numRuns: 300, seed: 7 },
    );
    const encoded = inPage(html, "(texts) => texts.map((text) => encode(model.tokenizer, text))", texts);
    expect(encoded).toEqual(texts.map((each) => tokenizer.encode(each)));
  });

  const refusals: readonly [string, Checkpoint, string, string][] = [
    ["a character that is unknown", checkpointOf(CharTokenizer.fit([text])), "the $&", "“$”"],
    ["a start that is too long", checkpointOf(CharTokenizer.fit([text])), "the cat", "at most 5 tokens"],
  ];
  test.each(refusals)("reports the error in %s", async (_, checkpoint, start, message) => {
    await expect(written(checkpoint, { start, temperature: 1, seed: 1 })).rejects.toThrow(message);
  });
});

describe("the page", () => {
  const evil = `</script><img src=x onerror=alert(1)><!--<script>`;
  const withWords = (change: Partial<StandaloneOptions["words"]>): StandaloneOptions => ({
    ...pageOptions,
    words: { ...pageOptions.words, ...change },
  });

  test("escapes all text from tokenizers and translations", async () => {
    const bytes = [...new TextEncoder().encode(evil)];
    const merges = bytes.slice(1).map((byte, i) => [i === 0 ? bytes[0] : 255 + i, byte]);
    const tokenizer = tokenizerFromJSON({ type: "bpe", pattern: "gpt2", merges });
    const tokens = pageTokenizer(tokenizer).tokens;
    expect(tokens).toContain(evil);
    const options = withWords({
      title: evil,
      about: evil,
      unknownCharacter: evil,
      topKAll: `"${evil}'`,
      params: () => evil,
    });
    const html = await standaloneHTML(checkpointOf(tokenizer), options);
    expect(html.match(/<\/script/gi)).toHaveLength(3);
    expect(html.match(/<script/gi)).toHaveLength(3);
    expect(html).not.toMatch(/<img|<!--/i);
    expect(inPage(html, "() => [model.tokenizer.tokens, words.unknownCharacter]")).toEqual([tokens, evil]);
  });

  test("allows its own script and style by their hashes, and nothing else", async () => {
    const script = pageOptions.script.replaceAll("\n", "\r\n");
    const html = await standaloneHTML(checkpointOf(CharTokenizer.fit([text])), { ...pageOptions, script });
    const digest = (source: string): string => createHash("sha256").update(source).digest("base64");
    const style = html.split("<style>")[1]?.split("</style>")[0] ?? "";
    expect(part(html, "")).toBe(pageOptions.script);
    expect(html).toContain(
      `content="default-src 'none'; script-src 'sha256-${digest(pageOptions.script)}'; ` +
        `style-src 'sha256-${digest(style)}'; base-uri 'none'; form-action 'none'"`,
    );
    expect(html).not.toMatch(/https?:|@import|url\(|style=|\son\w+=/);
  });

  const fine = checkpointOf(CharTokenizer.fit([text]));
  const weights = mapParams(fine.model.state().weights, (data) => data.map(() => NaN));
  const broken = { ...fine, model: new GPT({ config: fine.model.config, weights }) };
  const foreign: Tokenizer = { ...fine.tokenizer, vocabSize: 5, bos: 4 };
  const refusals: readonly [string, Checkpoint, StandaloneOptions, string][] = [
    ["weights that are not finite", broken, pageOptions, "page: expected finite weights"],
    ["a script that would end itself", fine, { ...pageOptions, script: '"</SCRIPT>"' }, "page: expected a script"],
    ["a tokenizer of another kind", { ...fine, tokenizer: foreign }, pageOptions, "page: expected a character"],
  ];
  test.each(refusals)("refuses %s", async (_, checkpoint, options, message) => {
    await expect(standaloneHTML(checkpoint, options)).rejects.toThrow(MicrogptError);
    await expect(standaloneHTML(checkpoint, options)).rejects.toThrow(message);
  });
});
