/** The texts behind the names of the data sets. */

import { type Corpus, parseDocuments } from "microgpt";
import namesURL from "microgpt/data/ssa-names-2018.txt?url";
import type { LabSettings } from "../settings.ts";

/** Fetched when the page is loaded, so that nothing must be fetched later. */
const names: Promise<string> = fetch(namesURL).then((response) => response.text());

export async function corpusOf(data: LabSettings["data"]): Promise<Corpus> {
  return parseDocuments(data.name, await names);
}
