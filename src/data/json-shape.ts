/** Finds the records in a JSON file, judging by its beginning. */

import { MicrogptError } from "../util/errors.ts";
import { membersOf, skipSpace, skipValue } from "./json-values.ts";
import { isChat, parseRecord, type RecordPlace, recordText } from "./record-text.ts";

export interface JsonShape {
  /** One record a line; consecutive values on any number of lines; or the elements of an array. */
  readonly kind: "lines" | "values" | "array";
  /** The position of the first record. */
  readonly at: number;
  /** The key of the array, if it is inside an object. */
  readonly member?: string;
  /** False if the first record has no text, or is a list in an object that may mean something else. */
  readonly fits: boolean;
}

/**
 * Finds the records of a file that holds nothing else: lines, values or an array of strings, objects or chats; or an
 * object whose only array of records makes up a good part of it, or is the only one with the field. Undefined for other
 * JSON, such as settings, and for text that is not JSON.
 *
 * @param text the beginning
 * @param field the one that holds the text, as for `recordText`
 */
export function jsonShape(text: string, field: string | undefined): JsonShape | undefined {
  const at = skipSpace(text, 0);
  switch (text.charAt(at)) {
    case "[":
      return arrayShape(text, at, field);
    case "{":
      return valueShape(text, at, field) ?? memberShape(text, at, field);
    case '"':
      return { kind: "values", at, fits: true };
    default:
      return undefined;
  }
}

function arrayShape(text: string, at: number, field: string | undefined): JsonShape | undefined {
  const first = skipSpace(text, at + 1);
  const chat = /^\{\s*"(?:role|from)"\s*:/.test(text.slice(first, first + 99));
  if (chat && holds(text, at, isChat)) return { kind: "values", at, fits: true };
  const [char, inner] = [text.charAt(first), text.charAt(skipSpace(text, first + 1))];
  const records = char === "[" ? '{"'.includes(inner) : '{"]'.includes(char);
  if (!records || char === "") return undefined;
  // A list of words on each line is a row of a table.
  const end = skipValue(text, at);
  if (char === '"' && end !== -1 && text.charAt(skipSpace(text, end)) === "[") return undefined;
  return { kind: "array", at: first, fits: char !== "]" && fits(text, first, field) };
}

/** Consecutive objects, or a single one that is a record. */
function valueShape(text: string, at: number, field: string | undefined): JsonShape | undefined {
  const end = skipValue(text, at);
  if (end === -1) return undefined;
  const after = skipSpace(text, end);
  const comma = text.charAt(after) === ",";
  const next = comma ? skipSpace(text, after + 1) : after;
  const record = { at, fits: fits(text, at, field) };
  if (next < text.length) {
    if (text.charAt(next) !== "{") return undefined;
    const lines = !comma && !/[\r\n]/.test(text.slice(at, end)) && /[\r\n]/.test(text.slice(end, next));
    return { kind: lines ? "lines" : "values", ...record };
  }
  return record.fits ? { kind: "values", ...record } : undefined;
}

function memberShape(text: string, from: number, field: string | undefined): JsonShape | undefined {
  const members = membersOf(text, from);
  const key = field ?? "text";
  // A single record longer than the sample.
  const own = members.find((member) => member.key === key);
  if (own !== undefined && text.charAt(own.at) === '"') return { kind: "values", at: from, fits: true };
  const arrays = members.flatMap(({ key: member, at, end }) => {
    const first = skipSpace(text, at + 1);
    if (text.charAt(at) !== "[" || !'{["'.includes(text.charAt(first) || "-")) return [];
    // Settings also hold lists of words.
    const surely = text.charAt(first) === "{" && fits(text, first, field);
    return [{ member, first, surely, share: (end - at) / text.length }];
  });
  const sure = arrays.filter(({ surely }) => surely);
  const [only] = sure.length === 1 ? sure : arrays.length === 1 && (arrays[0]?.share ?? 0) > 0.3 ? arrays : [];
  return only && { kind: "array", at: only.first, member: only.member, fits: only.surely };
}

/** False if the record at that position is complete and has no text. */
function fits(text: string, at: number, field: string | undefined): boolean {
  return holds(text, at, (record, place) => recordText(record, field, place) !== undefined);
}

/** True if the value at that position passes the test, or is cut off. */
function holds(text: string, at: number, test: (value: unknown, place: RecordPlace) => boolean): boolean {
  const end = skipValue(text, at);
  if (end === -1) return true;
  const place = { name: "", line: 1 };
  try {
    return test(parseRecord(text.slice(at, end), place), place);
  } catch (error) {
    if (error instanceof MicrogptError) return false;
    throw error;
  }
}
