/** The library: everything here runs in Node and in a page, without dependencies. */

export { BPETokenizer } from "./data/bpe-tokenizer.ts";
export { type TrainBPEOptions, trainBPE } from "./data/bpe-train.ts";
export type { BPETokenizerJSON, Pair } from "./data/bpe-vocabulary.ts";
export { ByteTokenizer, type ByteTokenizerJSON } from "./data/byte-tokenizer.ts";
export { CharTokenizer, type CharTokenizerJSON } from "./data/char-tokenizer.ts";
export { type Corpus, DATA_MODES, type DataMode } from "./data/corpus.ts";
export { decodeText } from "./data/decode-text.ts";
export { type Detected, detectMode, type ModeReason, type Sample } from "./data/detect-mode.ts";
export { parseDocuments } from "./data/documents.ts";
export { toHuggingFace } from "./data/huggingface-export.ts";
export { fromHuggingFace } from "./data/huggingface-import.ts";
export { unixLines } from "./data/lines.ts";
export { type NoveltyOptions, type NoveltyReport, noveltyReport } from "./data/novelty.ts";
export { type Split, splitDocuments, splitTail } from "./data/split.ts";
export { splitTexts, TEXT_SPLITS, type TextSplit } from "./data/split-texts.ts";
export type { TextStream, Tokenizer } from "./data/tokenizer.ts";
export {
  type FitTokenizerOptions,
  fitTokenizer,
  TOKENIZER_KINDS,
  type TokenizerKind,
  tokenizerFromJSON,
} from "./data/tokenizers.ts";
export type { TokenData, TokenSource } from "./data/tokens.ts";
export { SPLIT_PATTERNS, type SplitPattern } from "./data/words.ts";
export type {
  BatchLoss,
  Evaluator,
  GPTState,
  Gradients,
  Numbers,
  Pace,
  Trainer,
  TrainerOptions,
  Weights,
} from "./engine/engine.ts";
export {
  type Accelerator,
  ENGINES,
  type EngineChoice,
  type EngineName,
  type EngineOptions,
  type GPTOptions,
  isAccelerator,
} from "./engine/engine-options.ts";
export { GPT } from "./engine/gpt.ts";
export { type Inspection, type InspectOptions, inspect, type LayerInspection } from "./engine/inspect.ts";
export { planStep, type StepPlan } from "./engine/step-plan.ts";
export { checkConfig, readConfig } from "./model/check-config.ts";
export {
  type Architecture,
  type GPTConfig,
  MLPS,
  MODEL_HELP,
  MODEL_SETTINGS,
  type Model,
  NORMS,
  POSITIONS,
} from "./model/config.ts";
export { dropout } from "./model/dropout.ts";
export { type Filters, filterProbabilities } from "./model/filter.ts";
export { generate, sample } from "./model/generate.ts";
export { type Ending, type GenerateOptions, TEMPERATURES } from "./model/generate-options.ts";
export { type Context, gpt, type WatchPoint } from "./model/gpt.ts";
export { KVCache } from "./model/kv-cache.ts";
export { type BatchDecoder, type LanguageModel, type NextToken, probabilities } from "./model/language-model.ts";
export { WEIGHT_FORMATS, type WeightFormat } from "./model/narrow.ts";
export { type Packed, pack } from "./model/pack.ts";
export {
  countParams,
  type LayerDict,
  mapParams,
  namedParams,
  type Param,
  paramShapes,
  paramTable,
  type StateDict,
} from "./model/params.ts";
export type { Ranks } from "./model/ranks.ts";
export { type SamplesOptions, samples } from "./model/samples.ts";
export type { StepOptions, StepResult } from "./model/step.ts";
export type { NamedSlots, Slots } from "./optim/optimizer.ts";
export { OPTIMIZERS, type OptimizerName, type OptimizerSettings } from "./optim/optimizers.ts";
export { countNodes } from "./scalar/memory.ts";
export { ScalarGPT } from "./scalar/scalar-gpt.ts";
export { type OptimizerState, ScalarOptimizer, type ScalarOptimizerOptions } from "./scalar/scalar-optimizer.ts";
export { ScalarTensor } from "./scalar/scalar-tensor.ts";
export { trainStep } from "./scalar/train-step.ts";
export { type Operation, Value } from "./scalar/value.ts";
export { attention, attentionWeights, crossEntropy, layernorm, linear, rmsnorm, softmax } from "./tensor/nn.ts";
export type { Op, OpAttrs, OpInputs } from "./tensor/ops.ts";
export { Tensor } from "./tensor/tensor.ts";
export { type Baseline, bigramBaseline, describeBaseline } from "./train/baseline.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./train/checkpoint.ts";
export { dataFacts } from "./train/data-facts.ts";
export { evaluate, type Score, scoreOf } from "./train/evaluate.ts";
export { type RunFacts, RunHistory } from "./train/history.ts";
export {
  findLearningRate,
  type LearningRatePoint,
  type LearningRateSweep,
  suggestLearningRate,
} from "./train/lr-find.ts";
export { PRESET_NAMES, type Preset, type PresetName, presets } from "./train/presets.ts";
export {
  DEFAULT_SECONDS,
  type Recipe,
  recipeFor,
  type StepSeconds,
} from "./train/recipe.ts";
export type { DataFacts, RecipeOptions } from "./train/recipe-plan.ts";
export type { StepRecord, TrainOptions } from "./train/record.ts";
export {
  bestOf,
  type Checkpoint,
  type Evaluation,
  isFinished,
  maxRowsOf,
  outOfPatience,
  type Progress,
  type ResumeOptions,
  type Run,
  type RunOptions,
  stepOptionsOf,
  stepSize,
} from "./train/run.ts";
export { runBaseline, runFacts } from "./train/run-facts.ts";
export { learningRateAt, SCHEDULES, type Schedule } from "./train/schedule.ts";
export { scoreText, type TextScore } from "./train/score-text.ts";
export { checkSettings, TRAINING_HELP, TRAINING_SETTINGS, type TrainingSettings } from "./train/settings.ts";
export { SIZE_NAMES, SIZES, type Size, type SizeName } from "./train/sizes.ts";
export { reopenRun, resumeRun, startRun } from "./train/start.ts";
export { estimateStepSeconds } from "./train/step-seconds.ts";
export { train, trainEach } from "./train/train.ts";
export {
  type DataFingerprint,
  type DocumentData,
  preparedData,
  type StreamData,
  type TokenizeOptions,
  type TrainingData,
  tokenize,
  trainTokensOf,
} from "./train/training-data.ts";
export { judge, type Verdict, type VerdictKind, verdictsOf } from "./train/verdicts.ts";
export { crc32 } from "./util/crc32.ts";
export { type Complaint, type ErrorCode, lineOf, MicrogptError } from "./util/errors.ts";
export { decodeFloat16, encodeFloat16 } from "./util/float16.ts";
export { exp, log, pow } from "./util/math.ts";
export { Random, type RandomState } from "./util/random.ts";
export {
  type Fields,
  type Help,
  type HelpRow,
  type Kind,
  type Section,
  type Setting,
  type Settings,
  someSettings,
} from "./util/setting.ts";
export type { Shape } from "./util/shape.ts";
export { erf, sigmoid } from "./util/special.ts";
export { type Command, inWords, type Mention, Phrase, type Remark, type Tongue, type Words } from "./util/words.ts";
