import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { CharTokenizer, type Checkpoint, type DataMode, GPT, Random, sample } from "../../index.ts";
import { Terminal } from "../terminal/terminal.ts";
import { Chat } from "./chat.ts";

const tokenizer = CharTokenizer.fit(["\nab c/"]);
const sizes = {
  nLayer: 1,
  nHead: 1,
  nEmbd: 8,
  blockSize: 12,
  mlp: "relu",
  initStd: 0.4,
  zeroInit: false,
} as const;

function checkpoint(mode: DataMode): Checkpoint {
  const model = GPT.init({ ...sizes, vocabSize: tokenizer.vocabSize }, new Random(3), { threads: 1 });
  return { model, tokenizer, mode };
}

/** Records what is written and which errors are shown, in the order of the typed lines. */
class Talk {
  readonly chat: Chat;
  readonly complaints: string[] = [];
  readonly #output = new PassThrough();

  constructor(of: Checkpoint) {
    const terminal = new Terminal(this.#output, {});
    const flags = { temperature: 1, seed: 1 };
    this.chat = new Chat(of, flags, terminal, (message) => this.complaints.push(message));
  }

  async say(line: string): Promise<string> {
    expect(await this.chat.line(line)).toBe(true);
    return String(this.#output.read() ?? "");
  }
}

describe("running text", () => {
  const options = { temperature: 1, mode: "stream" } as const;
  const of = checkpoint("stream");

  test("is the same as the library's, continues where it stopped, and can be drawn again", async () => {
    const talk = new Talk(of);
    await talk.say("/max 30");
    const random = new Random(1);
    const draw = (start: string): string =>
      sample(of.model, tokenizer, { ...options, random, start, maxNewTokens: 30 });
    const first = draw("ab");
    expect(await talk.say("ab")).toBe(`${first}\n`);
    const second = draw(first);
    expect(await talk.say("")).toBe(`${second.slice(first.length)}\n`);
    const other = draw(first);
    expect(await talk.say("/again")).toBe(`${other.slice(first.length)}\n`);
    expect(draw(other).startsWith(other)).toBe(true);
    expect(talk.complaints).toEqual([]);
  });

  test("may begin with nothing, with a line end and with a /", async () => {
    const talk = new Talk(of);
    await talk.say("/max_new_tokens 2");
    expect(await talk.say("")).toMatch(/^[\s\S]{0,2}\n$/);
    expect(await talk.say("a\\nb")).toMatch(/^a\nb/);
    expect(await talk.say("//ab")).toMatch(/^\/ab/);
    expect(talk.complaints).toEqual([]);
  });

  test("stops on request, keeps the text, and continues from there", async () => {
    const talk = new Talk(of);
    await talk.say("/max 100000000");
    // The likeliest token is never BOS here.
    await talk.say("/top_k 1");
    setTimeout(() => talk.chat.stop(), 50);
    const written = await talk.say("ab");
    expect(written.length).toBeGreaterThan(3);
    expect(written.length).toBeLessThan(100_000_000);
    await talk.say("/max 1");
    expect((await talk.say("")).length).toBeLessThanOrEqual(2);
    expect(talk.complaints).toEqual([]);
  });
});

describe("settings", () => {
  test.each<[line: string, shown: string]>([
    ["/temperature", "temperature 1\n"],
    ["/temperature 0.8", "temperature 0.8\n"],
    ["/top_k 5", "top_k 5\n"],
    ["/top-k 5", "top_k 5\n"],
    ["/top_p 0.5 ", "top_p 0.5\n"],
    ["/min_p 0.1", "min_p 0.1\n"],
    ["/repetition_penalty 1.2", "repetition_penalty 1.2\n"],
    ["/stop ab\\n", 'stop ["ab\\n"]\n'],
    ["/max 7", "max_new_tokens 7\n"],
    ["/top_k off", "top_k off\n"],
    ["/temperature off", "temperature 0.5\n"],
    ["/seed 3", "seed 3\n"],
  ])("%s", async (line, shown) => {
    const talk = new Talk(checkpoint("documents"));
    expect(await talk.say(line)).toBe(shown);
    expect(await talk.say("/settings")).toContain(shown);
  });

  test("apply from the next text on, and off resets them", async () => {
    const talk = new Talk(checkpoint("stream"));
    await talk.say("/max 40");
    const free = await talk.say("a");
    await talk.say("/top_k 1");
    await talk.say("/seed 1");
    const greedy = await talk.say("a");
    expect(greedy).not.toBe(free);
    await talk.say("/seed 5");
    expect(await talk.say("a")).toBe(greedy);
    await talk.say("/top_k off");
    await talk.say("/seed 1");
    expect(await talk.say("a")).toBe(free);
  });
});

describe("a mistake is one line, and changes nothing:", () => {
  test.each<[line: string, message: RegExp]>([
    ["/nonsense", /^usage: expected a command, got "\/nonsense"; see \/help$/],
    ["/again", /^usage: expected an earlier text for \/again, got none; /],
    ["/temperature -1", /^usage: expected \/temperature to be a finite number, 0 or more, got "-1"; /],
    ["/top_k 1.5", /^usage: expected \/top_k to be a whole number, 1 or more, got "1.5"; /],
    ["/top_p 2", /^usage: expected \/top_p to be a finite number above 0 and at most 1, got "2"; /],
    ["/min_p -1", /^usage: expected \/min_p to be at least 0 and below 1, got "-1"; /],
    ["/seed x", /^usage: expected \/seed to be a whole number, got "x"; /],
    ["xyz", /^tokenizer: expected characters that the model was trained on: .*got "x" \(U\+0078\); /],
    [
      "abababababab",
      /^generate: expected a start of fewer than 12 tokens, the model's block_size, got 12; shorten it$/,
    ],
  ])("%s", async (line, message) => {
    const talk = new Talk(checkpoint("documents"));
    const before = await talk.say("/settings");
    expect(await talk.say(line)).toBe("");
    expect(talk.complaints).toEqual([expect.stringMatching(message)]);
    expect(await talk.say("/settings")).toBe(before);
  });
});

test("a document that has ended is not continued", async () => {
  const talk = new Talk(checkpoint("documents"));
  // Until one ends with BOS, not because the context is full.
  for (let tries = 0; tries < 100; tries++) if ((await talk.say("a")).length < 10) break;
  expect(await talk.say("")).toBe("");
  expect(talk.complaints).toEqual([expect.stringContaining("the last text has ended")]);
  expect(await talk.say("/again")).toMatch(/^a/);
});

test("row 35: words that leave other programs leave, as a whole line; within a text they are text", async () => {
  const talk = new Talk(checkpoint("documents"));
  for (const line of ["exit", "quit", "exit()", ":q", ":wq", "/quit"]) expect(await talk.chat.line(line)).toBe(false);
  for (const line of ["exit ", "a quit", "Exit", "//quit", "q"]) expect(await talk.chat.line(line)).toBe(true);
});

test("/quit ends the conversation, and /help lists all commands", async () => {
  const talk = new Talk(checkpoint("documents"));
  const help = await talk.say("/help");
  for (const what of [
    "/again",
    "/settings",
    "/quit, exit",
    "/temperature <x>",
    "/top_k <n>",
    "/seed <n>",
    "/stop <text>",
  ]) {
    expect(help).toContain(what);
  }
  expect(await talk.chat.line("/quit")).toBe(false);
});
