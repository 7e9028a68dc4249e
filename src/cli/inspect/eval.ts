import { type Checkpoint, type DataMode, scoreText, type TextScore } from "../../index.ts";
import { loadCheckpoint, loadCorpus } from "../../node.ts";
import { count } from "../../util/count.ts";
import { type EngineFlags, engineOptions, typed } from "../flags/engine.ts";
import type { IO } from "../io.ts";
import { movedTo, onMachine } from "../machine.ts";
import { chosenModel } from "../model-files.ts";
import { noteRecord, typedWords } from "../words.ts";

/** The flags of `microgpt eval`. */
export interface EvalFlags extends EngineFlags {
  readonly model?: string;
  readonly field?: string;
  readonly column?: string;
  readonly json?: true;
}

/** Evaluates a saved model on a text. */
export async function evalCommand(files: readonly string[], flags: EvalFlags, { report, terminal }: IO): Promise<void> {
  const path = await chosenModel(flags.model, "eval");
  const { weights: format, ...plain } = flags;
  const saved = await loadCheckpoint(path, engineOptions(plain));
  const mode: DataMode = saved.mode ?? "documents";
  const { field, column } = flags;
  const corpus = await loadCorpus(files, { mode, ...typed({ field, column }) });
  const characters = corpus.docs.reduce((sum, { length }) => sum + length, 0);
  const checkpoint = await onMachine(saved, plain, characters, (text) => report.warning(text));
  const scored = (one: Checkpoint): Promise<TextScore> =>
    scoreText(one, corpus, (done, batches) => {
      if (terminal.live && flags.json !== true) terminal.show(`evaluating ${done} / ${batches}`);
    });
  const exact = await scored(checkpoint);
  const narrow = format !== undefined && format !== "f32";
  const score = narrow
    ? await scored(movedTo(checkpoint, { ...engineOptions(flags), engine: checkpoint.model.engine }))
    : exact;
  if (flags.json === true) {
    const notes = corpus.notes.map(noteRecord);
    const cost = narrow ? { weights: format, lossOfF32: exact.loss } : {};
    const record = { model: path, data: corpus.name, mode, ...score, ...cost, ...(notes.length > 0 && { notes }) };
    terminal.record("score", record);
    return;
  }
  terminal.line(`model: ${path}`);
  terminal.line(
    `data: ${corpus.name} (${mode === "stream" ? "running text" : `${count(corpus.docs.length)} documents`})`,
  );
  for (const { message } of corpus.notes) terminal.line(`note: ${typedWords(message)}`);
  terminal.line(`loss: ${score.loss.toFixed(4)} nats a token, over ${count(score.tokens)} tokens`);
  if (narrow) {
    const more = score.loss - exact.loss;
    const change = `${Math.abs(more).toFixed(4)} ${more < 0 ? "less" : "more"}`;
    terminal.line(`weights: ${format}, ${change} than the ${exact.loss.toFixed(4)} of f32`);
  }
  terminal.line(`perplexity: ${score.perplexity.toFixed(2)}`);
  terminal.line(`bits per byte: ${score.bitsPerByte.toFixed(3)}`);
  const { cutDocs, cutTokens } = score;
  if (cutDocs === 0) return;
  const which = `${count(cutDocs)} of the documents are longer than the model's context, ${checkpoint.model.config.blockSize} tokens`;
  terminal.line(`note: ${which}, and are cut: ${count(cutTokens)} tokens are not counted`);
}
