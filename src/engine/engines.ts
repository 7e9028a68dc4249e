/** The engines by name. */

import type { GPTConfig } from "../model/config.ts";
import { CompiledEngine } from "./compiled-engine.ts";
import type { Engine } from "./engine.ts";
import { type EngineName, type EngineOptions, isAccelerator } from "./engine-options.ts";
import { ScalarEngine } from "./scalar-engine.ts";
import { wasmMachine } from "./wasm.ts";

const open: { readonly [E in EngineName]: (config: GPTConfig, options: EngineOptions) => Engine } = {
  wasm: (config, options) => new CompiledEngine(config, wasmMachine(options), options),
  scalar: (config, options) => new ScalarEngine(config, options.memoryLimit),
};

/** Opens the engine that the options name. */
export function openEngine(config: GPTConfig, options: EngineOptions): Engine {
  const { engine = "wasm" } = options;
  return isAccelerator(engine)
    ? new CompiledEngine(config, engine.machine(options), options)
    : open[engine](config, options);
}
