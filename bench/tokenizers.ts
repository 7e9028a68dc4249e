/**
 * Times training, encoding and decoding of byte-level BPE: `npx tsx bench/tokenizers.ts`. Before the clock starts, the
 * whole text must survive the round trip, and the ids of a part must equal those of Hugging Face's package.
 */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Tokenizer as PackageTokenizer } from "@huggingface/tokenizers";
import { BPETokenizer, ByteTokenizer, CharTokenizer, Random, SPLIT_PATTERNS, toHuggingFace, trainBPE } from "microgpt";
import { loadDataset } from "microgpt/node";
import { machineLine } from "./machine.ts";
import { measure, row } from "./timing.ts";

const RUNS = 7;
const MERGES = 4096;
const BYTES = 10e6;
/** Length of the part for the package, which is slower. */
const CHECKED = 300_000;

const root = fileURLToPath(new URL("..", import.meta.url));
const size = (text: string): number => Buffer.byteLength(text);

/** The project's own code and pages, line by line. */
function repositoryLines(): string[] {
  const files = ["src", "test", "docs", "bench", "examples", "."].flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { recursive: folder !== ".", encoding: "utf8" })
      .filter((name) => /\.(ts|md)$/.test(name))
      .map((name) => `${root}/${folder}/${name}`),
  );
  return files.sort().flatMap((file) => readFileSync(file, "utf8").split("\n"));
}

/** Made-up words of two to five syllables. */
function madeUpWords(random: Random, count: number): string[] {
  const syllables =
    "ba be bi bo da de du fa fe ga go ha he ka ki ko la le li lo ma me mi na ne no pa po ra re ri ro sa".split(" ");
  syllables.push(..."se si so ta te ti to tra ve vi wa we zé ño ü th st ing ed er ly tion 漢 字".split(" "));
  const syllable = (): string => syllables[Math.floor(random.random() * syllables.length)] ?? "";
  return Array.from({ length: count }, () =>
    Array.from({ length: 2 + Math.floor(random.random() * 4) }, syllable).join(""),
  );
}

/**
 * 10 MB, the same for the same commit: of ten lines four are from the repository, four are sentences of 40,000 made-up
 * words, some far more frequent than others, as in any language; one is a name, one is numbers.
 */
function mixture(names: readonly string[]): string {
  const random = new Random(1);
  const lines = repositoryLines();
  const words = madeUpWords(random, 40_000);
  const any = <T>(list: readonly T[], skew = 1): T => list[Math.floor(list.length * random.random() ** skew)] as T;
  const sentence = (): string => `${Array.from({ length: 6 + any([0, 2, 4, 8]) }, () => any(words, 4)).join(" ")}.`;
  const kinds = [
    ...Array<() => string>(4).fill(() => any(lines)),
    ...Array<() => string>(4).fill(sentence),
    () => any(names),
    () => `${Math.floor(random.random() * 1e6)}, ${random.random().toFixed(4)}`,
  ];
  const text: string[] = [];
  for (let bytes = 0; bytes < BYTES; ) {
    const line = `${any(kinds)()}\n`;
    text.push(line);
    bytes += size(line);
  }
  return text.join("");
}

function check(condition: boolean, what: string): void {
  if (!condition) throw new Error(`not the same: ${what}`);
}

const text = mixture((await loadDataset("ssa")).docs);
const bytes = size(text);
const megabytesPerSecond = (ms: number): number => bytes / ms / 1e3;
console.log(
  `${machineLine()}\n\n${(bytes / 1e6).toFixed(1)} MB, ${new Set(text.split(/\s+/)).size} words between blanks\n`,
);
console.log(`| ${MERGES} merges, 10 MB of text | median of ${RUNS} | spread |\n|---|---|---|`);

const part = text.slice(0, CHECKED);
for (const pattern of SPLIT_PATTERNS) {
  const train = (): BPETokenizer => trainBPE([text], { vocabSize: 256 + MERGES + 1, pattern });
  const tokenizer = train();
  check(tokenizer.merges.length === MERGES, "the number of merges");
  const ids = tokenizer.encode(text);
  check(tokenizer.decode(ids) === text, "the text and what its ids stand for");
  const theirs = new PackageTokenizer(JSON.parse(JSON.stringify(toHuggingFace(tokenizer))), {});
  check(tokenizer.encode(part).join() === theirs.encode(part).ids.join(), "our ids and the package's");

  const json = tokenizer.toJSON();
  const say = (what: string, line: (name: string) => string): void => console.log(line(`${pattern}: ${what}`));
  say("training", (name) =>
    row(
      name,
      measure(RUNS, () => void train()),
      "s",
      (ms) => ms / 1e3,
    ),
  );
  const cold = measure(RUNS, () => void BPETokenizer.fromJSON(json).encode(text));
  say("encoding, no word seen before", (name) => row(name, cold, "MB/s", megabytesPerSecond));
  const warm = measure(RUNS, () => void tokenizer.encode(text));
  say("encoding again", (name) => row(name, warm, "MB/s", megabytesPerSecond));
  const decoding = measure(RUNS, () => void tokenizer.decode(ids));
  say("decoding", (name) => row(name, decoding, "MB/s", megabytesPerSecond));
  const partBytes = size(part);
  const peer = measure(3, () => void theirs.encode(part));
  say("@huggingface/tokenizers encodes (median of 3)", (name) => row(name, peer, "MB/s", (ms) => partBytes / ms / 1e3));
  console.log(`| ${pattern}: bytes a token | ${(bytes / ids.length).toFixed(2)} | |`);
}

for (const [name, tokenizer] of [
  ["characters", CharTokenizer.fit([text])],
  ["bytes", new ByteTokenizer()],
] as const) {
  const ids = tokenizer.encode(text);
  check(tokenizer.decode(ids) === text, `${name} there and back`);
  const encoding = measure(RUNS, () => void tokenizer.encode(text));
  console.log(row(`${name}: encoding`, encoding, "MB/s", megabytesPerSecond));
  const decoding = measure(RUNS, () => void tokenizer.decode(ids));
  console.log(row(`${name}: decoding`, decoding, "MB/s", megabytesPerSecond));
}
