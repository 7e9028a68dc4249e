/**
 * A baseline for the engine on any machine: microgpt.py's one layer as hand-written C, in plain JavaScript. Loops over
 * flat arrays in float64, every gradient derived on paper. T tokens, C channels, H heads, D channels of a head, V
 * vocabulary.
 */

import { type GPTConfig, namedParams, type TrainingSettings, type Weights } from "microgpt";

type Numbers = Float64Array;

/** Weights with their gradients, each a single vector of all parameters. */
interface Params {
  readonly w: Numbers;
  readonly g: Numbers;
}

/** out[t] = W x[t] for T rows; W (O, I) begins at `at`. */
function linear(out: Numbers, { w }: Params, at: number, x: Numbers, T: number, O: number, I: number): void {
  for (let t = 0; t < T; t++) {
    for (let o = 0; o < O; o++) {
      let sum = 0;
      for (let i = 0; i < I; i++) sum += (w[at + o * I + i] as number) * (x[t * I + i] as number);
      out[t * O + o] = sum;
    }
  }
}

/** dx[t] += Wᵀ dy[t], and W's gradient += dy[t] x[t]ᵀ. */
function linearBack(
  dx: Numbers,
  dy: Numbers,
  { w, g }: Params,
  at: number,
  x: Numbers,
  T: number,
  O: number,
  I: number,
): void {
  for (let t = 0; t < T; t++) {
    for (let o = 0; o < O; o++) {
      const d = dy[t * O + o] as number;
      const line = at + o * I;
      for (let i = 0; i < I; i++) {
        dx[t * I + i] = (dx[t * I + i] as number) + d * (w[line + i] as number);
        g[line + i] = (g[line + i] as number) + d * (x[t * I + i] as number);
      }
    }
  }
}

/** y[t] = x[t] factors[t], with factors[t] = 1 / √(mean x[t]² + 1e-5) */
function rmsnorm(y: Numbers, factors: Numbers, x: Numbers, T: number, C: number): void {
  for (let t = 0; t < T; t++) {
    let squares = 0;
    for (let i = t * C; i < (t + 1) * C; i++) squares += (x[i] as number) * (x[i] as number);
    const factor = 1 / Math.sqrt(squares / C + 1e-5);
    factors[t] = factor;
    for (let i = t * C; i < (t + 1) * C; i++) y[i] = (x[i] as number) * factor;
  }
}

/** dx[t] += factors[t] (dy[t] - y[t] mean(y[t] dy[t])) */
function rmsnormBack(dx: Numbers, dy: Numbers, y: Numbers, factors: Numbers, T: number, C: number): void {
  for (let t = 0; t < T; t++) {
    let dot = 0;
    for (let i = t * C; i < (t + 1) * C; i++) dot += (dy[i] as number) * (y[i] as number);
    const [factor, mean] = [factors[t] as number, dot / C];
    for (let i = t * C; i < (t + 1) * C; i++) {
      dx[i] = (dx[i] as number) + factor * ((dy[i] as number) - (y[i] as number) * mean);
    }
  }
}

/** Softmax of a row's first `length` numbers from `at` on, in place. */
function softmax(row: Numbers, at: number, length: number): void {
  let [max, sum] = [-Infinity, 0];
  for (let i = at; i < at + length; i++) max = Math.max(max, row[i] as number);
  for (let i = at; i < at + length; i++) sum += row[i] = Math.exp((row[i] as number) - max);
  for (let i = at; i < at + length; i++) row[i] = (row[i] as number) / sum;
}

export interface PlainTrainer {
  /** All weights, in the documented order. */
  readonly weights: Numbers;
  /** One step on one document (tokens, BOS at both ends); returns the loss before it. */
  step(tokens: readonly number[], learningRate: number): number;
}

