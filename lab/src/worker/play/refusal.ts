/**
 * The library's refusals with the field they are about: an error loses everything but its message on the way to the
 * page.
 */

import { MicrogptError } from "microgpt";

/** Fields of the sampling settings. */
export const FIELDS = ["prompt", "temperature", "topK", "topP", "repetitionPenalty", "maxNewTokens", "seed"] as const;
export type Field = (typeof FIELDS)[number];

export interface Refusal {
  readonly field: Field;
  /** One line for the user. */
  readonly refused: string;
}

/** Returns the library's refusal of a field as an answer; throws any other error. */
export async function refusing<T>(action: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await action();
  } catch (error) {
    const field = error instanceof MicrogptError ? fieldOf(error) : undefined;
    if (field === undefined || !(error instanceof MicrogptError)) throw error;
    return { field, refused: error.message };
  }
}

/**
 * Finds the field by the name that the complaint begins with; a text that cannot be spelled, or does not fit, is the
 * prompt.
 */
function fieldOf({ complaint: { operation, expected } }: MicrogptError): Field | undefined {
  if (operation === "tokenizer") return "prompt";
  if (operation === "random") return "seed";
  if (operation !== "generate") return undefined;
  if (expected.startsWith("a start")) return "prompt";
  return FIELDS.find((field) => expected.startsWith(`${inSnakeCase(field)} to be `));
}

function inSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
