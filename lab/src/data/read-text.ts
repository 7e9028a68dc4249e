import { decodeText } from "microgpt";
import { checkSize } from "./own-text.ts";

/**
 * The text of a file that the user opens or drops. Errors: a file that is too large, which is not read; one that is not
 * text.
 */
export async function readText(file: File): Promise<string> {
  checkSize(file.size, file.name);
  return decodeText(file.name, new Uint8Array(await file.arrayBuffer()));
}
