/** `microgpt/value`: scalar autograd alone, the piece to copy into a lesson. */
export { Value } from "./scalar/value.ts";
