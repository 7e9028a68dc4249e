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

const BYTES: ReadonlyMap<string, number> = new Map(BYTE_CHARS.map((char, byte) => [char, byte]));

/** The bytes in the alphabet's characters. */
export function spellBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => BYTE_CHARS[byte]).join("");
}

/** The bytes that `spellBytes` spelled so; undefined for a text with a character outside of the alphabet. */
export function readSpelling(spelling: string): Uint8Array | undefined {
  const bytes = Array.from(spelling, (char) => BYTES.get(char) ?? -1);
  return bytes.includes(-1) ? undefined : Uint8Array.from(bytes);
}
