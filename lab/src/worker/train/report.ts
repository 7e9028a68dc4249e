/** What the trainer tells the page, some ten times a second: all that there is to draw, so that nothing must be kept in step. */

import type {
  Baseline,
  DataMode,
  EngineName,
  Evaluation,
  GPTConfig,
  TextSplit,
  TrainingSettings,
  Verdict,
} from "microgpt";
import type { LabSettings } from "../../settings.ts";
import type { CurvePoints } from "./curve.ts";

/**
 * `ready` before the first step; `failed` when the numbers left what numbers can hold; `model` when there is a model, but
 * no data to train it on.
 */
export type Phase = "ready" | "running" | "paused" | "finished" | "failed" | "model";

/** What is known of a run before its first step. */
export interface RunCard {
  readonly settings: LabSettings;
  readonly config: GPTConfig;
  readonly training: TrainingSettings;
  readonly engine: EngineName;
  /** Threads that work at it; 0 before the first step. */
  readonly threads: number;
  readonly numParams: number;
  readonly data: {
    readonly name: string;
    readonly mode: DataMode;
    readonly numDocs: number;
    readonly trainTokens: number;
    /** Share held out for validation. */
    readonly valFraction: number;
    /** How running text was split, as a checkpoint has it. */
    readonly split?: TextSplit | undefined;
  };
  /** A few documents, or the beginning of the text, as they stand in the data. */
  readonly excerpt: readonly string[];
}

/** Texts that the model wrote after a step. */
export interface Drawn {
  readonly step: number;
  readonly texts: readonly { readonly text: string /** It stands in the training data. */; readonly copied: boolean }[];
}

export interface Latest {
  readonly loss: number;
  readonly gradNorm: number;
  readonly learningRate: number;
}

/** Why a run is not kept: the words are in strings.ts. */
export type Keeping =
  | { readonly kind: "kept" /** The last step that is on disk. */; readonly step: number }
  | { readonly kind: "trouble"; readonly code: string };

export interface Report {
  readonly phase: Phase;
  readonly card: RunCard;
  readonly step: number;
  readonly numSteps: number;
  readonly latest?: Latest;
  readonly curve: CurvePoints;
  readonly evaluations: readonly Evaluation[];
  readonly baseline?: Baseline;
  readonly tokensPerSecond: number;
  /** NaN while it is not known. */
  readonly secondsLeft: number;
  /** The first ones, then the newest, in the order of their steps. */
  readonly drawn: readonly Drawn[];
  readonly verdicts: readonly Verdict[];
  /** Steps whose weights are kept, ascending. */
  readonly moments: readonly number[];
  readonly keeping: Keeping;
  /** Whether there is a run that this one took the place of, and that can be brought back. */
  readonly canUndo: boolean;
  /** The run that was kept in this browser could not be read; it was set aside. */
  readonly foundDamaged?: boolean;
  /** Why the run failed: one line. Absent where nobody foresaw it. */
  readonly failure?: string;
}

/** What is sent for a Report: a run's settings, which may hold a long text, go with the first one of the run alone. */
export interface Told extends Omit<Report, "card"> {
  readonly card: Omit<RunCard, "settings"> & Partial<Pick<RunCard, "settings">>;
}
