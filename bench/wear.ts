/**
 * Measures when a model begins to memorize its text, by the size of its vocabulary, and when the recipe's patience
 * would end the run; `wear` and `PATIENCE` come from these measurements. Trains by the recipe without patience, and
 * prints after how many passes over the text the validation loss was lowest. `npx tsx bench/wear.ts [parts of the
 * labels to run]`; half an hour for all of it.
 *
 * The texts: the packaged names; this repository's pages and source; the TypeScript compiler's messages in Chinese,
 * Japanese and Korean; a made-up language of 2,841 characters, distributed by Zipf's law.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  bestOf,
  type Corpus,
  countParams,
  dataFacts,
  type Evaluation,
  estimateStepSeconds,
  fitTokenizer,
  parseDocuments,
  Random,
  recipeFor,
  runBaseline,
  runFacts,
  type SizeName,
  startRun,
  type Tokenizer,
  tokenize,
  trainEach,
} from "microgpt";

const SECONDS = 60;
const SEEDS = [1, 2, 3];

function pages(): string {
  const docs = readdirSync("docs").filter((name) => name.endsWith(".md") && name !== "flags.md");
  const files = ["README.md", "ARCHITECTURE.md", "bench/README.md", ...docs.map((name) => `docs/${name}`)];
  return files.map((file) => readFileSync(file, "utf8")).join("\n");
}

function source(): string {
  const names = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return names.map((name) => readFileSync(join("src", name), "utf8")).join("\n");
}

/** The messages of some languages, one after the other, message by message. */
function messages(...languages: readonly string[]): string {
  const tables = languages.map((language): Record<string, string> => {
    const file = `node_modules/typescript/lib/${language}/diagnosticMessages.generated.json`;
    return JSON.parse(readFileSync(file, "utf8"));
  });
  const [first = {}] = tables;
  const keys = new Random(1).shuffle(Object.keys(first));
  return keys.map((key) => tables.map((table) => table[key] ?? "").join("\n")).join("\n");
}

/** Sentences of words of one to three characters; half of the words follow from the one before. */
function madeUp(characters: number, length: number): string {
  const random = new Random(7);
  const zipf = (n: number, offset: number): number => {
    // The inverse of the distribution function of 1 / (rank + offset).
    const top = Math.log((n + offset) / offset);
    return Math.min(n - 1, Math.floor(offset * Math.exp(random.random() * top) - offset));
  };
  const char = (rank: number): string => String.fromCharCode(0x4e00 + rank);
  const words = Array.from({ length: 2 * characters }, (_, i) => {
    const size = 1 + Math.floor(random.random() * 2.6);
    // Each character is the first of some word.
    return (
      char(i < characters ? i : zipf(characters, 20)) +
      Array.from({ length: size - 1 }, () => char(zipf(characters, 20))).join("")
    );
  });
  const followers = words.map(() => Array.from({ length: 6 }, () => zipf(words.length, 10)));
  let [text, at] = ["", 0];
  while (text.length < length) {
    const next = random.random() < 0.5 ? followers[at]?.[zipf(6, 1)] : undefined;
    at = next ?? zipf(words.length, 10);
    text += words[at];
    if (random.random() < 0.1) text += random.random() < 0.2 ? "。\n" : "，";
  }
  return text;
}

interface Row {
  readonly name: string;
  readonly text: () => string;
  /** Default: running text. */
  readonly lines?: true;
  /** Number of characters. Default all. */
  readonly length?: number;
  /** Number of BPE tokens. Default: characters. */
  readonly bpe?: number;
  readonly size: SizeName;
  /** Default: as many as the data allows in SECONDS. */
  readonly steps?: number;
}

