import {
  ByteTokenizer,
  CharTokenizer,
  type Checkpoint,
  GPT,
  lineOf,
  MicrogptError,
  Random,
  sample,
  scoreText,
  type Tokenizer,
  trainBPE,
} from "microgpt";
import { describe, expect, test } from "vitest";
import { Reading } from "../reading.ts";
import type { TextSource } from "./data.ts";
import { playAPI } from "./play.ts";
import { FIELDS } from "./refusal.ts";
import type { News, Wanted } from "./write.ts";

const docs = ["anna", "bob", "eve", "otto", "hannah", "ada", "izzi", "a longer one"];
const text = "In the beginning was the word.\nAnd the wörd was not the last one.\n".repeat(20);

function checkpointOf(tokenizer: Tokenizer, mode: "documents" | "stream"): Checkpoint {
  const config = { nLayer: 1, nHead: 2, nEmbd: 8, blockSize: 8, vocabSize: tokenizer.vocabSize };
  const model = GPT.init({ ...config, mlp: "relu", initStd: 0.5, zeroInit: false }, new Random(3));
  return { model, tokenizer, mode };
}

const characters = checkpointOf(CharTokenizer.fit(docs), "documents");
const running = checkpointOf(CharTokenizer.fit([text]), "stream");
const kinds = [
  ["characters", characters],
  ["bytes", checkpointOf(new ByteTokenizer(), "documents")],
  ["parts of words", checkpointOf(trainBPE(docs, { vocabSize: 262 }), "documents")],
  ["running text", running],
  ["running bytes", checkpointOf(new ByteTokenizer(), "stream")],
  ["running parts of words", checkpointOf(trainBPE([text], { vocabSize: 290 }), "stream")],
] as const;

/** The play API for a given model. */
function play(checkpoint: Checkpoint, fetched = () => {}) {
  const reading = new Reading();
  Object.defineProperty(reading, "checkpoint", { value: checkpoint });
  const { mode = "documents" } = checkpoint;
  return playAPI(reading, async (data) => {
    fetched();
    return { name: data.name, mode, docs: mode === "documents" ? docs : [text] };
  });
}

const source: TextSource = { data: { name: "some" }, valFraction: 0.3, seed: 42 };
const learned: TextSource = { ...source, valFraction: 0 };
const wanted: Wanted = { prompt: "", temperature: 0.7, repetitionPenalty: 1, seed: 7, count: 5, maxNewTokens: 30 };
const narrow: Wanted = { ...wanted, topK: 9, topP: 0.9, repetitionPenalty: 1.3, prompt: "a" };

async function written(checkpoint: Checkpoint, asked: Wanted, from = source) {
  const texts: string[] = [];
  const answer = await play(checkpoint).write(asked, from, (news: readonly News[]) => {
    for (const { index, added } of news) texts[index] = (texts[index] ?? "") + added;
  });
  return { texts, answer };
}

/** As in `microgpt sample`: one random stream for all texts. */
function expected({ model, tokenizer, mode = "documents" }: Checkpoint, asked: Wanted): string[] {
  const { prompt: start, seed, count, maxNewTokens, topK, topP, ...rest } = asked;
  const filters = { ...(topK && { topK }), ...(topP && { topP }) };
  const limit = mode === "stream" && maxNewTokens !== undefined ? { maxNewTokens } : {};
  const random = new Random(seed);
  return Array.from({ length: count }, () =>
    sample(model, tokenizer, { ...rest, ...filters, ...limit, random, mode, start }),
  );
}

