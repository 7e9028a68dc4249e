/** The script of both workers; the name they are started under says which one it is. */

import { expose } from "comlink";
import type { EngineName, SizeName } from "microgpt";
import type { LabSettings } from "../settings.ts";
import { openStore } from "../store/open-store.ts";
import { corpusOf } from "./corpora.ts";
import type { Pace } from "./pace.ts";
import { readerAPI } from "./reader.ts";
import type { Report } from "./report.ts";
import { Trainer } from "./trainer.ts";

/** What the page may ask of the trainer. */
export function trainerAPI() {
  let trainer: Trainer | undefined;
  const get = (): Trainer => {
    if (trainer === undefined) throw new Error("internal: the trainer was not opened");
    return trainer;
  };
  return {
    /** To be called first. @returns the settings of the run that was kept, if there is one */
    async open(tell: (report: Report) => void): Promise<LabSettings | undefined> {
      trainer = new Trainer({ store: await openStore(), corpusOf, tell });
      return trainer.restore();
    },
    begin: (settings: LabSettings) => get().begin(settings),
    openFile: (bytes: Uint8Array, name: string, settings: LabSettings) => get().open(bytes, name, settings),
    recommend: (data: LabSettings["data"], engine: EngineName, size?: SizeName) => get().recommend(data, engine, size),
    undo: () => get().undo(),
    start: () => get().start(),
    step: () => get().step(),
    pause: () => get().pause(),
    extend: (numSteps: number) => get().extend(numSteps),
    setPace: (pace: Pace) => get().setPace(pace),
    weights: () => get().weights(),
    checkpoint: () => get().checkpoint(),
    moment: (step: number) => get().moment(step),
  };
}

export type TrainerAPI = ReturnType<typeof trainerAPI>;

expose(self.name === "reader" ? readerAPI(corpusOf) : trainerAPI());
