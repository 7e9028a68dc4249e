import type { TextSource } from "../../worker/play/data.ts";
import type { Report } from "../../worker/train/report.ts";

/** The source of a run's texts, for the worker that compares with them. */
export function sourceOf(report: Report | undefined): TextSource | undefined {
  if (report === undefined) return undefined;
  const { settings, data, training } = report.card;
  const { valFraction, split } = data;
  return { data: settings.data, valFraction, seed: training.seed, split };
}
