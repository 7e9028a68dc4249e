/** `microgpt/value`: scalar autograd alone, the piece to copy into a lesson. */
export { type Operation, Value } from "./scalar/value.ts";
