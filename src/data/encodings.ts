/** Guesses the encoding of text that is not UTF-8, and the fix. */

import type { Foreign } from "./signatures.ts";

const save = (iconv: string): string => `save it as UTF-8, for instance: iconv -f ${iconv} -t utf8`;

/** Describes a file with NUL bytes: UTF-16 or UTF-32 without a mark, padded text, or a binary file. */
export function withNULs(head: Uint8Array, at: number): Foreign {
  const wide = wideText(head);
  if (wide !== undefined) return { got: `${wide} text without a byte order mark`, fix: save(wide.toLowerCase()) };
  const text = head.filter((byte) => byte !== 0);
  if (!isText(text)) return { got: `a binary file (byte ${at} is NUL)`, fix: "name a text file" };
  const padded = head.length > at && head.subarray(at).every((byte) => byte === 0);
  const got = padded ? `text that is padded with NUL bytes (from byte ${at} on)` : `text with NUL bytes (byte ${at})`;
  return { got, fix: "remove them: tr -d '\\000' < FILE > clean.txt" };
}

/**
 * The fix for bytes that are not UTF-8.
 *
 * @param before true if valid UTF-8 beyond ASCII came before them
 */
export function mendInvalid(bytes: Uint8Array, before: boolean): Foreign & { readonly binary: boolean } {
  if (countControls(bytes) > 0.02 * bytes.length) return { binary: true, got: "binary data", fix: "name a text file" };
  if (before) {
    const fix = "the rest is UTF-8: drop the damaged bytes, for instance: iconv -c -f utf8 -t utf8";
    return { binary: false, got: "damaged UTF-8", fix };
  }
  const [name, iconv] = guess(bytes);
  return { binary: false, got: name, fix: `it looks like ${name}: ${save(iconv)}` };
}

/**
 * The name of a wide encoding if every second byte is NUL, as for Latin letters in UTF-16, or three of four, as in
 * UTF-32.
 */
function wideText(head: Uint8Array): string | undefined {
  const counts = [0, 0, 0, 0];
  for (const [i, byte] of head.entries()) if (byte === 0) counts[i & 3] = (counts[i & 3] ?? 0) + 1;
  const [a = 0, b = 0, c = 0, d = 0] = counts;
  const [most, few] = [0.9 * Math.ceil(head.length / 4), 0.1 * Math.ceil(head.length / 4)];
  if (head.length >= 8 && Math.min(c, d) >= most && a <= few) return "UTF-32LE";
  if (head.length >= 8 && Math.min(a, b) >= most && d <= few) return "UTF-32BE";
  const ascii = head.filter((byte) => byte >= 0x20 && byte < 0x7f).length;
  for (const [name, zeros, others] of [["UTF-16LE", b + d, a + c] as const, ["UTF-16BE", a + c, b + d] as const]) {
    // Non-Latin text has few NULs, but other bytes outside ASCII.
    const some = zeros >= 0.35 * head.length || (zeros > others && head.length >= 16 && ascii < 0.8 * head.length);
    if (some && others <= 0.05 * head.length && isReadable(name, head)) return name;
  }
  return undefined;
}

function isReadable(encoding: string, bytes: Uint8Array): boolean {
  const text = decode(encoding.toLowerCase(), bytes.subarray(0, bytes.length & ~1)) ?? "\0";
  const strange = text.match(/[\p{Cn}\p{Co}\p{Cs}]|(?![\t\n\r\f])\p{Cc}/gu)?.length ?? 0;
  return strange <= 0.02 * text.length;
}

function isText(bytes: Uint8Array): boolean {
  return bytes.length > 0 && countControls(bytes) <= 0.02 * bytes.length && decode("utf-8", bytes) !== undefined;
}

/** The number of control characters that do not occur in text. */
function countControls(bytes: Uint8Array): number {
  return bytes.filter((byte) => byte < 0x20 && !(byte >= 7 && byte <= 13) && byte !== 0x1b).length;
}

