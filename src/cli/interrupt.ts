/** SIGHUP comes when the terminal's window is closed or ssh is cut off. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Turns the first Ctrl-C (or SIGTERM, SIGHUP, or the end of a parent that keeps a channel open to us) into a request
 * that the training loop honors between two steps. After that the signals have their default effect: the next one ends
 * the process at once, even within a step.
 */
export class Interrupt {
  #onRequest: () => void;
  #requested = false;

  /** Listens until `dispose`. @param onRequest called at the first signal */
  constructor(onRequest: () => void) {
    this.#onRequest = onRequest;
    for (const signal of SIGNALS) process.on(signal, this.request);
    if (process.send === undefined) return;
    process.on("disconnect", this.request);
    // The parent may already be gone.
    if (!process.connected) setImmediate(this.#lost);
  }

  get requested(): boolean {
    return this.#requested;
  }

  /**
   * Calls another function at the first signal. A second Interrupt after the first one's `dispose` would not do: Node drops
   * a signal that arrives during synchronous work if its listener is gone before the next turn of the event loop.
   */
  set onRequest(onRequest: () => void) {
    this.#onRequest = onRequest;
  }

  readonly request = (): void => {
    this.dispose();
    this.#requested = true;
    this.#onRequest();
  };

  dispose(): void {
    for (const signal of SIGNALS) process.off(signal, this.request);
    process.off("disconnect", this.request);
  }

  readonly #lost = (): void => {
    if (!this.#requested) this.request();
  };
}
