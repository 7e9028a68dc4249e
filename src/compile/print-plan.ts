import { showShape } from "../util/shape.ts";
import type { Program } from "./compile.ts";
import type { Buffer } from "./kernel.ts";
import { bytesOf, lifetimes } from "./plan.ts";
import { namesOf } from "./print-kernel.ts";

/**
 * The address of each buffer, in ascending order: first byte, bytes, name and shape, and the first and last kernel of
 * its life (`always` for permanent ones).
 */
export function printPlan(program: Program): string {
  const { kernels, inputs, outputs, constants, plan } = program;
  const names = namesOf(kernels);
  const lives = new Map(lifetimes(kernels).map(({ buffer, first, last }) => [buffer, `${first} to ${last}`]));
  const resident = new Set<Buffer>([...inputs.values(), ...outputs.values(), ...constants]);
  const rows = [...plan.addresses]
    .sort(([, x], [, y]) => x - y)
    .map(([buffer, address]) => {
      const alive = resident.has(buffer) ? "always" : (lives.get(buffer) ?? "never");
      const bytes = bytesOf(buffer, program);
      return `${String(address).padStart(10)} ${String(bytes).padStart(10)}  ${alive.padEnd(10)} ${names.get(buffer) ?? buffer.name} ${showShape(buffer.shape)}`;
    });
  const { temporaryBytes, unsharedBytes } = plan;
  const saved = `temporaries take ${temporaryBytes} bytes, which would be ${unsharedBytes} if none shared its place`;
  return [`${"address".padStart(10)} ${"bytes".padStart(10)}  kernels    buffer`, ...rows, saved].join("\n");
}
