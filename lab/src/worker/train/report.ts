/**
 * The trainer's report to the page, about ten times a second: everything to draw, so that no state must be
 * synchronized.
 */

import type {
  Baseline,
  Complaint,
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

/** `ready` before the first step; `failed` if the numbers overflowed; `model` for a model without data to train on. */
export type Phase = "ready" | "running" | "paused" | "finished" | "failed" | "model";

/** The facts about a run before its first step. */
export interface RunCard {
  readonly settings: LabSettings;
  readonly config: GPTConfig;
  readonly training: TrainingSettings;
  readonly engine: EngineName;
  /** Number of threads; 0 before the first step. */
  readonly threads: number;
  readonly numParams: number;
  readonly data: {
    readonly name: string;
    readonly mode: DataMode;
    readonly numDocs: number;
    readonly trainTokens: number;
    /** Share held out for validation. */
    readonly valFraction: number;
    /** The split of running text, as in a checkpoint. */
    readonly split?: TextSplit | undefined;
  };
  /** A few documents, or the beginning of the text, unchanged. */
  readonly excerpt: readonly string[];
}

/** Texts sampled after a step. */
export interface Drawn {
  readonly step: number;
  readonly texts: readonly { readonly text: string /** It stands in the training data. */; readonly copied: boolean }[];
}

export interface Latest {
  readonly loss: number;
  readonly gradNorm: number;
  readonly learningRate: number;
}

/** The reason why a run is not stored; the texts are in strings.ts. */
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
  /** NaN while unknown. */
  readonly secondsLeft: number;
  /** The first samples, then the newest, in the order of their steps. */
  readonly drawn: readonly Drawn[];
  readonly verdicts: readonly Verdict[];
  /** Steps whose weights are stored, ascending. */
  readonly moments: readonly number[];
  readonly keeping: Keeping;
  /** True if the run that this one replaced can be restored. */
  readonly canUndo: boolean;
  /** True if the stored run could not be read; it was set aside. */
  readonly foundDamaged?: boolean;
  /** The reason why the run failed. Absent if the error was unexpected. */
  readonly failure?: Complaint;
}

/** A Report as sent: a run's settings, which may contain a long text, are only in its first one. */
export interface Told extends Omit<Report, "card"> {
  readonly card: Omit<RunCard, "settings"> & Partial<Pick<RunCard, "settings">>;
}
