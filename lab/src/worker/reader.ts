/** The reader: holds a model at one moment and answers the views' questions about it. Runs in a worker of its own. */

import { proxy } from "comlink";
import { openCorpora } from "./corpora.ts";
import { insideAPI } from "./inside/inside.ts";
import { playAPI } from "./play/play.ts";
import { type ModelCard, Reading } from "./reading.ts";
import { stepAPI } from "./step/step.ts";
import { takeAPI } from "./take/take.ts";
import { weightsAPI } from "./weights/weights.ts";

/** All questions of the views, one part for each. */
export function readerAPI() {
  const reading = new Reading();
  return {
    open: (bytes: Uint8Array): ModelCard => reading.open(bytes),
    play: proxy(playAPI(reading, openCorpora())),
    inside: proxy(insideAPI(reading)),
    step: proxy(stepAPI(reading)),
    weights: proxy(weightsAPI(reading)),
    take: proxy(takeAPI(reading)),
  };
}

export type ReaderAPI = ReturnType<typeof readerAPI>;