const ROWS: readonly Row[] = [
  { name: "pages", text: pages, length: 50_000, size: "tiny" },
  { name: "pages", text: pages, bpe: 512, size: "tiny" },
  { name: "pages", text: pages, bpe: 1024, size: "tiny" },
  { name: "pages", text: pages, bpe: 2048, size: "tiny" },
  { name: "zh", text: () => messages("zh-cn"), length: 20_000, size: "tiny" },
  { name: "zh", text: () => messages("zh-cn"), size: "tiny" },
  { name: "cjk", text: () => messages("zh-cn", "zh-tw", "ja", "ko"), length: 40_000, size: "tiny" },
  { name: "made-up", text: () => madeUp(2841, 40_000), length: 40_000, size: "tiny" },
  // Runs that end before they have learned everything: none of them may be ended early.
  { name: "names", text: () => readFileSync("data/ssa-names-2018.txt", "utf8"), lines: true, size: "tiny", steps: 600 },
  { name: "pages", text: pages, size: "tiny", steps: 600 },
  { name: "source", text: source, size: "tiny", steps: 600 },
  { name: "source", text: source, size: "small", steps: 300 },
];

/** The step at which patience ends a run, and the lowest loss up to it. */
function endedEarly(evaluations: readonly Evaluation[], patience: number): { step: number; loss: number } | undefined {
  for (let end = 1; end < evaluations.length; end++) {
    const best = bestOf(evaluations.slice(0, end));
    const now = evaluations[end - 1];
    if (best === undefined || now === undefined) continue;
    if (end - 1 - evaluations.indexOf(best) >= patience) return { step: now.step, loss: best.loss };
  }
  return undefined;
}

const wanted = process.argv.slice(2);
console.log(
  "text, size | V | tokens | params | steps | best at | passes | wear | loss best, last, bigram | ended early at",
);
for (const { name, text, lines, length, bpe, size, steps } of ROWS) {
  const label = `${[name, bpe === undefined ? "" : `bpe ${bpe}`, length ?? "", steps ?? ""].filter((x) => x !== "").join(" ")}, ${size}`;
  if (wanted.length > 0 && !wanted.some((word) => label.includes(word))) continue;
  const all = text().slice(0, length);
  const corpus: Corpus = lines === undefined ? { name, mode: "stream", docs: [all] } : parseDocuments(name, all);
  const tokenizer = (train: readonly string[], both: readonly string[]): Tokenizer =>
    fitTokenizer(
      bpe === undefined ? "char" : "bpe",
      bpe === undefined ? both : train,
      bpe === undefined ? {} : { vocabSize: bpe },
    );
  for (const seed of SEEDS) {
    const data = tokenize(corpus, { valFraction: 0.1, seed, tokenizer });
    const facts = dataFacts(data);
    const training = { seed, ...(steps !== undefined && { numSteps: steps }) };
    const recipe = recipeFor(facts, SECONDS, estimateStepSeconds, { size, training });
    const run = startRun(data, { ...recipe, training: { ...recipe.training, patience: 0 }, threads: 1 });
    await trainEach(run, () => undefined);
    const { evaluations } = run.progress;
    const [best, last] = [bestOf(evaluations), evaluations.at(-1)];
    const { tokensPerStep } = runFacts(run);
    const passes = ((best?.step ?? 0) * tokensPerStep) / facts.trainTokens;
    const params = countParams(run.model.config);
    const { numSteps, patience } = recipe.training;
    const early = endedEarly(evaluations, patience);
    const losses = [best?.loss, last?.loss, runBaseline(run)?.bigram].map((loss) => loss?.toFixed(3)).join(", ");
    const cost =
      early === undefined ? "no" : `${early.step}, at a cost of ${(early.loss - (best?.loss ?? 0)).toFixed(3)}`;
    const counted = [passes, passes * Math.sqrt(params / facts.trainTokens)].map((x) => x.toFixed(1));
    console.log(
      [label, facts.vocabSize, facts.trainTokens, params, numSteps, best?.step, ...counted, losses, cost].join(" | "),
    );
    run.model.dispose();
  }
}
