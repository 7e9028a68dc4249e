/** The page's side of a worker: calls that fail when the worker is gone instead of waiting forever. */

import { type Remote, releaseProxy, wrap } from "comlink";

export class WorkerCrash extends Error {
  override readonly name = "WorkerCrash";
}

export interface Connection<API> {
  /** Asks the worker; rejects with a WorkerCrash if it dies before it answers. */
  ask<T>(question: (remote: Remote<API>) => Promise<T>): Promise<T>;
  close(): void;
}

/** Starts the script under a name. `onCrash` is called once, when the worker dies by an error that nobody caught. */
export function connect<API>(name: "trainer" | "reader", onCrash: (why: string) => void): Connection<API> {
  const worker = new Worker(new URL("../worker/worker.ts", import.meta.url), { type: "module", name });
  const remote = wrap<API>(worker);
  let crash: (error: WorkerCrash) => void = () => {};
  const crashed = new Promise<never>((_, reject) => {
    crash = reject;
  });
  crashed.catch(() => {}); // Whoever asks hears of it.
  const onError = (event: Event): void => {
    const why = event instanceof ErrorEvent && event.message !== "" ? event.message : "it ended without a word";
    event.preventDefault();
    worker.terminate();
    crash(new WorkerCrash(why));
    onCrash(why);
  };
  worker.addEventListener("error", onError);
  worker.addEventListener("messageerror", onError);
  return {
    ask: (question) => Promise.race([question(remote), crashed]),
    close: () => {
      remote[releaseProxy]();
      worker.terminate();
    },
  };
}
