import { closeSync, openSync, readSync } from "node:fs";
import { cpus } from "node:os";

/** The first processors; a machine with hundreds takes long to list them all. */
const CPUINFO_BYTES = 16_384;

/** The fields of /proc/cpuinfo that decide which instructions there are: those of x86, then ARM's, then others'. */
const FIELDS =
  /^(vendor_id|cpu family|model|model name|stepping|flags|Features|CPU (implementer|architecture|variant|part|revision)|cpu|revision|isa|uarch)\s*:/;

/**
 * Text that is the same on processors with the same instructions: machine code for one may end the process on another.
 * A home folder, and so the cache, may be shared by several machines.
 */
export function processorIdentity(cpuinfo: string | undefined = readCpuinfo()): string {
  const lines = (cpuinfo ?? "").split("\n").slice(0, -1);
  const facts = [...new Set(lines.filter((line) => FIELDS.test(line)))];
  return [process.platform, process.arch, ...(facts.length > 0 ? facts : [cpus()[0]?.model ?? ""])].join("\n");
}

/** The beginning of /proc/cpuinfo; undefined if there is none. */
function readCpuinfo(): string | undefined {
  let file: number;
  try {
    file = openSync("/proc/cpuinfo", "r");
  } catch {
    return undefined;
  }
  try {
    const bytes = Buffer.alloc(CPUINFO_BYTES);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null);
    }
    return bytes.toString("latin1", 0, length);
  } finally {
    closeSync(file);
  }
}
