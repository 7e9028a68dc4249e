/** The library's refusals with the field they are about, as answers: what is typed on the page may be wrong at any time. */

import { type Complaint, MicrogptError } from "microgpt";

/** Fields of the sampling settings. */
export const FIELDS = ["prompt", "temperature", "topK", "topP", "repetitionPenalty", "maxNewTokens", "seed"] as const;
export type Field = (typeof FIELDS)[number];

export interface Refusal {
  readonly field: Field;
  readonly refused: Complaint;
}

/** Returns the library's refusal of a field as an answer; throws any other error. */
export async function refusing<T>(action: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await action();
  } catch (error) {
    const field = error instanceof MicrogptError ? fieldOf(error) : undefined;
    if (field === undefined || !(error instanceof MicrogptError)) throw error;
    return { field, refused: error.complaint };
  }
}

/** A text that cannot be spelled, or has no room, is the prompt. */
function fieldOf({ code, field }: MicrogptError): Field | undefined {
  if (code === "character" || field === "start") return "prompt";
  return FIELDS.find((name) => name === field);
}
