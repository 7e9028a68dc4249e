/** The losses of a run as few enough points to draw, however many steps it has. */

/** Twice as many are never drawn on a screen. */
const MOST_POINTS = 1024;

export interface CurvePoints {
  /** The last step of each point, from 1. */
  readonly steps: Float64Array;
  /** Mean loss of the point's steps, in nats per token. */
  readonly losses: Float64Array;
  /** Mean gradient norm; NaN for steps taken before the page was opened. */
  readonly gradNorms: Float64Array;
}

/** Means over intervals of steps, all equally long except the last; if there are too many, pairs are merged. */
export class Curve {
  #width = 1;
  #steps = 0;
  readonly #losses: number[] = [];
  readonly #gradNorms: number[] = [];
  #open = { count: 0, loss: 0, gradNorm: 0 };

  add(loss: number, gradNorm: number): void {
    this.#steps++;
    const open = this.#open;
    open.count++;
    open.loss += loss;
    open.gradNorm += gradNorm;
    if (open.count < this.#width) return;
    this.#losses.push(open.loss / open.count);
    this.#gradNorms.push(open.gradNorm / open.count);
    this.#open = { count: 0, loss: 0, gradNorm: 0 };
    if (this.#losses.length >= MOST_POINTS) this.#halve();
  }

  points(): CurvePoints {
    const { count, loss, gradNorm } = this.#open;
    const losses = count === 0 ? this.#losses : [...this.#losses, loss / count];
    const gradNorms = count === 0 ? this.#gradNorms : [...this.#gradNorms, gradNorm / count];
    return {
      steps: Float64Array.from(losses, (_, i) => Math.min((i + 1) * this.#width, this.#steps)),
      losses: Float64Array.from(losses),
      gradNorms: Float64Array.from(gradNorms),
    };
  }

  #halve(): void {
    this.#width *= 2;
    for (const means of [this.#losses, this.#gradNorms]) {
      const half = means.length >> 1;
      for (let i = 0; i < half; i++) means[i] = ((means[2 * i] ?? 0) + (means[2 * i + 1] ?? 0)) / 2;
      means.length = half;
    }
  }
}
