/** Export and import of the reader's model: links and pages. */

import { countParams, encodeCheckpoint } from "microgpt";
import type { LabSettings } from "../../settings.ts";
import { decodeLink, encodeLink } from "../../take/link.ts";
import { checkpointOf, fitsInLink, sharedModel } from "../../take/shared.ts";
import { standaloneHTML } from "../../take/standalone.ts";
import type { Reading } from "../reading.ts";
import { fromShared, toShared } from "./settings.ts";

/** The possible exports of the model. */
export interface Takeable {
  /** True if its weights fit into a link. */
  readonly fitsInLink: boolean;
  /** Size of the page in bytes, within some hundreds. */
  readonly pageBytes: number;
}

/** The content of a link. */
export interface Linked {
  readonly settings: LabSettings;
  /** The model in the link, as a file of weights. */
  readonly model?: { readonly file: Blob; readonly numParams: number };
}

/** The page's texts, which can be posted: all but one are strings. */
export interface PageWords extends Omit<Parameters<typeof standaloneHTML>[1]["words"], "params"> {
  readonly params: string;
}

/** Size of a page without the weights, the tokenizer and the script: style, form and texts. */
const PAGE_BYTES = 3700;

export function takeAPI(reading: Reading) {
  // Fetched when the page is loaded, so that nothing is fetched later.
  const script = import("../../take/standalone-gpt.js?raw").then((module) => module.default);
  script.catch(() => {}); // Callers that ask for the page get the error.
  return {
    async about(): Promise<Takeable> {
      const { model, tokenizer } = reading.checkpoint;
      // Four bytes each, in base64.
      const weights = 4 * Math.ceil((4 * countParams(model.config)) / 3);
      const vocabulary = new TextEncoder().encode(JSON.stringify(tokenizer)).length;
      const pageBytes = PAGE_BYTES + (await script).length + vocabulary + weights;
      return { fitsInLink: fitsInLink(model.config), pageBytes };
    },

    /** The fragment of a link, without `#`. Errors: those of `encodeLink`. */
    link(settings: LabSettings, withModel: boolean): Promise<string> {
      const shared = { settings: toShared(settings) };
      return encodeLink(withModel ? { ...shared, model: sharedModel(reading.checkpoint) } : shared);
    },

    /** Errors: those of `decodeLink`, settings that the lab does not have. */
    async readLink(fragment: string): Promise<Linked> {
      const shared = await decodeLink(fragment);
      const settings = fromShared(shared.settings);
      if (shared.model === undefined) return { settings };
      const bytes = encodeCheckpoint(checkpointOf(shared.model, { engine: settings.engine }));
      const file = new Blob([new Uint8Array(bytes)]);
      return { settings, model: { file, numParams: shared.model.weights.length } };
    },

    /** The model as one HTML file. Errors: those of `standaloneHTML`. */
    async page(words: PageWords): Promise<Blob> {
      const { params } = words;
      const html = await standaloneHTML(reading.checkpoint, {
        words: { ...words, params: () => params },
        script: await script,
      });
      return new Blob([html], { type: "text/html" });
    },
  };
}
