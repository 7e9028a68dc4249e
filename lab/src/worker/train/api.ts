import type { EngineName, SizeName } from "microgpt";
import type { LabSettings } from "../../settings.ts";
import { openStore } from "../../store/open-store.ts";
import { openCorpora } from "../corpora.ts";
import type { Pace } from "./pace.ts";
import type { Told } from "./report.ts";
import { Trainer } from "./trainer.ts";

/** The trainer's questions and commands for the page. Commands run in the order of their calls. */
export function trainerAPI() {
  const corpusOf = openCorpora();
  let isOpen = (_: Trainer): void => {};
  const trainer = new Promise<Trainer>((resolve) => {
    isOpen = resolve;
  });
  let last: Promise<unknown> = trainer;
  const inTurn = <T>(action: (trainer: Trainer) => T | Promise<T>): Promise<T> => {
    const result = last.then(() => trainer).then(action);
    last = result.catch(() => {});
    return result;
  };
  return {
    /** Call once; everything else waits for it. @returns true if there is a stored run */
    async open(tell: (report: Told) => void): Promise<boolean> {
      const opened = new Trainer({ store: await openStore(), corpusOf, tell });
      return opened.restore().finally(() => isOpen(opened));
    },
    begin: (settings: LabSettings) => inTurn((to) => to.begin(settings)),
    openFile: (file: Blob, name: string, settings: LabSettings) => inTurn((to) => to.open(file, name, settings)),
    undo: () => inTurn((to) => to.undo()),
    start: () => inTurn((to) => to.start()),
    step: () => inTurn((to) => to.step()),
    pause: () => inTurn((to) => to.pause()),
    extend: (numSteps: number) => inTurn((to) => to.extend(numSteps)),
    recommend: async (data: LabSettings["data"], engine: EngineName, size?: SizeName) =>
      (await trainer).recommend(data, engine, size),
    setPace: async (pace: Pace) => (await trainer).setPace(pace),
    weights: async () => (await trainer).weights(),
    checkpoint: async () => (await trainer).checkpoint(),
    data: async () => (await trainer).data(),
    moment: async (step: number) => (await trainer).moment(step),
  };
}

export type TrainerAPI = ReturnType<typeof trainerAPI>;
