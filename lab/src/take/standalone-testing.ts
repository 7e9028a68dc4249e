/** Fixtures for the tests of the page. */

import { readFileSync } from "node:fs";
import { words } from "../strings.ts";
import type { StandaloneOptions } from "./standalone.ts";

/** The page's script and texts. */
export const pageOptions: StandaloneOptions = {
  script: readFileSync(new URL("./standalone-gpt.js", import.meta.url), "utf8"),
  words: {
    ...words.standalone,
    title: "A tiny GPT that learned names",
    params: (count) => `A GPT of ${count.toLocaleString("en")} numbers, all of them in this file.`,
  },
};
