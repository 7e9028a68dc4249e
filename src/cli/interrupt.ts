const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Turns the first Ctrl-C (or SIGTERM) into a request that the training loop honours between two steps. From then on the
 * signals do what they do without us: the next one ends the process at once, even within a step.
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
    this.dispose();
    this.#requested = true;
    this.#onRequest();
  };

  dispose(): void {
    for (const signal of SIGNALS) process.off(signal, this.request);
  }
}
