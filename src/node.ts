/** The parts that need files or a network, for Node. */

export { checkWritable, writeAtomically } from "./node/atomic-write.ts";
export { loadCheckpoint, saveCheckpoint } from "./node/checkpoint-file.ts";
export { type Claim, type ClaimOptions, claim, type Owner, ownerOf, tryClaim } from "./node/claim.ts";
export { DATASETS, type Dataset, type DatasetOptions, loadDataset } from "./node/datasets.ts";
export type { Note, NoteKind } from "./node/findings.ts";
export { type CorpusOptions, type LoadedCorpus, loadCorpus } from "./node/load-corpus.ts";
export { loadText } from "./node/load-text.ts";
export type {
  EndLine,
  RunLine,
  RunMetrics,
  SampleLine,
  StepLine,
  VerdictLine,
} from "./node/metrics.ts";
export {
  MetricsFile,
  type MetricsFileOptions,
  type RunDescription,
  type StepMetrics,
} from "./node/metrics-file.ts";
export { checkNoInput, checkOutput, type OutputKind } from "./node/outputs.ts";
export { type PrepareOptions, type PrepareProgress, prepare } from "./node/prepare.ts";
export { openFile, readFileBytes } from "./node/read.ts";
export { isTraining, metricsPath, readMetrics } from "./node/read-metrics.ts";
export { readSavedRun, type SavedRun } from "./node/saved-run.ts";
export type { RecordFlags } from "./node/sources.ts";
export { isPrepared, type OpenOptions, openTokens } from "./node/token-files.ts";
export type { TokenFiles } from "./node/token-folder.ts";
export type { Dtype, PartMeta, TokenMeta } from "./node/token-meta.ts";
export { loadTokenizer, saveTokenizer } from "./node/tokenizer-file.ts";
