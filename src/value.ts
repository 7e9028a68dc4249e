/** `microgpt/value`: scalar autograd alone, the part to copy into a lesson. */
export { type Operation, Value } from "./scalar/value.ts";
