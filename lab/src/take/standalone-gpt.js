/*
 * A GPT that writes text, whole and by itself: what is below is all that it takes. Its weights, which are what it has
 * learned, are at the end of this page as base64. The algorithm is that of Andrej Karpathy's microgpt.py.
 *
 * C channels of a token, H heads, D channels of a head (C / H), V tokens in the vocabulary. A vector (n) is an array of n
 * numbers, a matrix (rows, columns) its rows one after the other.
 */

// 1. The model ------------------------------------------------------------------------------------------------------

/** The matrices, cut out of one long list of numbers in the order in which they were saved. */
function readWeights({ vocabSize: V, blockSize, nEmbd: C, nLayer }, floats) {
  let at = 0;
  const matrix = (rows, columns) => {
    at += rows * columns;
    return floats.subarray(at - rows * columns, at);
  };
  return {
    wte: matrix(V, C), // a row for each token: what it means
    wpe: matrix(blockSize, C), // a row for each place: first, second, ...
    lm_head: matrix(V, C), // and back from meaning to tokens
    layers: Array.from({ length: nLayer }, () => ({
      attn_wq: matrix(C, C),
      attn_wk: matrix(C, C),
      attn_wv: matrix(C, C),
      attn_wo: matrix(C, C),
      mlp_fc1: matrix(4 * C, C),
      mlp_fc2: matrix(C, 4 * C),
    })),
  };
}

/** A matrix (O, I) times a vector (I): (O). Nearly all that a GPT computes is this. */
function linear(matrix, x) {
  const y = new Float64Array(matrix.length / x.length);
  for (let o = 0, at = 0; o < y.length; o++) for (let i = 0; i < x.length; i++) y[o] += matrix[at++] * x[i];
  return y;
}

const add = (x, y) => x.map((number, i) => number + y[i]);

/** A vector made just so long that the mean of its squares is 1. */
function rmsnorm(x) {
  const meanSquare = x.reduce((sum, number) => sum + number * number, 0) / x.length;
  return x.map((number) => number / Math.sqrt(meanSquare + 1e-5));
}

/** e^x for x up to 0, by nothing but products and sums: Math.exp differs a little from one browser to the next. */
function exp(x) {
  if (x < -700) return 0;
  // The series 1 + y + y²/2 + y³/6 + ... for a small y, and e^x = (e^y)^1024.
  const y = x / 1024;
  let power = 1;
  for (let k = 12; k > 0; k--) power = 1 + (y * power) / k;
  for (let doublings = 10; doublings > 0; doublings--) power *= power;
  return power;
}

/** Any numbers as probabilities: positive, 1 together. A low temperature makes the largest one larger still. */
function softmax(x, temperature = 1) {
  const max = x.reduce((most, number) => Math.max(most, number), -Infinity);
  const exps = x.map((number) => exp((number - max) / temperature));
  const total = exps.reduce((sum, number) => sum + number, 0);
  return exps.map((number) => number / total);
}

/** Begins a text: each call takes its next token and gives a number (V) for each token that may follow: its logit. */
function begin({ config, weights }) {
  const { nEmbd: C, nHead: H, mlp: kind } = config;
  const D = C / H;
  // What each layer has seen: a key and a value (C) for each token of the text so far.
  const seen = weights.layers.map(() => ({ keys: [], values: [] }));
  let place = 0;

  /** Looks back: every head mixes the values of all tokens so far, those most whose keys fit its query. */
  const attention = (x, layer, { keys, values }) => {
    const query = linear(layer.attn_wq, x);
    keys.push(linear(layer.attn_wk, x));
    values.push(linear(layer.attn_wv, x));
    const mixed = new Float64Array(C);
    for (let from = 0; from < C; from += D) {
      const scores = keys.map((key) => {
        let fit = 0;
        for (let c = from; c < from + D; c++) fit += query[c] * key[c];
        return fit / Math.sqrt(D);
      });
      softmax(scores).forEach((share, t) => {
        for (let c = from; c < from + D; c++) mixed[c] += share * values[t][c];
      });
    }
    return linear(layer.attn_wo, mixed);
  };

  /** Thinks about one token by itself. */
  const mlp = (x, layer) => {
    const hidden = linear(layer.mlp_fc1, x).map((number) => Math.max(0, number)); // (4C)
    return linear(layer.mlp_fc2, kind === "relu" ? hidden : hidden.map((number) => number * number));
  };

  const row = (matrix, r) => Float64Array.from(matrix.subarray(r * C, (r + 1) * C));
  return (token) => {
    let x = rmsnorm(add(row(weights.wte, token), row(weights.wpe, place++))); // (C)
    weights.layers.forEach((layer, l) => {
      x = add(x, attention(rmsnorm(x), layer, seen[l]));
      x = add(x, mlp(rmsnorm(x), layer));
    });
    return linear(weights.lm_head, x); // (V)
  };
}

