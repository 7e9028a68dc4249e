import { type GPTConfig, MODEL_HELP, MODEL_SETTINGS, presets } from "../../index.ts";
import { snakeCase } from "../../util/case.ts";
import { entriesOf } from "./settings.ts";

/**
 * The choices in a model's architecture that neither revision of microgpt.py has made, as flags spell them: `norm layernorm`,
 * `tied`, `no embedding_norm`.
 */
export function variantsOf(config: GPTConfig): string[] {
  return entriesOf(MODEL_SETTINGS).flatMap(([name]) => {
    const value = config[name] ?? MODEL_SETTINGS[name].default;
    const isUsual = Object.values(presets).some(({ model }) => model[name] === value);
    if (isUsual || MODEL_HELP[name].section !== "architecture") return [];
    const flag = snakeCase(name);
    return [value === true ? flag : value === false ? `no ${flag}` : `${flag} ${value}`];
  });
}
