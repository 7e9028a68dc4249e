/** Parses the lines of metrics.ts. Every field is checked, since a file may come from anywhere. */

import { isRecord } from "../util/checks.ts";
import { mistake, show } from "../util/errors.ts";
import {
  END_REASONS,
  type FirstLine,
  type LaterLine,
  METRICS_VERSION,
  type MetricsLine,
  type RunMetrics,
  type SampleLine,
  type StepLine,
  type VerdictLine,
} from "./metrics.ts";
import { broken, MetricsFields } from "./metrics-fields.ts";

/** The reader of each type of line. */
const READERS: {
  readonly [T in MetricsLine["type"]]: (fields: MetricsFields) => Extract<MetricsLine, { readonly type: T }>;
} = {
  run: (fields) => ({
    type: "run",
    ...(fields.has("label") && { label: fields.string("label") }),
    data: fields.string("data"),
    startedAt: fields.date("startedAt"),
    pid: fields.count("pid"),
    ...(fields.has("processStart") && { processStart: fields.string("processStart") }),
    numParams: fields.count("numParams"),
    config: fields.object("config"),
    settings: fields.settings(),
  }),
  step: (fields) => ({
    type: "step",
    step: fields.count("step"),
    loss: fields.number("loss"),
    ...(fields.has("valLoss") && { valLoss: fields.number("valLoss") }),
    learningRate: fields.number("learningRate"),
    gradNorm: fields.number("gradNorm"),
    tokens: fields.count("tokens"),
    tokensPerSecond: fields.number("tokensPerSecond"),
    elapsed: fields.number("elapsed"),
  }),
  sample: (fields) => ({ type: "sample", step: fields.count("step"), text: fields.string("text") }),
  verdict: (fields) => ({
    type: "verdict",
    step: fields.count("step"),
    kind: fields.string("kind"),
    text: fields.string("text"),
  }),
  end: (fields) => ({
    type: "end",
    step: fields.count("step"),
    reason: fields.oneOf("reason", END_REASONS),
    ...(fields.has("message") && { message: fields.string("message") }),
  }),
};

/**
 * Parses the text of a metrics file.
 *
 * Accepts what a kill or a full disk leaves behind: a last line without a line end is dropped, and the end line may be
 * missing. Where steps go back (two processes have written, or files were concatenated), the later lines count, as if
 * the run had been resumed there. Lines of an unknown type belong to a later version and are skipped. Errors: a first
 * line that is not a run, any other broken line, with its number.
 */
export function parseMetrics(name: string, text: string): RunMetrics {
  const [run, ...lines] = parseLines(name, text);
  const steps: StepLine[] = [];
  const samples: SampleLine[] = [];
  const verdicts: VerdictLine[] = [];
  for (const line of lines) {
    if (line.type === "step") steps.push(without(line));
    if (line.type === "sample") samples.push(without(line));
    if (line.type === "verdict") verdicts.push(without(line));
  }
  const last = lines.at(-1);
  return { run: without(run), steps, samples, verdicts, ...(last?.type === "end" && { end: without(last) }) };
}

/** The line without its type. */
function without<L extends MetricsLine>({ type: _, ...content }: L): Omit<L, "type"> {
  return content;
}

/** The lines that count, in order: the run first, an end only if it is the last. */
export function parseLines(name: string, text: string): [run: FirstLine, ...lines: LaterLine[]] {
  const whole = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  const parsed = whole.map((line, i) => (line === "" ? undefined : parseLine(name, line, i + 1)));
  const [run, ...rest] = parsed.filter((line) => line !== undefined);
  if (run?.type !== "run") {
    throw broken(name, "a run in its first line", run === undefined ? "none" : `a line of type ${run.type}`);
  }
  const lines: LaterLine[] = [];
  for (const line of rest) {
    if (line.type === "run") throw broken(name, "one run", "another one further down");
    if (lines.at(-1)?.type === "end") lines.pop();
    if (line.type === "step") while ((lines.at(-1)?.step ?? -1) >= line.step) lines.pop();
    lines.push(line);
  }
  return [run, ...lines];
}

/** Undefined for an unknown type. */
function parseLine(name: string, text: string, number: number): MetricsLine | undefined {
  const at = `line ${number}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken(name, `JSON in ${at}`, show(text));
  }
  if (!isRecord(value)) throw broken(name, `a JSON object in ${at}`, show(value));
  const { type, version } = value;
  if (!isType(type)) {
    if (typeof type === "string" && number > 1) return undefined;
    throw broken(name, `a line of metrics in ${at}`, show(value));
  }
  if (type === "run" && version !== METRICS_VERSION) {
    const fix = "update microgpt";
    throw mistake("file-version", `metrics ${name}`, "version 1", show(version), fix);
  }
  return READERS[type](new MetricsFields(name, at, value));
}

function isType(type: unknown): type is MetricsLine["type"] {
  return typeof type === "string" && Object.hasOwn(READERS, type);
}
