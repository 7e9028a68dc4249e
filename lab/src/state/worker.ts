/** The page's side of a worker: calls reject when the worker is gone, instead of waiting forever. */

import { type Remote, wrap } from "comlink";
import { carryErrors } from "../worker/errors.ts";
import { HELD, READY } from "../worker/ready.ts";

carryErrors();

export class WorkerCrash extends Error {
  override readonly name = "WorkerCrash";
}

export interface Connection<API> {
  /** Asks the worker; rejects with a WorkerCrash if it dies before it answers. */
  ask<T>(question: (remote: Remote<API>) => Promise<T>): Promise<T>;
  /** Ends the worker, whatever it is doing. Pending calls reject with a WorkerCrash; `onCrash` is not called. */
  end(): void;
}

/** Starts the script under a name. `onCrash` is called once, when the worker ends by an uncaught error or silently. */
export function connect<API>(name: "trainer" | "reader", onCrash: () => void): Connection<API> {
  const lock = `microgpt-lab-${Math.random()}`;
  const named = `${name} ${lock}`;
  const worker = new Worker(new URL("../worker/worker.ts", import.meta.url), { type: "module", name: named });
  const remote = wrap<API>(worker);
  let crash: (error: WorkerCrash) => void = () => {};
  const crashed = new Promise<never>((_, reject) => {
    crash = reject;
  });
  crashed.catch(() => {}); // Callers of `ask` get the error.
  let over = false;
  const onEnd = (event?: Event): void => {
    if (over) return;
    over = true;
    if (event instanceof ErrorEvent) console.warn(`${name}: ${event.message}`);
    event?.preventDefault();
    worker.terminate();
    crash(new WorkerCrash(`the ${name} ended`));
    onCrash();
  };
  worker.addEventListener("error", onEnd);
  worker.addEventListener("messageerror", onEnd);
  const ready = told(worker, READY);
  // A worker that ends without an error (by its own close(), for lack of memory, or by the browser's decision) sends no
  // message. But its lock becomes free.
  void told(worker, HELD).then(() => navigator.locks.request(lock, () => onEnd()));
  return {
    ask: (question) => Promise.race([ready.then(() => question(remote)), crashed]),
    end: () => {
      over = true;
      worker.terminate();
      crash(new WorkerCrash(`the ${name} was ended`));
    },
  };
}

/** Resolves at the worker's first message of that kind. */
function told(worker: Worker, word: string): Promise<void> {
  return new Promise((resolve) => {
    worker.addEventListener("message", function hear({ data }) {
      if (data !== word) return;
      worker.removeEventListener("message", hear);
      resolve();
    });
  });
}
