/** Finds the text in a JSON record from any program. */

import { isRecord } from "../util/checks.ts";
import { type ErrorCode, MicrogptError, mistake, show } from "../util/errors.ts";
import { nearest } from "../util/nearest.ts";
import { say, set, type Words } from "../util/words.ts";
import { skipString } from "./json-values.ts";

/** The place of a record, as the user looks for it: `data chat.jsonl:12`. */
export interface RecordPlace {
  readonly name: string;
  /** Counts from 1. */
  readonly line: number;
}

/** The default field with the text of a record. */
const USUAL = "text";
/** Fields with the turns of a chat in files for fine-tuning (OpenAI, ShareGPT). */
const CHATS = ["messages", "conversations"] as const;

/** The text of a record, with facts for the notes. */
export interface RecordText {
  /** Undefined if the field is null, as pandas writes a missing value. */
  readonly text: string | undefined;
  /** True if it was made from the turns of a chat. */
  readonly chat: boolean;
}

/**
 * The text of a record: a string, the string in a field of an object, or a chat, whose messages become lines `role:
 * content`. Errors: another kind of value, no such field, another value in it.
 *
 * @param field default: text, or the chat in messages or conversations
 */
export function recordText(record: unknown, field: string | undefined, { name, line }: RecordPlace): RecordText {
  const refuse = (expected: string, got: string, fix: Words, code: ErrorCode = "data-format"): MicrogptError =>
    mistake(code, `data ${name}:${line}`, expected, got, fix);

  if (typeof record === "string") return { text: record, chat: false };
  if (isChat(record)) return { text: chatText(record), chat: true };
  const named = JSON.stringify(field ?? USUAL);
  if (!isRecord(record)) throw refuse("a JSON object on the line", show(record), `write {${named}: "..."}`);
  const value = fieldOf(record, field);
  if (typeof value === "string") return { text: value, chat: false };
  if (value === null) return { text: undefined, chat: false };
  if (isChat(value)) return { text: chatText(value), chat: true };
  if (value !== undefined) {
    const nested = typeof value === "object";
    const fix = nested ? "choose a field that holds a string, or write the text as a string" : "fix or remove the line";
    throw refuse(`a string in the field ${show(field ?? USUAL)}`, show(value), fix);
  }
  const fields = Object.keys(record);
  const near = nearest(field ?? USUAL, fields);
  const fix =
    near === undefined ? say`choose one with ${set("field")}` : say`choose one, ${set("field", near)} for instance`;
  const got = fields.length === 0 ? "no field" : `only ${list(fields)}`;
  throw refuse(`the field ${show(field ?? USUAL)}`, got, fix, "column");
}

/**
 * Parses JSON, with the NaN and Infinity of Python and JavaScript as null. Errors: invalid JSON, with the reason and
 * the fix.
 */
export function parseRecord(json: string, { name, line }: RecordPlace): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    const plain = withoutNaN(json);
    if (plain !== json) return parseRecord(plain, { name, line });
    const got = cause instanceof Error ? cause.message : "broken JSON";
    const fix = /^\s*\{\s*'/.test(json)
      ? "write it with json.dumps, in double quotes"
      : /^\s*[{["]/.test(json)
        ? "fix or remove the line"
        : 'write {"text": "..."} on each line, or call the file .txt if each line is a text';
    throw new MicrogptError(
      { code: "data-format", operation: `data ${name}:${line}`, expected: "a JSON object on the line", got, fix },
      { cause },
    );
  }
}

function withoutNaN(json: string): string {
  let plain = "";
  for (let at = 0; at < json.length; ) {
    const quote = json.indexOf('"', at);
    const between = json.slice(at, quote === -1 ? json.length : quote);
    plain += between.replace(/-?\b(?:NaN|Infinity)\b/g, "null");
    if (quote === -1) break;
    const end = skipString(json, quote);
    at = end === -1 ? json.length : end;
    plain += json.slice(quote, at);
  }
  return plain;
}

function fieldOf(record: Readonly<Record<string, unknown>>, field: string | undefined): unknown {
  const own = (key: string): unknown => (Object.hasOwn(record, key) ? record[key] : undefined);
  const value = own(field ?? USUAL);
  if (value !== undefined || field !== undefined) return value;
  return CHATS.map(own).find(isChat);
}

interface Message {
  readonly role: string;
  readonly content: unknown;
}

/** OpenAI's `{"role", "content"}`, or ShareGPT's `{"from", "value"}`. */
function messageOf(value: unknown): Message | undefined {
  if (!isRecord(value)) return undefined;
  const { role, content, from, value: said } = value;
  if (typeof role === "string") return { role, content };
  return typeof from === "string" && said !== undefined ? { role: from, content: said } : undefined;
}

export function isChat(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => messageOf(each) !== undefined);
}

function chatText(chat: readonly unknown[]): string {
  const lines = chat.map((each) => {
    const { role = "", content } = messageOf(each) ?? {};
    const text = contentText(content);
    return text === "" ? "" : `${role}: ${text}`;
  });
  return lines.filter((line) => line !== "").join("\n");
}

/** A string, or the text parts of a list; a tool call has none. */
function contentText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content
    .map((part: unknown) =>
      typeof part === "string" ? part : isRecord(part) && typeof part.text === "string" ? part.text : "",
    )
    .join("");
}

function list(fields: readonly string[]): string {
  const shown = fields.slice(0, 6).map(show).join(", ");
  return fields.length <= 6 ? shown : `${shown} and ${(fields.length - 6).toLocaleString("en")} more`;
}
