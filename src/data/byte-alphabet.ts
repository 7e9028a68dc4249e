/**
 * Bytes as visible characters, one each, so that a token of any bytes can be written in a text file. This is GPT-2's
 * alphabet (`bytes_to_unicode` in its encoder.py), which Hugging Face calls ByteLevel. A byte that is visible in
 * Latin-1 represents itself; the other 68 are, in order, U+0100 to U+0143. A space is Ġ, a line feed Ċ.
 */

/** True if the byte is a visible Latin-1 character: not a control character, a space or the soft hyphen. */
function isVisible(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
}

/** The character of each byte. */
export const BYTE_CHARS: readonly string[] = (() => {
  let hidden = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isVisible(byte) ? byte : 0x100 + hidden++));
})();

/** The byte of each character code, plus one; 0 for codes outside the alphabet. */
const BYTES = new Uint16Array(0x144);
for (const [byte, char] of BYTE_CHARS.entries()) BYTES[char.charCodeAt(0)] = byte + 1;

/** Spells bytes in the alphabet's characters. */
export function spellBytes(bytes: Uint8Array): string {
  let spelling = "";
  for (const byte of bytes) spelling += BYTE_CHARS[byte];
  return spelling;
}

/** The inverse of `spellBytes`; undefined if the text has a character outside the alphabet. */
export function readSpelling(spelling: string): Uint8Array | undefined {
  const bytes = new Uint8Array(spelling.length);
  for (let i = 0; i < bytes.length; i++) {
    const found = BYTES[spelling.charCodeAt(i)] ?? 0;
    if (found === 0) return undefined;
    bytes[i] = found - 1;
  }
  return bytes;
}
