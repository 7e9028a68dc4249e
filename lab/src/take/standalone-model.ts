/** The models that `standalone-gpt.js` can compute: microgpt.py's architecture in any size, with either of its MLPs. */

import { checkConfig, type GPTConfig, MicrogptError, presets } from "microgpt";

/** Fields that the script reads, or that only the first weights depend on. */
const READ: ReadonlySet<string> = new Set<keyof GPTConfig>([
  ...(["vocabSize", "nLayer", "nHead", "nEmbd", "blockSize"] as const),
  ...(["initStd", "zeroInit", "mlp"] as const),
]);
const MLPS: readonly unknown[] = ["relu", "relu2"];

/**
 * Refuses a model that the script would compute wrongly. A field added later is refused until the script knows it, unless
 * it has microgpt.py's value. Errors: a config with another value, and the field's name.
 */
export function checkStandalone(config: GPTConfig): void {
  const { vocabSize, nHead, nEmbd } = config;
  const known = new Map<string, unknown>(Object.entries(checkConfig({ ...presets.microgpt.model, vocabSize })));
  // The same model written with its numbers instead of 0.
  const same = new Map<string, unknown>(Object.entries({ nKvHead: nHead, nInner: 4 * nEmbd }));
  for (const [field, value] of Object.entries(checkConfig(config))) {
    const fits =
      field === "mlp"
        ? MLPS.includes(value)
        : READ.has(field) || value === known.get(field) || value === same.get(field);
    if (fits) continue;
    throw new MicrogptError({
      code: "unsupported",
      operation: "page",
      expected: `${field} ${field === "mlp" ? MLPS.join(" or ") : known.get(field)}, the architecture of microgpt.py`,
      got: `${value}`,
      fix: "take the .safetensors to the command line instead",
    });
  }
}
