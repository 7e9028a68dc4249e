const CRC32 = table(0xedb88320);
const CRC32C = table(0x82f63b78);

/** The effect of each lowest byte on the remaining bytes. The polynomial's bits are reversed. */
function table(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc;
  });
}

/**
 * CRC-32 as in zip and PNG (polynomial 0xEDB88320). Continues from `crc`, the result for the preceding bytes. Detects
 * any damage of up to 32 bits in a row, and all but one in four billion of the rest.
 */
export function crc32(bytes: Uint8Array, crc = 0): number {
  return run(CRC32, bytes, crc);
}

/** CRC-32C (Castagnoli, polynomial 0x82F63B78), as in iSCSI and TensorFlow's record files. */
export function crc32c(bytes: Uint8Array): number {
  return run(CRC32C, bytes, 0);
}

function run(table: Uint32Array, bytes: Uint8Array, crc: number): number {
  let state = ~crc;
  for (const byte of bytes) state = (state >>> 8) ^ (table[(state ^ byte) & 0xff] as number);
  return ~state >>> 0;
}

/** A CRC as eight hexadecimal digits. */
export function hex32(crc: number): string {
  return crc.toString(16).padStart(8, "0");
}
