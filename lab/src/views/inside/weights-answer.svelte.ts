import type { Remote } from "comlink";
import type { Lab } from "../../state/lab.svelte.ts";
import { WorkerCrash } from "../../state/worker.ts";
import type { ReaderAPI } from "../../worker/reader.ts";
import { Newest } from "./newest.ts";

/** What the reader last said of the weights it holds: it stays until the next is there. */
export class WeightsAnswer<T> {
  heard = $state.raw<T>();
  /** Why there is no answer: one line. */
  trouble = $state.raw<string>();
  #asking = new Newest();

  /** To be called in an effect: asks whenever something changes that `question` reads at once. */
  async ask(lab: Lab, question: (weights: Remote<ReaderAPI>["weights"]) => Promise<T>): Promise<void> {
    await this.#asking.run(async () => {
      try {
        this.heard = await lab.ask((remote) => question(remote.weights));
        this.trouble = undefined;
      } catch (error) {
        if (error instanceof WorkerCrash) return;
        this.heard = undefined;
        this.trouble = error instanceof Error ? error.message : String(error);
      }
    });
  }
}
