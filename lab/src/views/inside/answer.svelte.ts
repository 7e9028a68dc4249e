import type { Remote } from "comlink";
import { WorkerCrash } from "../../state/worker.ts";
import type { Look } from "../../worker/inside/inside.ts";
import type { ReaderAPI } from "../../worker/reader.ts";
import type { Inside } from "./inside.svelte.ts";
import { Newest } from "./newest.ts";

/** The reader's last answer to a panel, with the look that it was about; stays until the next answer. */
export class Answer<T> {
  heard = $state.raw<{ readonly look: Look; readonly value: T }>();
  #asking = new Newest();

  /** Call in an effect: asks whenever something changes that `question` or the look depends on. */
  async ask(
    { lab, look }: Inside,
    question: (inside: Remote<ReaderAPI>["inside"], look: Look) => Promise<T>,
  ): Promise<void> {
    if (look === undefined) return;
    await this.#asking.run(async () => {
      try {
        const value = await lab.ask((remote) => question(remote.inside, look));
        this.heard = { look, value };
      } catch (error) {
        if (!(error instanceof WorkerCrash)) lab.complain(error);
      }
    });
  }
}
