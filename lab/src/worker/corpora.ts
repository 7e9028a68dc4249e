/** The texts of a data choice: the lab's data sets, or the user's own. */

import { type Corpus, MicrogptError } from "microgpt";
import namesURL from "microgpt/data/ssa-names-2018.txt?url";
import story from "microgpt/data/story.txt?raw";
import gptSource from "../../../src/model/gpt.ts?raw";
import valueSource from "../../../src/scalar/value.ts?raw";
import { dataSets, type Texts } from "../data/data-sets.ts";
import { dataSetId } from "../data/ids.ts";
import { ownText } from "../data/own-text.ts";
import type { DataChoice } from "../settings.ts";

/**
 * Returns the corpus of a choice; the names are fetched right away, so that nothing is fetched later. Errors: text that
 * nothing can be learned from, a data set that this lab does not have, a missing text.
 */
export function openCorpora(): (data: DataChoice) => Promise<Corpus> {
  const names = fetch(namesURL).then((response) => response.text());
  names.catch(() => {}); // Callers that ask for them get the error.
  const texts: Texts = { names: () => names, story: () => story, source: () => [gptSource, valueSource] };
  return async ({ name, text, mode, missing }) => {
    if (missing) {
      const fix = "choose other data, or enter the text as your own";
      throw new MicrogptError({
        code: "no-data",
        operation: `data ${name}`,
        expected: "its text",
        got: "none: it is not here",
        fix,
      });
    }
    const id = dataSetId(name);
    if (text !== undefined || id === undefined) return ownText(name, text ?? "", mode);
    return dataSets[id].load(texts);
  };
}
