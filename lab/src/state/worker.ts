/** The page's side of a worker: calls that fail when the worker is gone instead of waiting forever. */

import { type Remote, wrap } from "comlink";
import { READY } from "../worker/ready.ts";
import type { Life } from "../worker/worker.ts";

export class WorkerCrash extends Error {
  override readonly name = "WorkerCrash";
}

export interface Connection<API> {
  /** Asks the worker; rejects with a WorkerCrash if it dies before it answers. */
  ask<T>(question: (remote: Remote<API>) => Promise<T>): Promise<T>;
  /** Ends the worker, whatever it is at: who waits for an answer is told of a WorkerCrash, and `onCrash` is not called. */
  end(): void;
}

/** Starts the script under a name. `onCrash` is called once, when the worker ends by an error that nobody caught or without a word. */
export function connect<API>(name: "trainer" | "reader", onCrash: () => void): Connection<API> {
  const worker = new Worker(new URL("../worker/worker.ts", import.meta.url), { type: "module", name });
  const remote = wrap<API>(worker);
  let crash: (error: WorkerCrash) => void = () => {};
  const crashed = new Promise<never>((_, reject) => {
    crash = reject;
  });
  crashed.catch(() => {}); // Whoever asks hears of it.
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
  const ready = new Promise<void>((resolve) => {
    worker.addEventListener("message", function hear({ data }) {
      if (data !== READY) return;
      worker.removeEventListener("message", hear);
      resolve();
    });
  });
  void ready.then(() => watch(wrap<Life>(worker), onEnd));
  return {
    ask: (question) => Promise.race([ready.then(() => question(remote)), crashed]),
    end: () => {
      over = true;
      worker.terminate();
      crash(new WorkerCrash(`the ${name} was ended`));
    },
  };
}

/**
 * A worker that ends without an error (by its own close(), by want of memory, by the browser's will) tells nobody. But
 * its lock becomes free. Where a page may have no locks, errors alone are noticed.
 */
async function watch(life: Remote<Life>, onEnd: () => void): Promise<void> {
  if (navigator.locks === undefined) return;
  const lock = `microgpt-lab-${Math.random()}`;
  try {
    await life.hold(lock);
    await navigator.locks.request(lock, () => onEnd());
  } catch {
    // No locks here.
  }
}
