/** The script of both workers. The name they are started under says which one it is, and the lock that it holds. */

import { expose } from "comlink";
import { HELD, READY } from "./ready.ts";

const [role, lock = ""] = self.name.split(" ");

// First of all, and for life: whatever ends the worker frees the lock, by which the page hears of it. A page that may have
// no locks hears of errors alone.
navigator.locks
  ?.request(lock, () => {
    postMessage(HELD);
    return new Promise<never>(() => {});
  })
  .catch(() => {});

// Nobody waits for what was rejected: the page is to hear of it as of any other error.
addEventListener("unhandledrejection", ({ reason }) => reportError(reason));

// Fetched apart: the reader's part need not be there before the page can train.
expose(role === "reader" ? (await import("./reader.ts")).readerAPI() : (await import("./train/api.ts")).trainerAPI());
postMessage(READY);
