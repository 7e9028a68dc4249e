import type { EngineName, GPT } from "microgpt";

/** The engine of a model in the lab, which runs those that are built in. */
export function engineName({ engine }: GPT): EngineName {
  return engine === "scalar" ? "scalar" : "wasm";
}