describe("writing", () => {
  test.each(kinds)("%s equal the library's", async (_, checkpoint) => {
    expect((await written(checkpoint, wanted)).texts).toEqual(expected(checkpoint, wanted));
    expect((await written(checkpoint, narrow)).texts).toEqual(expected(checkpoint, narrow));
  });

  test("copies of training documents are marked one by one", async () => {
    const api = play(characters);
    const answer = await api.write({ ...wanted, prompt: "anna", count: 60, temperature: 9 }, learned, () => {});
    if ("refused" in answer) throw new MicrogptError(answer.refused);
    const texts = expected(characters, { ...wanted, prompt: "anna", count: 60, temperature: 9 });
    expect(answer.copied).toEqual(texts.map((one) => one === "anna"));
    const copied = texts.filter((one) => one === "anna").length;
    expect(copied).toBeGreaterThan(0);
    expect(answer.novelty).toContain(`${copied} of 60 samples are in the training data word for word`);
  });

  test("a held-out document does not count as training data", async () => {
    const asked = { ...wanted, prompt: "anna", count: 60, temperature: 9 };
    const allHeldOut = { ...source, valFraction: 0.99 };
    const { texts, answer } = await written(characters, asked, allHeldOut);
    expect(texts).toContain("anna");
    expect("copied" in answer && answer.copied.includes(true)).toBe(false);
  });

  test("for running text, the library's line names the longest run", async () => {
    const { answer } = await written(running, { ...wanted, count: 2 });
    expect(answer).toMatchObject({ copied: [false, false] });
    expect("novelty" in answer && answer.novelty).toMatch(/0 of 2 samples copy 50 characters or more in a row/);
  });

  test("it ends when stopped, and complete texts are compared", async () => {
    const api = play(running);
    const news: News[] = [];
    const answer = await api.write({ ...wanted, count: 1000, maxNewTokens: 2000 }, source, async (batch) => {
      news.push(...batch);
      await api.stop();
    });
    expect(news.length).toBeGreaterThan(0);
    expect(news.filter(({ ending }) => ending !== undefined).length).toBeLessThan(1000);
    expect(answer).toMatchObject({ copied: expect.any(Array) });
  });

  test.each([
    ["prompt", { prompt: "é" }, /expected characters that the model was trained on/],
    ["prompt", { prompt: "annaanna" }, /a start of fewer than 8 tokens/],
    ["temperature", { temperature: -1 }, /temperature to be a finite number, 0 or more/],
    ["topK", { topK: 0 }, /topK/],
    ["topP", { topP: 2 }, /topP/],
    ["repetitionPenalty", { repetitionPenalty: Number.NaN }, /repetitionPenalty/],
    ["seed", { seed: 0.5 }, /seed to be a whole number/],
  ] as const)("what is refused of %s says so: %j", async (field, change, message) => {
    const { texts, answer } = await written(characters, { ...wanted, ...change });
    expect(texts).toEqual([]);
    expect("refused" in answer && lineOf(answer.refused)).toMatch(message);
    expect(answer).toMatchObject({ field });
    expect(FIELDS).toContain(field);
  });

  test("an invalid length of running text is refused by name", async () => {
    const { answer } = await written(running, { ...wanted, maxNewTokens: 0 });
    expect(answer).toMatchObject({ field: "maxNewTokens" });
  });

  test("data is read once, and again only after an error", async () => {
    const answers = [new Error("not there"), undefined];
    let reads = 0;
    const api = play(characters, () => {
      const failure = answers[reads++];
      if (failure !== undefined) throw failure;
    });
    const once = () => api.write(wanted, source, () => {});
    await expect(once()).rejects.toThrow("not there");
    for (const _ of [1, 2, 3]) expect(await once()).toMatchObject({ copied: expect.any(Array) });
    expect(reads).toBe(2);
    await api.write(wanted, learned, () => {});
    expect(reads).toBe(3);
  });
});

describe("token by token", () => {
  const none = { ...wanted, tokens: [] };

  test.each(kinds)(
    "drawing %s gives the library's texts, one after the other",
    async (_, checkpoint) => {
      const api = play(checkpoint);
      const { tokenizer, mode } = checkpoint;
      for (const settings of [wanted, narrow]) {
        let draws = 0;
        const texts: string[] = [];
        for (let i = 0; i < 3; i++) {
          const tokens: number[] = [];
          while (mode !== "stream" || tokens.length < 30) {
            const look = await api.look({ ...settings, tokens });
            if ("ending" in look && look.ending !== undefined) break;
            const token = await api.draw({ ...settings, tokens }, draws++);
            if (typeof token !== "number") throw new MicrogptError(token.refused);
            tokens.push(token);
          }
          texts.push(settings.prompt + tokenizer.decode(tokens));
        }
        expect(texts).toEqual(expected(checkpoint, { ...settings, count: 3 }));
      }
    },
    60_000,
  );

  test("all tokens are listed, the likeliest first, and sum to 1", async () => {
    const look = await play(characters).look(none);
    if (!("next" in look) || look.next === undefined) throw new Error("no next");
    const probabilities = look.next.map(({ probability }) => probability);
    expect(new Set(look.next.map(({ token }) => token)).size).toBe(characters.tokenizer.vocabSize);
    expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
    // In float32.
    expect(probabilities.reduce((sum, p) => sum + p)).toBeCloseTo(1, 6);
    expect(look.next.reduce((sum, { own }) => sum + own, 0)).toBeCloseTo(1, 6);
  });

  test("the loss of a document is the mean over its tokens", async () => {
    const { tokenizer } = characters;
    const look = await play(characters).look({ ...none, tokens: [...tokenizer.encode("otto"), tokenizer.bos] });
    if ("refused" in look) throw new MicrogptError(look.refused);
    const loss = -look.taken.reduce((sum, { own }) => sum + Math.log(own), 0) / look.taken.length;
    expect(loss).toBeCloseTo((await scoreText(characters, { name: "one", docs: ["otto"] })).loss, 5);
    expect(look).toMatchObject({ ending: "bos", text: "otto" });
    expect(look.taken.map(({ rank }) => rank >= 1 && rank <= tokenizer.vocabSize)).toEqual(Array(5).fill(true));
  });

  test("a filtered token may be taken nevertheless, and has probability 0", async () => {
    const api = play(characters);
    const first = await api.look({ ...none, topK: 2 });
    if (!("next" in first) || first.next === undefined) throw new Error("no next");
    const token = first.next[5]?.token ?? 0;
    expect(first.next.map(({ probability }) => probability > 0).slice(0, 3)).toEqual([true, true, false]);
    const look = await api.look({ ...none, topK: 2, tokens: [token] });
    expect(look).toMatchObject({ taken: [{ token, probability: 0, rank: 6 }], before: first.next });
  });

  test("any token taken can be looked back at", async () => {
    const api = play(characters);
    const tokens = characters.tokenizer.encode("bob");
    const look = await api.look({ ...none, tokens, at: 1 });
    const then = await api.look({ ...none, tokens: tokens.slice(0, 1) });
    expect("next" in then && then.next).toBeTruthy();
    expect("before" in look && look.before).toEqual("next" in then && then.next);
  });

  test("a document ends when the context is full", async () => {
    const look = await play(characters).look({ ...none, tokens: characters.tokenizer.encode("annaanna") });
    expect(look).toMatchObject({ ending: "limit" });
    expect(look).not.toHaveProperty("next");
  });

  test("a prompt that cannot be spelled is refused", async () => {
    expect(await play(characters).look({ ...none, prompt: "é" })).toMatchObject({ field: "prompt" });
    expect(await play(characters).draw({ ...none, prompt: "é" }, 0)).toMatchObject({ field: "prompt" });
  });
});

