import type { Remote } from "comlink";
import type { Lab } from "../../state/lab.svelte.ts";
import { WorkerCrash } from "../../state/worker.ts";
import type { ReaderAPI } from "../../worker/reader.ts";
import { Newest } from "./newest.ts";

/** The reader's last answer about its weights; stays until the next answer. */
export class WeightsAnswer<T> {
  heard = $state.raw<T>();
  /** One line on why there is no answer. */
  trouble = $state.raw<string>();
  #asking = new Newest();

  /** Call in an effect: asks whenever something changes that `question` reads synchronously. */
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
