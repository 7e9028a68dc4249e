import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { detectMode, type ModeReason } from "./detect-mode.ts";

const file = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const modeOf = (text: string): string => detectMode([{ texts: [text], records: false }]).mode;

const TITLES = `Pride and Prejudice
Moby-Dick; or, The Whale
The Strange Case of Dr. Jekyll and Mr. Hyde
Alice's Adventures in Wonderland
War and Peace
Frankenstein; or, The Modern Prometheus
A Tale of Two Cities
The Count of Monte Cristo
Jane Eyre: An Autobiography
Around the World in Eighty Days
Great Expectations
What Maisie Knew`;

const SENTENCES = `The ferry leaves the harbour at half past six.
She had never seen so much snow in April.
Where did you put the keys?
Nobody in the village remembered who had planted the old lime tree behind the church.
It rained.
After the concert they walked home along the river and talked about music, money and the sea.
Please close the door quietly!
The recipe asks for three eggs, a pound of flour and more patience than he had.
He smiled.
My grandmother kept bees for forty years.`;

// William Blake, The Tyger; Emily Dickinson, without the telltale blank lines.
const POEM = `Tyger Tyger, burning bright,
In the forests of the night;
What immortal hand or eye,
Could frame thy fearful symmetry?
In what distant deeps or skies,
Burnt the fire of thine eyes?
On what wings dare he aspire?
What the hand, dare seize the fire?
And what shoulder, & what art,
Could twist the sinews of thy heart?
And when thy heart began to beat,
What dread hand? & what dread feet?`;

const STANZAS = `Because I could not stop for Death
He kindly stopped for me
The Carriage held but just Ourselves
And Immortality

We slowly drove He knew no haste
And I had put away
My labor and my leisure too
For His Civility`;

// Jerome K. Jerome, Three Men in a Boat, wrapped.
const WRAPPED = `There were four of us: George, and William Samuel Harris, and myself,
and Montmorency. We were sitting in my room, smoking, and talking about
how bad we were. Bad from a medical point of view I mean, of course. We
were all feeling seedy, and we were getting quite nervous about it. Harris
said he felt such extraordinary fits of giddiness come over him at times
that he hardly knew what he was doing and then George said that he had
fits of giddiness too and hardly knew what he was doing. With me it was my
liver that was out of order. I knew it was my liver that was out of order
because I had just been reading a patent liver pill circular in which were
detailed the various symptoms by which a man could tell when his liver was
out of order. I had them all.`;

const PARAGRAPHS = [WRAPPED, SENTENCES, WRAPPED.slice(200), SENTENCES.repeat(2)]
  .map((text) => text.replaceAll("\n", " "))
  .join("\n");

const CHAT = `anna: are you there?
ben: yes
anna: did you see the match
anna: unbelievable
ben: I missed it, what happened
anna: they scored twice in the last minute
ben: no way
cleo: it was great
ben: I want to see it now`;

const LOG = `[2024-03-01 12:00:01] <ada> hello
[2024-03-01 12:00:09] <bob> hi ada
[2024-03-01 12:01:44] <ada> is the build green
[2024-03-01 12:02:02] <bob> it is`;

const PYTHON = `import math
def area(r):
    return math.pi * r ** 2
for i in range(3):
    print(area(i))`;

const CHINESE_NAMES = "李小龙\n王芳\n张伟\n刘洋\n陈静\n杨帆\n黄磊\n赵敏\n周杰\n吴昊";

describe("is one document a line", () => {
  test.each<[what: string, text: string]>([
    ["the packaged names", file("data/ssa-names-2018.txt").slice(0, 2 ** 16)],
    ["book titles", TITLES],
    ["one sentence a line", SENTENCES],
    ["names in Chinese", CHINESE_NAMES],
    ["a list with a blank line between any two", "Oslo\n\nLund\n\nBergen\n\nMalmö\n\nTurku"],
    ["lines with CRLF", "Oslo\r\nLund\r\nBergen\r\n"],
    ["two words", "heads\ntails"],
    ["melodies in letters", "cdefgabc\nccggaag\nedcdeee\nggagcb\n"],
    ["molecules", "CC(=O)OC1=CC=CC=C1C(=O)O\nCN1C=NC2=C1C(=O)N(C(=O)N2C)C\nCC(C)Cc1ccc(cc1)C(C)C(=O)O"],
  ])("%s", (_, text) => {
    expect(detectMode([{ texts: [text], records: false }])).toMatchObject({ mode: "documents" });
  });
});

