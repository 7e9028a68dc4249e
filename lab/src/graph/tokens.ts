/** The words of the sandbox's language. */

import { MicrogptError } from "microgpt";

export type Sign = "+" | "-" | "*" | "/" | "**" | "(" | ")" | "," | "." | "=" | ";";

export interface Token {
  readonly kind: "number" | "name" | "end" | Sign;
  /** As written; a line end is a `;`. */
  readonly text: string;
  /** `column 7`, or `line 2, column 7` after the first line; both count from 1. */
  readonly place: string;
}

/** A line end separates statements as `;` does. */
const TOKEN =
  /(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<sign>\*\*|[-+*/(),.=;\n])|(?<space>[^\S\n]+)/uy;

/** Splits a text; the last token is its end. Errors: a character that begins no token. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN); // a local copy, since it keeps a position
  let [line, lineStart, at] = [1, 0, 0];
  const place = (): string => `${line > 1 ? `line ${line}, ` : ""}column ${at - lineStart + 1}`;
  while (at < text.length) {
    pattern.lastIndex = at;
    const { 0: found = "", groups = {} } = pattern.exec(text) ?? {};
    if (found === "") throw unknown(text.slice(at), place());
    if (groups.number !== undefined) tokens.push({ kind: "number", text: found, place: place() });
    else if (groups.name !== undefined) tokens.push({ kind: "name", text: found, place: place() });
    else if (isSign(groups.sign)) tokens.push({ kind: groups.sign, text: found, place: place() });
    else if (found === "\n") tokens.push({ kind: ";", text: "line end", place: place() });
    at += found.length;
    if (found === "\n") [line, lineStart] = [line + 1, at];
  }
  tokens.push({ kind: "end", text: "the end", place: place() });
  return tokens;
}

/** An error about a place in an expression. */
export function complaint(expected: string, got: string, fix: string): MicrogptError {
  return new MicrogptError({ code: "usage", operation: "expression", expected, got, fix });
}

const SIGNS: readonly Sign[] = ["+", "-", "*", "/", "**", "(", ")", ",", ".", "=", ";"];

function isSign(text: string | undefined): text is Sign {
  return SIGNS.some((sign) => sign === text);
}

function unknown(rest: string, place: string): MicrogptError {
  const [character = ""] = rest;
  const fix = character === "^" ? "write ** for a power" : "leave it out";
  return complaint("numbers, names and + - * / ** ( )", `\`${character}\` at ${place}`, fix);
}
