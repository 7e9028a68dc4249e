/** Turns typed text into a token. */

import type { ModelCard } from "../../worker/reading.ts";

/** The token that was typed; `\n`, `\t` and `\xE2` are escapes. Undefined if there is none. */
export function tokenOf(typed: string, { pieces }: Pick<ModelCard, "pieces">): number | undefined {
  const plain = pieces.indexOf(typed);
  if (plain !== -1) return typed === "" ? undefined : plain;
  const unescaped = typed.replaceAll(/\\([nt])/g, (_, letter: string) => (letter === "n" ? "\n" : "\t"));
  const found = pieces.indexOf(unescaped.replaceAll(/\\x[\da-f]{2}/gi, (hex) => `\\x${hex.slice(2).toUpperCase()}`));
  return found === -1 || unescaped === "" ? undefined : found;
}

/** The longest tokens that the typed text begins with, as suggestions. */
export function tokensLike(typed: string, { pieces }: Pick<ModelCard, "pieces">, most: number): string[] {
  return pieces
    .filter((piece) => piece !== "" && typed.startsWith(piece))
    .sort((a, b) => b.length - a.length)
    .slice(0, most);
}

/** True if each token is a character, so that a key is a guess. */
export function isOfCharacters({ pieces }: Pick<ModelCard, "pieces">): boolean {
  return pieces.every((piece) => [...piece].length <= 1 || CONTROL.test(piece));
}

/** An invisible control character; the other escapes are bytes of a character. */
const CONTROL = /^\\x(?:[01][\dA-F]|7F|[89][\dA-F])$/;
