/** How fast a run is now: over the last seconds, without what was done besides training. */

/** Long enough that a pause of the machine does not show, short enough that a change does. */
const WINDOW_MS = 3000;

export class Speed {
  #marks: { readonly at: number; readonly tokens: number; readonly steps: number }[] = [];

  /** Training goes on from here: what lies before is not measured. */
  begin(at: number): void {
    this.#marks = [{ at, tokens: 0, steps: 0 }];
  }

  /** So many tokens and steps were done since the last mark. */
  mark(at: number, tokens: number, steps: number): void {
    const last = this.#marks.at(-1);
    if (last === undefined) {
      this.begin(at);
      return;
    }
    this.#marks.push({ at, tokens: last.tokens + tokens, steps: last.steps + steps });
    while (this.#marks.length > 2 && at - (this.#marks[0]?.at ?? at) > WINDOW_MS) this.#marks.shift();
  }

  /** Time that went into something other than training. */
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
