/** Bytes as text: base64, and its URL-safe form for links (RFC 4648, sections 4 and 5). */

/**
 * As many bytes at once as a function can take as arguments on any engine; a multiple of 3, so that the parts can be
 * joined.
 */
const PART = 3 * 2 ** 12;

/** With `+`, `/` and padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += PART) text += btoa(String.fromCharCode(...bytes.subarray(at, at + PART)));
  return text;
}

/** With `-` and `_` and no padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The inverse of `toBase64Url`; undefined for a text that it cannot have written. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  // The last character may hold surplus bits.
  return toBase64Url(bytes.subarray(-(bytes.length % 3 || 3))) === text.slice(-(text.length % 4 || 4))
    ? bytes
    : undefined;
}