/** Undefined if the bytes are invalid in the encoding; ignores a character cut off at the end. */
function decode(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

type Encoding = readonly [name: string, iconv: string];

function guess(bytes: Uint8Array): Encoding {
  const high = bytes.filter((byte) => byte >= 0x80);
  const letters = bytes.filter((byte) => /[A-Za-z]/.test(String.fromCharCode(byte))).length;
  return high.length < 0.4 * (high.length + letters) ? latin(bytes) : (asian(bytes) ?? cyrillic(high));
}

/** Chooses the encoding of accented letters among ASCII. */
function latin(bytes: Uint8Array): Encoding {
  const isLetter = (byte = 0): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
  let [signs, within] = [0, 0];
  for (const [i, byte] of bytes.entries()) {
    // Between 0x80 and 0x9f Windows has quotes and dashes, the Mac letters; 0x92 is an apostrophe.
    if (byte < 0x80 || byte > 0x9f || byte === 0x92) continue;
    signs++;
    if (isLetter(bytes[i - 1]) && isLetter(bytes[i + 1])) within++;
  }
  if (signs > 0 && 2 * within >= signs) return ["Mac OS Roman", "macintosh"];
  return bytes.some((byte) => byte >= 0x80 && byte <= 0x9f) ? ["Windows-1252", "cp1252"] : ["Latin-1", "latin1"];
}

const ASIAN: readonly (readonly [
  ...Encoding,
  decoder: string,
  letters: RegExp,
  least: number,
  leads?: readonly [number, number],
])[] = [
  ["EUC-JP", "euc-jp", "euc-jp", /[\p{sc=Hira}\p{sc=Kana}]/gu, 0.3],
  ["Shift JIS", "cp932", "shift_jis", /[\p{sc=Hira}\u30A1-\u30FA]/gu, 0.3],
  ["EUC-KR", "cp949", "euc-kr", /\p{sc=Hang}/gu, 0.9],
  ["GBK", "gb18030", "gbk", /[\u4E00-\u9FFF]/gu, 0.5, [0xb0, 0xd7]],
  ["Big5", "big5", "big5", /[\u4E00-\u9FFF]/gu, 0.5, [0xa4, 0xc6]],
];

function asian(bytes: Uint8Array): Encoding | undefined {
  const found = ASIAN.find(([, , decoder, letters, least, leads]) => {
    const text = decode(decoder, bytes)?.replace(/[^\u0080-\uFFFF]/g, "") ?? "";
    const share = (text.match(letters)?.length ?? 0) / Math.max(1, text.length);
    return share >= least && (leads === undefined || areFrequent(bytes, leads));
  });
  return found && [found[0], found[1]];
}

/**
 * True if most characters are in the rows of frequent characters and punctuation; random pairs of bytes fall anywhere.
 */
function areFrequent(bytes: Uint8Array, [first, last]: readonly [number, number]): boolean {
  let [pairs, frequent] = [0, 0];
  for (let i = 0; i < bytes.length; i++) {
    const lead = bytes[i] ?? 0;
    if (lead < 0x80) continue;
    pairs++;
    i++;
    if ((lead >= 0xa1 && lead <= 0xa3) || (lead >= first && lead <= last)) frequent++;
  }
  return frequent >= 0.7 * pairs;
}

/** Chooses the encoding by the most frequent letters: o, e and a. */
function cyrillic(high: Uint8Array): Encoding {
  const count = (letters: readonly number[]): number => high.filter((byte) => letters.includes(byte)).length;
  const [windows, koi8] = [count([0xee, 0xe5, 0xe0]), count([0xcf, 0xc5, 0xc1])];
  if (Math.max(windows, koi8) < 0.1 * high.length) return ["an older encoding of its language", "ENCODING"];
  return windows > koi8 ? ["Windows-1251", "cp1251"] : ["KOI8-R", "koi8-r"];
}