describe("is running text", () => {
  test.each<[what: string, text: string]>([
    ["a poem", POEM],
    ["stanzas", STANZAS],
    ["wrapped prose", WRAPPED],
    ["a paragraph a line", PARAGRAPHS],
    ["prose in a single line", WRAPPED.replaceAll("\n", " ")],
    ["a chat", CHAT],
    ["a log", LOG],
    ["a play", "First Citizen:\nBefore we proceed any further, hear me speak.\n\nAll:\nSpeak, speak.\n"],
    ["Python", PYTHON],
    ["JSON", JSON.stringify({ a: [1, 2, { b: "c" }] }, null, 2)],
    ...["README.md", "ARCHITECTURE.md", "docs/autograd.md"].map((path): [string, string] => [path, file(path)]),
    ...readdirSync(new URL("../tensor", import.meta.url)).map((name): [string, string] => [
      name,
      file(`src/tensor/${name}`),
    ]),
  ])("%s", (_, text) => {
    expect(detectMode([{ texts: [text], records: false }])).toMatchObject({ mode: "stream" });
  });
});

describe("records", () => {
  test.each<[what: string, texts: string[], mode: string, reason: string]>([
    ["short", ["a joke", "another one", "a third"], "documents", "its records are single lines, about 7 characters"],
    ["long", [WRAPPED.replaceAll("\n", " "), PARAGRAPHS.replaceAll("\n", " ")], "stream", "its records are long"],
    ["of several lines", [POEM, "one", STANZAS], "stream", "67 % of its records have several lines"],
    ["that end in a line end", ["one\n", "two\r\n"], "documents", "its records are single lines"],
  ])("%s", (_, texts, mode, reason) => {
    const found = detectMode([{ texts, records: true }]);
    expect(found.mode).toBe(mode);
    expect(found.reason.message).toContain(reason);
  });
});

test("of several sources the longer samples count for more", () => {
  const names = { texts: ["ada\nben\ncleo"], records: false };
  const prose = { texts: [WRAPPED], records: false };
  expect(detectMode([names, prose, names]).mode).toBe("stream");
  expect(detectMode([names, { texts: [STANZAS.slice(0, 3)], records: false }, names]).mode).toBe("documents");
});

describe("the reason is given as data and in words", () => {
  test.each<[what: string, text: string, reason: ModeReason, words: string]>([
    ["code", PYTHON, "nested", "40 % of its lines are indented or only close a bracket"],
    ["stanzas", STANZAS, "blank-lines", "11 % of its lines are blank"],
    ["a chat", CHAT, "speakers", "89 % of its lines begin with a speaker or a time"],
    ["a poem", POEM, "commas", "50 % of its lines end in a comma or the like and continue in the next"],
    ["prose", WRAPPED, "full-lines", "91 % of its lines fill a width of about 74 characters"],
    ["paragraphs", PARAGRAPHS, "long-lines", "its lines are long, half of them 561 characters or more"],
    ["a line", "a b c", "one-line", "it is a single line"],
    ["names", "ada\nbenjamin\ncleo", "lines", "lines of about 4 characters, each complete in itself (3 looked at)"],
  ])("of %s", (_, text, kind, message) => {
    expect(detectMode([{ texts: [text], records: false }]).reason).toMatchObject({ kind, message });
  });
});

test("no text or only blanks is accepted: refusing it is the reader's job", () => {
  expect(detectMode([]).mode).toBe("documents");
  expect(modeOf("")).toBeTypeOf("string");
  expect(modeOf(" \n\n")).toBeTypeOf("string");
});
