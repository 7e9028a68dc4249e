import { crc32, hex32 } from "../util/crc32.ts";

/** The bytes of a file's header before its checksum: the first entry of the metadata, so that its position is known. */
const BEFORE = new TextEncoder().encode('{"__metadata__":{"checksum":"');
const START = 8 + BEFORE.length;
const END = START + 8;

/** Placeholder for the checksum while it is computed. */
export const NO_CHECKSUM = "00000000";

/** Writes the CRC-32 of the whole file, computed with the placeholder, in place of the placeholder. */
export function seal(file: Uint8Array): void {
  file.set(new TextEncoder().encode(checksumOf(file)), START);
}

/** The correct checksum of this file. */
export function checksumOf(file: Uint8Array): string {
  const before = crc32(file.subarray(0, START));
  const zeros = crc32(new TextEncoder().encode(NO_CHECKSUM), before);
  return hex32(crc32(file.subarray(END), zeros));
}

/** A header that begins as `seal` leaves it: a name of eight characters with a value of eight characters. */
const SEALED = /^\{"__metadata__":\{"[^"]{8}":"[^"]{8}"/;

/**
 * True if the file has the form that `seal` gives it, even if the checksum's name or value is damaged. A program that
 * saves the file again orders the metadata in its own way, and the checksum no longer applies.
 */
export function isSealed(file: Uint8Array): boolean {
  return SEALED.test(new TextDecoder("latin1").decode(file.subarray(8, END + 1)));
}
