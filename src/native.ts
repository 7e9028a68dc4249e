/** microgpt/native: models as machine code of this processor. For Node, with a C compiler and the package koffi. */

export { type AcceleratorOptions, machineCode, missing, native } from "./native/accelerator.ts";