/** For models of one layer with ReLU. */
export function plainTrainer(config: GPTConfig, initial: Weights, settings: TrainingSettings): PlainTrainer {
  const { nEmbd: C, nHead: H, vocabSize: V, blockSize } = config;
  const { beta1, beta2, eps } = settings;
  const [D, F] = [C / H, 4 * C];
  const w = Float64Array.from(namedParams(initial).flatMap(([, part]) => [...part]));
  const [g, m, v] = [new Float64Array(w.length), new Float64Array(w.length), new Float64Array(w.length)];
  const params = { w, g };
  const [wpe, head] = [V * C, (V + blockSize) * C];
  const wq = head + V * C;
  const [wk, wv, wo, fc1, fc2] = [wq + C * C, wq + 2 * C * C, wq + 3 * C * C, wq + 4 * C * C, wq + 8 * C * C];

  const rows = (width: number): Numbers => new Float64Array(blockSize * width);
  const [embedded, x0, h1, x1, h2, x2] = [rows(C), rows(C), rows(C), rows(C), rows(C), rows(C)];
  const [q, k, values, mixed] = [rows(C), rows(C), rows(C), rows(C)];
  const [dembedded, dh1, dh2, dx] = [rows(C), rows(C), rows(C), rows(C)];
  const [dq, dk, dvalues, dmixed] = [rows(C), rows(C), rows(C), rows(C)];
  const [factors0, factors1, factors2] = [rows(1), rows(1), rows(1)];
  const [hidden, dhidden, logits, attention] = [rows(F), rows(F), rows(V), rows(H * blockSize)];
  const sums = [dembedded, dh1, dh2, dx, dq, dk, dvalues, dmixed, dhidden];

  function forward(tokens: readonly number[], T: number): number {
    for (let t = 0; t < T; t++) {
      const token = tokens[t] as number;
      for (let i = 0; i < C; i++) embedded[t * C + i] = (w[token * C + i] as number) + (w[wpe + t * C + i] as number);
    }
    rmsnorm(x0, factors0, embedded, T, C);
    rmsnorm(h1, factors1, x0, T, C);
    linear(q, params, wq, h1, T, C, C);
    linear(k, params, wk, h1, T, C, C);
    linear(values, params, wv, h1, T, C, C);
    mixed.fill(0);
    for (let h = 0; h < H; h++) for (let t = 0; t < T; t++) attend(h * D, (h * blockSize + t) * blockSize, t);
    linear(x1, params, wo, mixed, T, C, C);
    for (let i = 0; i < T * C; i++) x1[i] = (x1[i] as number) + (x0[i] as number);
    rmsnorm(h2, factors2, x1, T, C);
    linear(hidden, params, fc1, h2, T, F, C);
    for (let i = 0; i < T * F; i++) hidden[i] = Math.max(0, hidden[i] as number);
    linear(x2, params, fc2, hidden, T, C, F);
    for (let i = 0; i < T * C; i++) x2[i] = (x2[i] as number) + (x1[i] as number);
    linear(logits, params, head, x2, T, V, C);
    let loss = 0;
    for (let t = 0; t < T; t++) {
      softmax(logits, t * V, V);
      loss -= Math.log(logits[t * V + (tokens[t + 1] as number)] as number);
    }
    return loss / T;
  }

  /** Row t of one head: its channels begin at `from`, its weights at `at`. */
  function attend(from: number, at: number, t: number): void {
    const own = t * C + from;
    for (let s = 0; s <= t; s++) {
      let dot = 0;
      for (let i = 0; i < D; i++) dot += (q[own + i] as number) * (k[s * C + from + i] as number);
      attention[at + s] = dot / Math.sqrt(D);
    }
    softmax(attention, at, t + 1);
    for (let s = 0; s <= t; s++) {
      const share = attention[at + s] as number;
      for (let i = 0; i < D; i++) {
        mixed[own + i] = (mixed[own + i] as number) + share * (values[s * C + from + i] as number);
      }
    }
  }

  function attendBack(from: number, at: number, t: number): void {
    const own = t * C + from;
    // Σ over s of share · dshare is the dot product of the output with its gradient.
    let mean = 0;
    for (let i = 0; i < D; i++) mean += (mixed[own + i] as number) * (dmixed[own + i] as number);
    for (let s = 0; s <= t; s++) {
      const [share, other] = [attention[at + s] as number, s * C + from];
      let dshare = 0;
      for (let i = 0; i < D; i++) {
        const d = dmixed[own + i] as number;
        dshare += d * (values[other + i] as number);
        dvalues[other + i] = (dvalues[other + i] as number) + share * d;
      }
      const dscore = (share * (dshare - mean)) / Math.sqrt(D);
      for (let i = 0; i < D; i++) {
        dq[own + i] = (dq[own + i] as number) + dscore * (k[other + i] as number);
        dk[other + i] = (dk[other + i] as number) + dscore * (q[own + i] as number);
      }
    }
  }

  function backward(tokens: readonly number[], T: number): void {
    for (const sum of sums) sum.fill(0);
    for (let t = 0; t < T; t++) {
      const target = t * V + (tokens[t + 1] as number);
      logits[target] = (logits[target] as number) - 1;
    }
    for (let i = 0; i < T * V; i++) logits[i] = (logits[i] as number) / T;
    linearBack(dx, logits, params, head, x2, T, V, C);
    linearBack(dhidden, dx, params, fc2, hidden, T, C, F);
    for (let i = 0; i < T * F; i++) if (hidden[i] === 0) dhidden[i] = 0;
    linearBack(dh2, dhidden, params, fc1, h2, T, F, C);
    rmsnormBack(dx, dh2, h2, factors2, T, C); // dx was the gradient of x2 and is now that of x1
    linearBack(dmixed, dx, params, wo, mixed, T, C, C);
    for (let h = 0; h < H; h++) for (let t = 0; t < T; t++) attendBack(h * D, (h * blockSize + t) * blockSize, t);
    linearBack(dh1, dq, params, wq, h1, T, C, C);
    linearBack(dh1, dk, params, wk, h1, T, C, C);
    linearBack(dh1, dvalues, params, wv, h1, T, C, C);
    rmsnormBack(dx, dh1, h1, factors1, T, C); // and now of x0
    rmsnormBack(dembedded, dx, x0, factors0, T, C);
    for (let t = 0; t < T; t++) {
      const token = (tokens[t] as number) * C;
      for (let i = 0; i < C; i++) {
        const d = dembedded[t * C + i] as number;
        g[token + i] = (g[token + i] as number) + d;
        g[wpe + t * C + i] = (g[wpe + t * C + i] as number) + d;
      }
    }
  }

  let steps = 0;
  function adam(learningRate: number): void {
    steps++;
    const [correction1, correction2] = [1 - beta1 ** steps, 1 - beta2 ** steps];
    for (let i = 0; i < w.length; i++) {
      const grad = g[i] as number;
      const mean = beta1 * (m[i] as number) + (1 - beta1) * grad;
      const square = beta2 * (v[i] as number) + (1 - beta2) * grad * grad;
      m[i] = mean;
      v[i] = square;
      g[i] = 0;
      w[i] = (w[i] as number) - (learningRate * (mean / correction1)) / (Math.sqrt(square / correction2) + eps);
    }
  }

  return {
    weights: w,
    step(tokens, learningRate) {
      const T = Math.min(blockSize, tokens.length - 1);
      const loss = forward(tokens, T);
      backward(tokens, T);
      adam(learningRate);
      return loss;
    },
  };
}
