import { stat } from "node:fs/promises";
import {
  bestOf,
  type Checkpoint,
  countParams,
  type Evaluation,
  type GPTConfig,
  MODEL_SETTINGS,
  namedParams,
  paramShapes,
} from "../../index.ts";
import { loadCheckpoint } from "../../node.ts";
import { snakeCase } from "../../util/case.ts";
import { count } from "../../util/count.ts";
import { showShape, sizeOf } from "../../util/shape.ts";
import { entriesOf } from "../flags/settings.ts";
import { type IO, memoryLimit, type OutputFlags } from "../io.ts";
import { chosenModel } from "../model-files.ts";
import { drawCurve, summarize } from "../runs/curve.ts";
import { describeTokenizer } from "./show-tokenizer.ts";

/** Describes a saved model: config, parameters, tokenizer, training history. */
export async function infoCommand(path: string | undefined, { json }: OutputFlags, { terminal }: IO): Promise<void> {
  const file = await chosenModel(path, "info");
  const checkpoint = await loadCheckpoint(file, { memoryLimit: memoryLimit() });
  const { size } = await stat(file);
  if (json === true) terminal.record("info", { path: file, bytes: size, ...describe(checkpoint) });
  else terminal.line(`${file}, ${count(size)} bytes\n\n${sections(checkpoint, terminal.columns).join("\n\n")}`);
}

function describe({ model, tokenizer, progress }: Checkpoint): object {
  const params = namedParams(paramShapes(model.config)).map(([name, shape]) => ({ name, shape }));
  const about = { config: model.config, numParams: countParams(model.config), params, tokenizer };
  if (progress === undefined) return about;
  const { settings, data, losses, evaluations } = progress;
  return { ...about, training: { step: losses.length, settings, data, losses, evaluations } };
}

function sections(checkpoint: Checkpoint, columns: number): string[] {
  const { model, tokenizer, progress } = checkpoint;
  const params = namedParams(paramShapes(model.config)).map(([name, shape]): [string, string, string] => [
    name,
    showShape(shape),
    count(sizeOf(shape)),
  ]);
  return [
    `config\n${record(telling(model.config))}`,
    `parameters: ${count(countParams(model.config))}\n${table(params)}`,
    `tokenizer: ${describeTokenizer(tokenizer)}`,
    progress === undefined ? "training: not saved with this model" : history(progress, columns),
  ];
}

/** The sizes, the first weights, and what else is not as in microgpt.py. */
function telling(config: GPTConfig): object {
  const rows = entriesOf(MODEL_SETTINGS).map(([name, row]) => [name, config[name] ?? row.default, row] as const);
  const told = rows.filter(([, value, row]) => row.since === undefined || row.default !== value);
  return { vocabSize: config.vocabSize, ...Object.fromEntries(told.map(([name, value]) => [name, value])) };
}

function history(progress: NonNullable<Checkpoint["progress"]>, columns: number): string {
  const { settings, data, losses, evaluations } = progress;
  const what = data.mode === "documents" ? `${count(data.numDocs)} documents` : "running text";
  const done = `training: ${count(losses.length)} of ${count(settings.numSteps)} steps on ${data.name} (${what})`;
  const how = record(settings);
  if (losses.length === 0) return `${done}\n${how}`;
  return `${done}\n${how}\n\n${drawCurve(losses, columns, evaluations)}\n${summarize(losses)}${validated(evaluations)}`;
}

function validated(evaluations: readonly Evaluation[]): string {
  const [best, last] = [bestOf(evaluations), evaluations.at(-1)];
  if (best === undefined || last === undefined) return "";
  return `\nvalidation loss: ${last.loss.toFixed(4)}, best ${best.loss.toFixed(4)} after step ${count(best.step)}`;
}

/** Names, spelled as flags, with their values. */
function record(values: object): string {
  return table(Object.entries(values).map(([name, value]) => [snakeCase(name), String(value)]));
}

/** Aligned rows: the first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0);
  return rows.map((row) => `  ${row.map(cell).join("  ")}`).join("\n");
}
