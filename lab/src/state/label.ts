import { type HelpRow, MODEL_HELP, TRAINING_HELP } from "microgpt";
import { words } from "../strings.ts";

/** The library's words about each setting. */
export const HELP: ReadonlyMap<string, HelpRow> = new Map(Object.entries({ ...MODEL_HELP, ...TRAINING_HELP }));

const { temperature, topK, topP, repetitionPenalty, maxNewTokens } = words.play;
const others: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...words.train.setup.fields, temperature, topK, topP, repetitionPenalty, maxNewTokens }),
);

/** The label of a setting's field. What has no field is called as in the library. */
export function labelOf(name: string): string {
  return HELP.get(name)?.label ?? others.get(name) ?? name;
}
