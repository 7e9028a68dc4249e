/** Finds where values in JSON text end, without interpreting them. */

const SPACE = /\s/;

/** The position of the first non-space character from there on. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && SPACE.test(text.charAt(at))) at++;
  return at;
}

/** The position after the value that begins there; -1 if the text ends within it, or may do so. */
export function skipValue(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; ) {
    const char = text.charAt(at);
    if (char === '"') at = skipString(text, at);
    else if (char === "{" || char === "[") [depth, at] = [depth + 1, at + 1];
    else if (char === "}" || char === "]") [depth, at] = [depth - 1, at + 1];
    else if (depth > 0) at = skipPlain(text, at + 1);
    else return bareEnd(text, from);
    if (at === -1 || depth <= 0) return at;
  }
  return -1;
}

/** The position after the string that begins there; -1 if it does not end. */
export function skipString(text: string, from: number): number {
  let at = text.indexOf('"', from + 1);
  while (at !== -1) {
    let slashes = 0;
    while (text.charAt(at - 1 - slashes) === "\\") slashes++;
    if (slashes % 2 === 0) return at + 1;
    at = text.indexOf('"', at + 1);
  }
  return -1;
}

/** Skips numbers, literals, commas, colons and spaces within a value. */
function skipPlain(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // " and {}[]; the codes of opening and closing ones differ by two.
    if (unit === 0x22 || unit === 0x5b || unit === 0x5d || unit === 0x7b || unit === 0x7d) return at;
  }
  return text.length;
}

/** The end of a number or literal. */
function bareEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at++) if (/[\s,\]}:"]/.test(text.charAt(at))) return Math.max(at, from + 1);
  return -1;
}

/** A member of an object. */
export interface Member {
  readonly key: string;
  /** The position of its value. */
  readonly at: number;
  /** The position after its value, or the end of the text. */
  readonly end: number;
}

/** The members of the object that begins there, up to the first broken one. */
export function membersOf(text: string, from: number): Member[] {
  const members: Member[] = [];
  for (let at = skipSpace(text, from + 1); text.charAt(at) === '"'; ) {
    const keyEnd = skipString(text, at);
    const colon = keyEnd === -1 ? -1 : skipSpace(text, keyEnd);
    if (colon === -1 || text.charAt(colon) !== ":") break;
    const key = text.slice(at + 1, keyEnd - 1);
    const start = skipSpace(text, colon + 1);
    const end = skipValue(text, start);
    members.push({ key, at: start, end: end === -1 ? text.length : end });
    if (end === -1) break;
    const comma = skipSpace(text, end);
    if (text.charAt(comma) !== ",") break;
    at = skipSpace(text, comma + 1);
  }
  return members;
}
