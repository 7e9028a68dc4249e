/**
 * Bytes as visible characters, one each, so that a token of any bytes can stand in a text file: GPT-2's alphabet
 * (`bytes_to_unicode` of its encoder.py), which Hugging Face calls ByteLevel. A byte that Latin-1 shows stands for itself;
 * the other 68, in their order, are U+0100 to U+0143. A space is Ġ, a line feed Ċ.
 */

/** Whether Latin-1 has a visible character there: no control, no space, not the soft hyphen. */
function isVisible(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
}

/** The character of each byte. */
export const BYTE_CHARS: readonly string[] = (() => {
  let hidden = 0;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isVisible(byte) ? byte : 0x100 + hidden++));
})();

/** The byte of each character by its code, one more than the byte; 0 for what is not in the alphabet. */
const BYTES = new Uint16Array(0x144);
for (const [byte, char] of BYTE_CHARS.entries()) BYTES[char.charCodeAt(0)] = byte + 1;

/** The bytes in the alphabet's characters. */
export function spellBytes(bytes: Uint8Array): string {
  let spelling = "";
  for (const byte of bytes) spelling += BYTE_CHARS[byte];
  return spelling;
}

/** The bytes that `spellBytes` spelled so; undefined for a text with a character outside of the alphabet. */
export function readSpelling(spelling: string): Uint8Array | undefined {
  const bytes = new Uint8Array(spelling.length);
  for (let i = 0; i < bytes.length; i++) {
    const found = BYTES[spelling.charCodeAt(i)] ?? 0;
    if (found === 0) return undefined;
    bytes[i] = found - 1;
  }
  return bytes;
}
