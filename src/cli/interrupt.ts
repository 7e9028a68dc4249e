const SIGNALS = ["SIGINT", "SIGTERM"] as const;
/** What a shell reports for a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * Turns the first Ctrl-C (or SIGTERM) into a request that the training loop honours between two steps; the second one
 * leaves at once.
 */
export class Interrupt {
  readonly #onRequest: () => void;
  #requested = false;

  /** Listens until `dispose`. @param onRequest called at the first signal */
  constructor(onRequest: () => void) {
    this.#onRequest = onRequest;
    for (const signal of SIGNALS) process.on(signal, this.request);
  }

  get requested(): boolean {
    return this.#requested;
  }

  readonly request = (): void => {
    if (this.#requested) process.exit(INTERRUPTED);
    this.#requested = true;
    this.#onRequest();
  };

  dispose(): void {
    for (const signal of SIGNALS) process.off(signal, this.request);
  }
}
