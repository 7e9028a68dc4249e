const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/**
 * CRC-32 as zip and PNG use it (polynomial 0xEDB88320). Given the result for what came before as `crc`, continues it.
 * Finds every damage of up to 32 bits in a row, and all but one in four billion of the rest.
 */
export function crc32(bytes: Uint8Array, crc = 0): number {
  let state = ~crc;
  for (const byte of bytes) state = (state >>> 8) ^ (TABLE[(state ^ byte) & 0xff] as number);
  return ~state >>> 0;
}

/** A CRC as eight hexadecimal digits. */
export function hex32(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}
