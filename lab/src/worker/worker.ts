/** The script of both workers. The name they are started under selects the worker, and the lock that it holds. */

import { expose } from "comlink";
import { carryErrors } from "./errors.ts";
import { HELD, READY } from "./ready.ts";

carryErrors();

const [role, lock = ""] = self.name.split(" ");

// First of all, and for life: when the worker ends for any reason, the lock is released, which tells the page. A page
// without locks learns only of errors.
navigator.locks
  ?.request(lock, () => {
    postMessage(HELD);
    return new Promise<never>(() => {});
  })
  .catch(() => {});

// No caller waits for a rejected promise, so the page must learn of it as of any other error.
addEventListener("unhandledrejection", ({ reason }) => reportError(reason));

// Fetched separately: the page can train before the reader's part is loaded.
expose(role === "reader" ? (await import("./reader.ts")).readerAPI() : (await import("./train/api.ts")).trainerAPI());
postMessage(READY);
