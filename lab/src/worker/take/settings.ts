/** Converts the lab's settings to those of a link, and back. */

import { MicrogptError, presets } from "microgpt";
import { dataSetId } from "../../data/ids.ts";
import type { LabSettings } from "../../settings.ts";
import type { SharedSettings } from "../../take/shared.ts";

export function toShared({ data: { missing, ...data }, size: _, ...settings }: LabSettings): SharedSettings {
  return { ...settings, data: missing ? { ...data, textLeftOut: true } : data };
}

/** Data that did not come along and is not the lab's is missing. Errors: a tokenizer other than the lab's. */
export function fromShared({ preset = "microgpt", tokenizer = "char", ...settings }: SharedSettings): LabSettings {
  if (tokenizer !== "char") {
    const fix = `train it from the command line: npx microgpt train --tokenizer ${tokenizer}`;
    throw new MicrogptError({
      code: "unsupported",
      operation: "link",
      expected: "characters as tokens",
      got: tokenizer,
      fix,
    });
  }
  const { textLeftOut, ...data } = settings.data;
  const missing = textLeftOut || (data.text === undefined && dataSetId(data.name) === undefined);
  return {
    ...settings,
    model: { ...presets[preset].model, ...settings.model },
    training: { ...presets[preset].training, ...settings.training },
    data: missing ? { ...data, missing: true } : data,
    size: "custom",
  };
}
