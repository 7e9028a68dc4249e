/** The script of both workers; the name they are started under says which one it is. */

import { expose } from "comlink";
import { READY } from "./ready.ts";

/** What the page asks of either worker. */
const life = {
  /** Holds a lock from now on: it is free again when the worker is no more, whatever ended it. */
  hold: (name: string): Promise<void> =>
    new Promise((held, refused) => {
      const forLife = (): Promise<never> => {
        held();
        return new Promise<never>(() => {});
      };
      navigator.locks.request(name, forLife).catch(refused);
    }),
};

export type Life = typeof life;

// Nobody waits for what was rejected: the page is to hear of it as of any other error.
addEventListener("unhandledrejection", ({ reason }) => reportError(reason));

// Fetched apart: the reader's part need not be there before the page can train.
const api =
  self.name === "reader" ? (await import("./reader.ts")).readerAPI() : (await import("./trainer-api.ts")).trainerAPI();
expose({ ...api, ...life });
// What was asked before would have been heard by nobody.
postMessage(READY);
