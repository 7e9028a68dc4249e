import { BPETokenizer, CharTokenizer, type Tokenizer } from "../../index.ts";
import { checkOutput, checkWritable, loadCheckpoint, loadTokenizer, saveTokenizer } from "../../node.ts";
import { type IO, memoryLimit } from "../io.ts";
import { chosenModel } from "../model-files.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { describeTokenizer, spell } from "./show-tokenizer.ts";

/** The flags of `microgpt tokenizer`. Undefined means not typed. */
export interface TokenizerFlags {
  readonly text?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** Number of tokens listed for a BPE vocabulary. */
const SHOWN = 10;

/** Shows the tokenizer of a model or of a tokenizer.json, how it splits a text, and exports it. */
export async function tokenizerCommand(
  path: string | undefined,
  { text, out, json = false }: TokenizerFlags,
  { terminal }: IO,
): Promise<void> {
  if (out !== undefined) await checkWritable(out);
  const file = await chosenModel(path, "tokenizer", { json, quiet: text === undefined });
  if (out !== undefined) await checkOutput(out, "tokenizer", [file]);
  const tokenizer = await tokenizerOf(file);
  const ids = text === undefined ? undefined : tokenizer.encode(text);
  if (json) terminal.record("tokenizer", { path: file, ...record(tokenizer, text, ids) });
  else if (text === undefined || ids === undefined) terminal.line(`${file}\n\n${sections(tokenizer).join("\n\n")}`);
  else terminal.line(splitText(tokenizer, text, ids, terminal));
  if (out === undefined) return;
  await saveTokenizer(out, tokenizer);
  if (json) terminal.record("saved", { path: out });
  else terminal.line(`saved ${terminal.color.bold(out)}`);
}

async function tokenizerOf(file: string): Promise<Tokenizer> {
  if (file.endsWith(".json")) return await loadTokenizer(file);
  return (await loadCheckpoint(file, { memoryLimit: memoryLimit() })).tokenizer;
}

/** The tokens with the most bytes; the earliest first if there is a tie. */
function longest(tokenizer: BPETokenizer): number[] {
  const lengths = Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.tokenBytes(id).length);
  const ids = [...lengths.keys()].sort((x, y) => (lengths[y] ?? 0) - (lengths[x] ?? 0) || x - y);
  return ids.slice(0, SHOWN);
}

function record(tokenizer: Tokenizer, text: string | undefined, ids: readonly number[] | undefined): object {
  const { vocabSize, bos } = tokenizer;
  const texts = (list: readonly number[]): object[] => list.map((id) => ({ id, text: tokenizer.decode([id]) }));
  const about = { kind: tokenizer.toJSON().type, vocabSize, bos };
  const vocabulary =
    tokenizer instanceof BPETokenizer
      ? {
          pattern: tokenizer.pattern,
          numMerges: tokenizer.merges.length,
          longest: texts(longest(tokenizer)),
          latestMerges: tokenizer.merges.slice(-SHOWN),
        }
      : tokenizer instanceof CharTokenizer
        ? { chars: tokenizer.chars }
        : {};
  const split = text === undefined || ids === undefined ? {} : { bytes: bytesIn(text), tokens: texts(ids) };
  return { ...about, ...vocabulary, ...split };
}

function sections(tokenizer: Tokenizer): string[] {
  const about = describeTokenizer(tokenizer);
  if (!(tokenizer instanceof BPETokenizer) || tokenizer.merges.length === 0) return [about];
  const quoted = (id: number): string => `"${spell(tokenizer, id)}"`;
  const tokens = longest(tokenizer).map((id) => `  ${String(id).padStart(6)}  ${quoted(id)}`);
  const merges = tokenizer.merges.slice(-SHOWN).map(([left, right]) => `  ${quoted(left)} + ${quoted(right)}`);
  return [about, `longest tokens\n${tokens.join("\n")}`, `latest merges\n${merges.join("\n")}`];
}

/** The text with its tokens separated, their ids, and the mean bytes per token. */
function splitText(tokenizer: Tokenizer, text: string, ids: readonly number[], { colored, color }: Terminal): string {
  const tokens = ids.map((id) => spell(tokenizer, id).replaceAll('\\"', '"'));
  const painted = tokens.map((token, i) =>
    i % 2 === 0 ? color.bgBlue(color.white(token)) : color.bgCyan(color.black(token)),
  );
  // Without colors, bars separate the tokens.
  const shown = colored ? painted.join("") : tokens.join("|");
  const bytes = bytesIn(text);
  const each = ids.length === 0 ? "" : `, ${(bytes / ids.length).toFixed(2)} bytes a token`;
  return `${shown}\n${ids.join(" ")}\n${count(ids.length, "token")}, ${count(bytes, "byte")}${each}`;
}

function bytesIn(text: string): number {
  return new TextEncoder().encode(text).length;
}

function count(n: number, what: string): string {
  return `${n.toLocaleString("en")} ${what}${n === 1 ? "" : "s"}`;
}
