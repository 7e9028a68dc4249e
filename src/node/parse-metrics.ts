/** Parses the lines of metrics.ts. Every field is checked, since a file may come from anywhere. */

import { type MicrogptError, mistake, show } from "../util/errors.ts";
import {
  END_REASONS,
  type EndLine,
  type FirstLine,
  type LaterLine,
  METRICS_VERSION,
  type MetricsLine,
  type RunMetrics,
  type SampleLine,
  type StepLine,
  type VerdictLine,
} from "./metrics.ts";

/** The type of a field; one that ends in `?` is optional. */
type Field = "string" | "date" | "number" | "count" | "object";

const FIELDS: { readonly [K in MetricsLine["type"]]: Readonly<Record<string, Field>> } = {
  run: {
    label: "string",
    data: "string",
    startedAt: "date",
    pid: "count",
    processStart: "string",
    numParams: "count",
    config: "object",
    settings: "object",
  },
  step: {
    step: "count",
    loss: "number",
    valLoss: "number",
    learningRate: "number",
    gradNorm: "number",
    tokens: "count",
    tokensPerSecond: "number",
    elapsed: "number",
  },
  sample: { step: "count", text: "string" },
  verdict: { step: "count", kind: "string", text: "string" },
  end: { step: "count", reason: "string", message: "string" },
};

/** Fields that a line may lack. */
const OPTIONAL: ReadonlySet<string> = new Set(["label", "processStart", "valLoss", "message"]);

/** A date as `toISOString` writes it, or in another time zone. */
const ISO_DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

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
  for (const { type, ...content } of lines) {
    if (type === "step") steps.push(content as StepLine);
    if (type === "sample") samples.push(content as SampleLine);
    if (type === "verdict") verdicts.push(content as VerdictLine);
  }
  const { type, ...end } = lines.at(-1) ?? run;
  const { type: _, ...about } = run;
  return { run: about, steps, samples, verdicts, ...(type === "end" ? { end: end as EndLine } : {}) };
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
  if (typeof value !== "object" || value === null) throw broken(name, `a JSON object in ${at}`, show(value));
  const record: Readonly<Record<string, unknown>> = { ...value };
  const { type, version } = record;
  if (!isType(type)) {
    if (typeof type === "string" && number > 1) return undefined;
    throw broken(name, `a line of metrics in ${at}`, show(value));
  }
  if (type === "run" && version !== METRICS_VERSION) {
    const fix = "update microgpt";
    throw mistake("file-version", `metrics ${name}`, "version 1", show(version), fix);
  }
  const fields = Object.entries(FIELDS[type]).flatMap(([field, kind]) => {
    const content = read(record[field], kind);
    if (content === undefined) {
      if (OPTIONAL.has(field) && record[field] === undefined) return [];
      throw broken(name, `${field} to be a ${kind} in ${at}`, show(record[field]));
    }
    return [[field, content]];
  });
  const line = { type, ...Object.fromEntries(fields) } as MetricsLine;
  if (line.type === "run") checkCount(name, line.settings.numSteps);
  if (line.type === "end" && !END_REASONS.includes(line.reason)) {
    throw broken(name, `a reason of ${END_REASONS.join(", ")} in ${at}`, show(line.reason));
  }
  return line;
}

/** Undefined for an invalid value. */
function read(value: unknown, kind: Field): unknown {
  if (kind === "count") return Number.isSafeInteger(value) && Number(value) >= 0 ? value : undefined;
  if (kind === "date")
    return typeof value === "string" && ISO_DATE.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined;
  if (kind === "object") return typeof value === "object" && value !== null ? value : undefined;
  if (kind === "number") return value === null ? Number.NaN : typeof value === "number" ? value : undefined;
  return typeof value === "string" ? value : undefined;
}

function isType(type: unknown): type is MetricsLine["type"] {
  return typeof type === "string" && Object.hasOwn(FIELDS, type);
}

function checkCount(name: string, numSteps: unknown): void {
  if (read(numSteps, "count") === undefined) throw broken(name, "settings.numSteps to be a count", show(numSteps));
}

function broken(name: string, expected: string, got: string): MicrogptError {
  const fix = "the file is damaged or not from microgpt: leave it out, or fix or delete that line";
  return mistake("file-damaged", `metrics ${name}`, expected, got, fix);
}