// 2. Chance ---------------------------------------------------------------------------------------------------------

/** Python's random.random(), so that a seed gives the same texts everywhere: MT19937 (Matsumoto and Nishimura 1998). */
function randomNumbers(seed) {
  const N = 624;
  const words = new Uint32Array(N);
  const mixed = (k) => words[k - 1] ^ (words[k - 1] >>> 30);
  const key = Math.abs(seed) < 2 ** 32 ? [Math.abs(seed)] : [Math.abs(seed) % 2 ** 32, Math.abs(seed) / 2 ** 32];
  words[0] = 19650218;
  for (let k = 1; k < N; k++) words[k] = Math.imul(1812433253, mixed(k)) + k;
  let i = 0;
  const advance = () => {
    if (i === N - 1) words[0] = words[N - 1];
    i = i === N - 1 ? 1 : i + 1;
  };
  for (let k = 0; k < N; k++) {
    advance();
    words[i] = (words[i] ^ Math.imul(mixed(i), 1664525)) + Math.floor(key[k % key.length]) + (k % key.length);
  }
  for (let k = 0; k < N - 1; k++) {
    advance();
    words[i] = (words[i] ^ Math.imul(mixed(i), 1566083941)) - i;
  }
  words[0] = 2 ** 31;

  let used = N;
  const next = () => {
    if (used === N) {
      for (let k = 0; k < N; k++) {
        const y = (words[k] & 0x80000000) | (words[(k + 1) % N] & 0x7fffffff);
        words[k] = words[(k + 397) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      used = 0;
    }
    let y = words[used++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
}

/** The k largest probabilities, the others 0, all of them 1 together. Of equal ones, the first count. */
function keepLargest(probabilities, k) {
  const kept = new Float64Array(probabilities.length);
  const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b] - probabilities[a] || a - b);
  for (const i of order.slice(0, k)) kept[i] = probabilities[i];
  const total = kept.reduce((sum, number) => sum + number, 0);
  return kept.map((number) => number / total);
}

/** A token, drawn by a random number from 0 to 1: the first up to which the probabilities add up to more. */
function draw(probabilities, number) {
  const target = number * probabilities.reduce((sum, probability) => sum + probability, 0);
  let [token, sum] = [0, probabilities[0]];
  while (sum <= target && token < probabilities.length - 1) sum += probabilities[++token];
  return token;
}

/**
 * Writes after the prompt, token by token. A document ends with the token BOS, or when the context is full. Running text
 * continues for 500 tokens: a full context begins again with its last half. Without a start, BOS drawn first begins it.
 */
function* write(model, prompt, { start, temperature, topK, random }) {
  const { blockSize } = model.config;
  const isDocument = model.mode === "documents";
  const most = isDocument ? blockSize - prompt.length + 1 : 500;
  let context = prompt.slice(0, -1);
  let token = prompt[prompt.length - 1];
  let next = begin(model);
  context.forEach(next);
  for (let drawn = 0; drawn < most; drawn++) {
    if (context.length === blockSize) {
      context = context.slice(blockSize - Math.max(0, Math.floor(blockSize / 2) - 1));
      next = begin(model);
      context.forEach(next);
    }
    context.push(token);
    const probabilities = softmax(next(token), temperature);
    token = draw(topK ? keepLargest(probabilities, topK) : probabilities, random());
    if (token !== model.tokenizer.bos) yield token;
    else if (isDocument || start !== "" || drawn > 0) return;
  }
}

// 3. Text and tokens ------------------------------------------------------------------------------------------------

/** The words within which bytes become tokens, as GPT-2 and GPT-4 find them. */
const SPACE = String.raw`\p{White_Space}`;
const OTHER = String.raw`[^\p{White_Space}\p{L}\p{N}]+`;
const GAPS = String.raw`${SPACE}+(?!\P{White_Space})|${SPACE}+`;
const WORDS = {
  gpt2: new RegExp(String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?${OTHER}|${GAPS}`, "gu"),
  gpt4: new RegExp(
    String.raw`'(?:[sSſtTmMdD]|[rR][eE]|[vV][eE]|[lL][lL])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|` +
      String.raw` ?${OTHER}[\r\n]*|${SPACE}*[\r\n]+|${GAPS}`,
    "gu",
  ),
};

/** The tokens of a text; for a character that has none, what `missing` returns. */
function encode({ kind, tokens, pattern, merges }, text, missing) {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  if (kind === "char") return Array.from(text, (char) => ids.get(char) ?? missing(char));
  const bytes = (word) => Array.from(new TextEncoder().encode(word), (byte) => String.fromCharCode(byte));
  if (kind === "byte") return bytes(text).map((byte) => ids.get(byte));
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  return (text.match(WORDS[pattern]) ?? []).flatMap((word) => {
    const parts = bytes(word).map((byte) => ids.get(byte));
    for (;;) {
      // Of the pairs side by side, the one that was learned first becomes one token.
      const pairs = parts.map((part, i) => ranks.get(`${part} ${parts[i + 1]}`) ?? Infinity);
      const first = pairs.reduce((lowest, rank) => Math.min(lowest, rank), Infinity);
      if (first === Infinity) return parts;
      const at = pairs.indexOf(first);
      parts.splice(at, 2, ids.get(tokens[parts[at]] + tokens[parts[at + 1]]));
    }
  });
}

/** Text in the making: each call takes a token and gives the characters that are whole with it; no token, the rest. */
function decoder({ kind, tokens }) {
  if (kind === "char") return (id) => tokens[id] ?? "";
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  return (id) => {
    if (id === undefined) return utf8.decode();
    const bytes = Uint8Array.from(tokens[id], (byte) => byte.charCodeAt(0));
    return utf8.decode(bytes, { stream: true });
  };
}

/**
 * What the model reads before it writes: BOS and the start of a document; of running text its start, or else the first that
 * the vocabulary has of a line end, a blank and BOS.
 */
function promptOf({ config, mode, tokenizer }, start, words) {
  const missing = (char) => {
    throw new Error(words.unknownCharacter.replace("{character}", () => char));
  };
  const tokens = encode(tokenizer, start, missing);
  const { blockSize } = config;
  if (mode === "documents") {
    const prompt = [tokenizer.bos, ...tokens];
    if (prompt.length > blockSize) throw new Error(words.startTooLong.replace("{most}", () => `${blockSize - 1}`));
    return prompt;
  }
  const prompt = start === "" ? opening(tokenizer) : tokens;
  return prompt.length > blockSize ? prompt.slice(-Math.max(1, Math.floor(blockSize / 2))) : prompt;
}

function opening(tokenizer) {
  const separators = ["\n", " "].map((text) => encode(tokenizer, text, () => undefined));
  return separators.find((tokens) => tokens.length > 0 && !tokens.includes(undefined)) ?? [tokenizer.bos];
}

/** Texts as they are written, piece by piece: 20 documents, or one running text. */
function* texts(model, { start, temperature, topK, seed }, words) {
  const prompt = promptOf(model, start, words);
  const random = randomNumbers(seed);
  for (let count = model.mode === "documents" ? 20 : 1; count > 0; count--) {
    const decode = decoder(model.tokenizer);
    yield start;
    for (const token of write(model, prompt, { start, temperature, topK, random })) yield decode(token);
    yield `${decode()}\n`;
  }
}

// 4. The page -------------------------------------------------------------------------------------------------------

function openPage() {
  const element = (id) => document.getElementById(id);
  const { words, ...facts } = JSON.parse(element("model").textContent);
  const bytes = Uint8Array.from(atob(element("weights").textContent), (char) => char.charCodeAt(0));
  const model = { ...facts, weights: readWeights(facts.config, new Float32Array(bytes.buffer)) };
  const showTemperature = () => {
    element("degrees").textContent = Number(element("temperature").value).toFixed(2);
  };
  let asked = 0;
  const generate = async () => {
    const question = ++asked;
    const output = element("output");
    element("trouble").textContent = output.textContent = "";
    const number = (id) => Number(element(id).value);
    const settings = { start: element("start").value, temperature: number("temperature"), topK: number("top-k") };
    try {
      let rested = performance.now();
      for (const piece of texts(model, { ...settings, seed: number("seed") }, words)) {
        output.append(piece);
        if (performance.now() - rested < 30) continue;
        await new Promise(requestAnimationFrame); // lets the page be seen and used meanwhile
        if (question !== asked) return; // another one began
        rested = performance.now();
      }
    } catch (error) {
      element("trouble").textContent = error.message;
    }
    output.setAttribute("aria-busy", "false");
  };
  element("temperature").addEventListener("input", showTemperature);
  element("form").addEventListener("submit", (event) => {
    event.preventDefault();
    element("output").setAttribute("aria-busy", "true");
    generate();
  });
  showTemperature();
}

if (typeof document !== "undefined") document.addEventListener("DOMContentLoaded", openPage);