describe("the guessing game", () => {
  test.each(kinds)("for %s, the model's loss is the library's", async (_, checkpoint) => {
    const { tokenizer, mode } = checkpoint;
    const deal = await play(checkpoint).deal(learned, 5, 0);
    if ("refused" in deal) throw new MicrogptError(deal.refused);
    const all = [...deal.given, ...deal.turns.map(({ token }) => token)];
    const loss = -deal.turns.reduce((sum, { probability }) => sum + Math.log(probability), 0) / deal.turns.length;
    const next = checkpoint.model.decoder();
    const read = mode === "stream" ? all : [tokenizer.bos, ...all];
    let [sum, count] = [0, 0];
    for (const [i, token] of read.slice(0, -1).entries()) {
      const logits = Array.from(next(token));
      if (i + 1 < read.length - deal.turns.length) continue;
      sum += Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0)) - (logits[read[i + 1] ?? 0] ?? 0);
      count++;
    }
    expect(count).toBe(deal.turns.length);
    expect(loss).toBeCloseTo(sum / count, 5);
    expect(read.length).toBeLessThanOrEqual(9);
    expect(deal.blind).toBe(Math.log(tokenizer.vocabSize));
    for (const { probability, guessProbability } of deal.turns)
      expect(guessProbability).toBeGreaterThanOrEqual(probability);
  });

  test("held-out documents are dealt if there are any, else training documents", async () => {
    const api = play(characters);
    const dealt = async (from: TextSource, rounds: number): Promise<Set<string>> => {
      const texts = new Set<string>();
      for (let round = 0; round < rounds; round++) {
        const deal = await api.deal(from, 1, round);
        if ("refused" in deal) throw new MicrogptError(deal.refused);
        expect(deal.from).toBe(from.valFraction === 0 ? "train" : "val");
        expect(deal.end).toBe(deal.turns.at(-1)?.token === characters.tokenizer.bos ? "document" : "context");
        texts.add(characters.tokenizer.decode(deal.turns.map(({ token }) => token)));
      }
      return texts;
    };
    const [all, some] = [await dealt(learned, 100), await dealt(source, 100)];
    expect([...all].sort()).toEqual(docs.map((doc) => doc.slice(0, 8)).sort());
    expect(some.size).toBeGreaterThan(0);
    expect(some.size).toBeLessThan(all.size);
  });

  test("a seed deals the same texts in the same order", async () => {
    const api = play(running);
    const [first, again, second, other] = await Promise.all([
      api.deal(source, 1, 0),
      api.deal(source, 1, 0),
      api.deal(source, 1, 1),
      api.deal(source, 2, 0),
    ]);
    expect(again).toEqual(first);
    expect(second).not.toEqual(first);
    expect(other).not.toEqual(first);
    expect(await api.deal(source, 0.5, 0)).toMatchObject({ field: "seed" });
  });

  test("running text is dealt from the held-out tail, with its beginning given", async () => {
    const api = play(running);
    const tail = text.slice(text.length * 0.7);
    for (let round = 0; round < 20; round++) {
      const deal = await api.deal(source, 3, round);
      if ("refused" in deal) throw new MicrogptError(deal.refused);
      expect(deal.given).toHaveLength(4);
      const stretch = running.tokenizer.decode([...deal.given, ...deal.turns.map(({ token }) => token)]);
      expect(tail).toContain(stretch);
    }
  });
});
