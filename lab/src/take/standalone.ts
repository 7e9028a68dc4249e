/**
 * A model as one HTML file that generates text anywhere, with no network and nothing installed: the weights, the
 * tokenizer and `standalone-gpt.js`, which reads and runs them. For the same seed it writes the same text as `microgpt
 * sample`: for the preset trained on names, the 20 names of each of 500 seeds were the same, although the page computes
 * in float64 and the compiled engine in float32. Its Content-Security-Policy allows only that script, by its hash, so
 * the page cannot contact any server.
 */

import { type Checkpoint, countParams, MicrogptError, TEMPERATURES } from "microgpt";
import { toBase64 } from "./base64.ts";
import { pageTokenizer } from "./page-tokenizer.ts";
import { flatWeights } from "./shared.ts";
import { checkStandalone } from "./standalone-model.ts";
import { STANDALONE_STYLE } from "./standalone-style.ts";

/** All texts of the page. */
export interface StandaloneWords {
  /** HTML's `lang`, such as `en`. */
  readonly language: string;
  readonly title: string;
  /** A note on the page's origin and its privacy. */
  readonly about: string;
  readonly params: (count: number) => string;
  /** The fields: the prompt, the slider, and the integers. */
  readonly start: string;
  readonly temperature: string;
  readonly topK: string;
  /** The meaning of an empty top-k. */
  readonly topKAll: string;
  readonly seed: string;
  readonly generate: string;
  readonly output: string;
  /** `{character}` is replaced by the character. */
  readonly unknownCharacter: string;
  /** `{most}` is replaced by the number of tokens. */
  readonly startTooLong: string;
}

export interface StandaloneOptions {
  readonly words: StandaloneWords;
  /** The source of `standalone-gpt.js`. */
  readonly script: string;
}

/** 2^24: 64 MB of weights, 86 MB of page. */
const MAX_PARAMS = 16_777_216;

/**
 * The file's text, for a checkpoint with one of the library's tokenizers; the weights are stored in float32. Errors:
 * an architecture that the script does not know, weights that are not finite, a model of more than 16,777,216 parameters.
 */
export async function standaloneHTML(
  { model, tokenizer, mode = "documents" }: Checkpoint,
  { words, script }: StandaloneOptions,
): Promise<string> {
  const { config } = model;
  checkStandalone(config);
  const params = countParams(config);
  if (params > MAX_PARAMS) {
    throw refusal(`at most ${MAX_PARAMS} parameters`, `${params}`, "take the .safetensors to the command line instead");
  }
  const weights = flatWeights(model);
  if (!weights.every(Number.isFinite)) {
    throw refusal("finite weights", "NaN or Infinity", "the run has diverged: train again with a lower learning rate");
  }
  // Normalized like the HTML parser's input, since the hash is of that.
  const source = script.replaceAll(/\r\n?/g, "\n");
  if (/<\/script|<!--/i.test(source)) {
    throw refusal("a script that HTML can hold", "one with </script or <!--", "pass standalone-gpt.js");
  }
  const { unknownCharacter, startTooLong } = words;
  const facts = {
    config,
    mode,
    tokenizer: pageTokenizer(tokenizer),
    words: { unknownCharacter, startTooLong },
  };
  const policy = [
    "default-src 'none'",
    `script-src '${await hash(source)}'`,
    `style-src '${await hash(STANDALONE_STYLE)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<!doctype html>
<html lang="${escaped(words.language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(words.title)}</title>
<style>${STANDALONE_STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(words.title)}</h1>
<p>${escaped(words.params(params))}</p>
${form(words, TEMPERATURES[mode])}
<p id="trouble" role="alert"></p>
<h2 id="written">${escaped(words.output)}</h2>
<pre id="output" role="log" aria-labelledby="written"></pre>
<footer>${escaped(words.about)}</footer>
</main>
<script>${source}</script>
<script type="application/json" id="model">${JSON.stringify(facts).replaceAll("<", "\\u003c")}</script>
<script type="text/plain" id="weights">${toBase64(new Uint8Array(weights.buffer))}</script>
</body>
</html>
`;
}

function form(words: StandaloneWords, temperature: number): string {
  return `<form id="form" autocomplete="off">
<label class="wide">${escaped(words.start)} <input id="start"></label>
<label for="temperature">${escaped(words.temperature)} <output id="degrees" for="temperature"></output>
<input id="temperature" type="range" min="0.1" max="2" step="0.05" value="${temperature}"></label>
<label>${escaped(words.topK)} <input id="top-k" type="number" min="1" step="1" placeholder="${escaped(words.topKAll)}"></label>
<label>${escaped(words.seed)} <input id="seed" type="number" min="0" max="${2 ** 53 - 1}" step="1" value="42" required></label>
<button>${escaped(words.generate)}</button>
</form>`;
}

/** Escapes text for HTML, attributes included. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** A hash in the form of a Content-Security-Policy. */
async function hash(source: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(source));
  return `sha256-${toBase64(new Uint8Array(digest))}`;
}

function refusal(expected: string, got: string, fix: string): MicrogptError {
  return new MicrogptError({ code: "unsupported", operation: "page", expected, got, fix });
}
