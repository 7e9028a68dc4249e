/** The current speed of a run: over the last seconds, without time spent on other things. */

/** Long enough to hide a pause of the machine, short enough to show a change. */
const WINDOW_MS = 3000;

export class Speed {
  #marks: { readonly at: number; readonly tokens: number; readonly steps: number }[] = [];

  /** Starts measuring; earlier time does not count. */
  begin(at: number): void {
    this.#marks = [{ at, tokens: 0, steps: 0 }];
  }

  /** Records the tokens and steps since the last mark. */
  mark(at: number, tokens: number, steps: number): void {
    const last = this.#marks.at(-1);
    if (last === undefined) {
      this.begin(at);
      return;
    }
    this.#marks.push({ at, tokens: last.tokens + tokens, steps: last.steps + steps });
    while (this.#marks.length > 2 && at - (this.#marks[0]?.at ?? at) > WINDOW_MS) this.#marks.shift();
  }

  /** Excludes time spent on something other than training. */
  aside(ms: number): void {
    this.#marks = this.#marks.map((mark) => ({ ...mark, at: mark.at + ms }));
  }

  get tokensPerSecond(): number {
    return this.#rate("tokens");
  }

  get stepsPerSecond(): number {
    return this.#rate("steps");
  }

  #rate(of: "tokens" | "steps"): number {
    const [first, last] = [this.#marks[0], this.#marks.at(-1)];
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    return ((last[of] - first[of]) / (last.at - first.at)) * 1000;
  }
}
