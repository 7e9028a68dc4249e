/** What the tests of the page put into it. */

import { readFileSync } from "node:fs";
import type { StandaloneOptions } from "./standalone.ts";

/** Its script, and words for it. */
export const pageOptions: StandaloneOptions = {
  script: readFileSync(new URL("./standalone-gpt.js", import.meta.url), "utf8"),
  words: {
    language: "en",
    title: "A tiny GPT that learned names",
    about: "Made with microgpt. It runs offline: nothing that you type leaves this page.",
    params: (count) => `A GPT of ${count.toLocaleString("en")} numbers, all of them in this file.`,
    start: "Text to begin with",
    temperature: "Temperature",
    topK: "Top-k",
    topKAll: "all",
    seed: "Seed",
    generate: "Generate",
    output: "What it writes",
    unknownCharacter: "The model has never seen the character “{character}”: leave it out.",
    startTooLong: "That is more than the model can read: use at most {most} tokens.",
    startNeeded: "Type some text to begin with: this model has no line end to begin after.",
  },
};
