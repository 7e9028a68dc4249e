import { MicrogptError, show } from "../util/errors.ts";

/** What a line's error says where a user looks for it: `data chat.jsonl:12`. */
export interface LinePlace {
  readonly name: string;
  /** From 1. */
  readonly line: number;
}

/** The string in a field of a line of JSON. Errors: broken JSON, no object, no such field, no string in it. */
export function jsonText(text: string, field: string, { name, line }: LinePlace): string {
  const refuse = (expected: string, got: string, fix: string, cause?: unknown): MicrogptError =>
    new MicrogptError({ operation: `data ${name}:${line}`, expected, got, fix }, { cause });

  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "broken JSON";
    throw refuse("a JSON object on the line", reason, "mend the line or remove it", cause);
  }
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw refuse("a JSON object on the line", show(record), `write {${JSON.stringify(field)}: "..."}`);
  }
  const value: unknown = Object.hasOwn(record, field)
    ? (record as Readonly<Record<string, unknown>>)[field]
    : undefined;
  if (typeof value === "string") return value;
  if (value !== undefined) throw refuse(`a string in the field ${show(field)}`, show(value), "mend or remove the line");
  const fields = Object.keys(record).map(show).join(", ");
  throw refuse(`the field ${show(field)}`, fields === "" ? "no field" : `only ${fields}`, "choose one with --field");
}
