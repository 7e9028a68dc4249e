import { type NoveltyReport, noveltyReport, type Run } from "../../index.ts";

/** A larger text is not searched at the end of a run, to keep the user from waiting. */
const MOST_TOKENS = 20e6;

/** Compares the samples with the run's training data; undefined if that is too large to search. */
export function noveltyOf(samples: readonly string[], { data, tokenizer }: Run): NoveltyReport | undefined {
  const { mode } = data.fingerprint;
  const name = "the training data";
  if (samples.length === 0) return undefined;
  if (data.mode === "documents") return noveltyReport(samples, { name, mode, docs: data.train });
  if (data.train.length > MOST_TOKENS) return undefined;
  const tokens = Array.from(data.train.read(0, data.train.length));
  if (data.of === "stream") return noveltyReport(samples, { name, mode, docs: [tokenizer.decode(tokens)] });
  const docs: string[] = [];
  for (let start = 0, end = tokens.indexOf(tokenizer.bos); end !== -1; end = tokens.indexOf(tokenizer.bos, start)) {
    docs.push(tokenizer.decode(tokens.slice(start, end)));
    start = end + 1;
  }
  return noveltyReport(samples, { name, mode: "documents", docs });
}
