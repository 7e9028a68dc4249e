import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MicrogptError } from "../util/errors.ts";
import { JsonReader } from "./json-reader.ts";

/** The records of a file of that name, read `size` characters at a time. */
function read(name: string, text: string, field?: string, size = 3): { texts: string[]; notes: string[] } {
  const notes: string[] = [];
  const reader = new JsonReader(name, {
    lines: name.endsWith(".jsonl"),
    onNote: ({ message }) => notes.push(`${message}`),
    ...(field !== undefined && { field }),
  });
  const texts: string[] = [];
  for (let at = 0; at < text.length; at += size) texts.push(...reader.push(text.slice(at, at + size)));
  texts.push(...reader.end());
  return { texts, notes };
}

const ANNA = '{"text": "anna", "tags": ["]", {"a": "\\"}"}]}';
const BOB = '{"id": 1,\n"text": "bob"}';

describe("row 17: a file of records is read as records in any layout", () => {
  // Similar cases: files from json.dump, pandas, jq, and written by hand.
  test.each<[what: string, name: string, text: string, texts: string[], field?: string]>([
    ["an array of objects", "a.json", `[\n  ${ANNA},\n  ${BOB}\n]\n`, ["anna", "bob"]],
    ["on one line", "a.json", `[${ANNA},${BOB.replace("\n", "")}]`, ["anna", "bob"]],
    ["of strings", "a.json", ' ["anna",\r\n "b,o]b", "",]', ["anna", "b,o]b", ""]],
    ["another field", "a.json", '[{"title":"anna"},{"text":"no","title":"bob"}]', ["anna", "bob"], "title"],
    ["an array in an object", "a.json", `{"version": [1], "data": [${ANNA}, ${BOB}], "n": 2}`, ["anna", "bob"]],
    [
      "strings in an object",
      "a.json",
      '{"about":"names","names":["anna","bob","carla d"]}',
      ["anna", "bob", "carla d"],
    ],
    ["lines", "a.json", `${ANNA}\n{"text":"bob"}\n`, ["anna", "bob"]],
    ["objects on several lines", "a.json", `${BOB}\n\n${BOB}\n${ANNA}`, ["bob", "bob", "anna"]],
    ["a single object", "a.json", BOB, ["bob"]],
    ["two arrays", "a.json", `[${ANNA}]\n[${BOB}]`, ["anna", "bob"]],
    ["an array called lines", "a.jsonl", `[\n${ANNA},\n${BOB}\n]`, ["anna", "bob"]],
    ["an array on one line called lines", "a.jsonl", `[${ANNA}, ${ANNA}]\n`, ["anna", "anna"]],
    ["objects on several lines called lines", "a.jsonl", `${BOB}\n${BOB}\n`, ["bob", "bob"]],
    ["commas at the ends of lines", "a.jsonl", `${ANNA},\n${ANNA},\n`, ["anna", "anna"]],
    ["strings on lines", "a.jsonl", '"anna"\n"bob"\n', ["anna", "bob"]],
  ])("%s", (_, name, text, texts, field) => {
    expect(read(name, text, field).texts).toEqual(texts);
  });

  test.each<[what: string, name: string, text: string, message: string, field?: string]>([
    ["no such field", "a.json", '[\n{"id":1}]', 'data a.json:2: expected the field "text", got only "id"; choose one'],
    ["a broken record", "a.json", `[${ANNA},\n\n{"text":b}]`, "data a.json:3: expected a JSON object on the line, got"],
    [
      "one cut off",
      "a.json",
      `[${ANNA},\n{"text":"bo`,
      "data a.json:2: expected the record to be closed, got the end of",
    ],
    [
      "an array cut off",
      "a.json",
      `[${ANNA},\n`,
      "expected the array to be closed, got the end of the file; copy the file",
    ],
    [
      "text behind",
      "a.json",
      `[${ANNA}]\nend`,
      'data a.json:2: expected nothing after the array, got "end"; remove it',
    ],
    ["rows", "a.json", '[["anna","f"]]', 'expected a JSON object on the line, got ["anna","f"]; write {"text": "..."}'],
    [
      "settings",
      "a.json",
      '{"a":{"text":"b"}}',
      "expected records: an array of strings or objects, or consecutive",
      "a",
    ],
    [
      "rows on lines",
      "a.jsonl",
      '["id","text"]\n["1","a"]',
      'a.jsonl:1: expected a JSON object on the line, got ["id",',
    ],
    ["lines of text", "a.jsonl", "anna\nbob", 'write {"text": "..."} on each line, or call the file .txt if each line'],
    ["lines of Python", "a.jsonl", "{'text': 'anna'}", "write it with json.dumps, in double quotes"],
  ])("refuses %s", (_, name, text, message, field) => {
    expect(() => read(name, text, field)).toThrow(MicrogptError);
    expect(() => read(name, text, field)).toThrow(message);
    expect(() => read(name, text, field, 2 ** 20)).toThrow(message);
  });

  test("an array of any size is never held in memory", () => {
    const record = JSON.stringify({ text: "x".repeat(50), list: [[], {}, ['"']] }, null, 1);
    const text = `[${Array.from({ length: 4000 }, () => record).join(",\n")}]`;
    const reader = new JsonReader("a.json", { lines: false });
    let [count, most] = [0, 0];
    for (let at = 0; at < text.length; at += 2 ** 16) {
      const texts = reader.push(text.slice(at, at + 2 ** 16));
      [count, most] = [count + texts.length, Math.max(most, texts.length)];
    }
    expect([count + reader.end().length, most < 1000]).toEqual([4000, true]);
  });
});

test("row 17: records do not depend on chunk boundaries", () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  const record = fc.tuple(fc.string({ unit: "grapheme" }), json).map(([text, more]) => ({ more, text }));
  const cases = fc.tuple(
    fc.array(record, { minLength: 1, maxLength: 5 }),
    fc.constantFrom(0, 2),
    fc.integer({ min: 1, max: 9 }),
  );
  fc.assert(
    fc.property(cases, ([records, indent, size]) => {
      const texts = records.map(({ text }) => text.replaceAll("\0", ""));
      const all = [
        JSON.stringify(records, null, indent),
        records.map((each) => JSON.stringify(each, null, indent)).join("\n"),
      ];
      for (const text of [...all, `{"n": 1, "list": ${all[0]}, "end": {}}`]) {
        expect(read("a.json", text, undefined, size).texts).toEqual(texts);
      }
    }),
  );
});

describe("row 18: half a surrogate pair is replaced on reading, with a note to the user", () => {
  const note = (count: number, line: number): string =>
    `replaced halves of surrogate pairs in a.jsonl by U+FFFD: ${count}, the first in line ${line}`;
  // Similar cases: low halves, two in the wrong order, in the middle, in arrays; NUL and NaN, which are not valid JSON.
  test.each<[what: string, text: string, texts: string[], notes: string[]]>([
    ["high", '{"text":"a"}\n{"text":"b \\ud83d"}\n{"text":"\\ud83dc"}', ["a", "b \uFFFD", "\uFFFDc"], [note(2, 2)]],
    ["low", '{"text":"\\ude00 x"}', ["\uFFFD x"], [note(1, 1)]],
    ["in the wrong order", '{"text":"\\ude00\\ud83d"}', ["\uFFFD\uFFFD"], [note(2, 1)]],
    ["high, high, low", '{"text":"\\ud83d\\ud83d\\ude00"}', ["\uFFFD😀"], [note(1, 1)]],
    ["in an array", '[\n"\\ud83d\\ude00",\n"\\uDBFF"]', ["😀", "\uFFFD"], [note(1, 3)]],
    ["in another field", '{"text":"a","b":"\\ud83d"}', ["a"], []],
    ["NUL", '{"text":"a\\u0000b\\u0000"}', ["ab"], ["left out NUL characters in a.jsonl: 2, the first in line 1"]],
    ["NaN in another field", '{"text":"NaN","b":[NaN, -Infinity, "NaN"]}', ["NaN"], []],
    [
      "no text at all",
      '{"text":NaN}\n{"text":null}\n{"text":"a"}',
      ["a"],
      ["left out records of a.jsonl whose text is null: 2, the first in line 1"],
    ],
  ])("%s", (_, text, texts, notes) => {
    expect(read("a.jsonl", text)).toEqual({ texts, notes });
  });
});

describe("row 23: chats are read, and each refusal says how to fix the file", () => {
  const [hi, yo] = ['{"role":"user","content":"hi"}', '{"role":"assistant","content":"yo"}'];
  const parts =
    '{"role":"user","content":[{"type":"text","text":"h"},{"type":"image_url"},{"type":"text","text":"i"}]}';
  // Similar cases: chats of OpenAI and ShareGPT, without an enclosing object, with parts and tool calls.
  test.each<[what: string, name: string, text: string, texts: string[], field?: string]>([
    [
      "messages",
      "a.jsonl",
      `{"messages":[${hi},${yo}]}\n{"messages":[${hi}]}`,
      ["user: hi\nassistant: yo", "user: hi"],
    ],
    ["the field messages", "a.jsonl", `{"text":"no","messages":[${hi}]}`, ["user: hi"], "messages"],
    ["a chat a line", "a.jsonl", `[${hi}]\n[${yo}]`, ["user: hi", "assistant: yo"]],
    ["an array of chats", "a.json", `[[${hi}],\n[${hi},${yo}]]`, ["user: hi", "user: hi\nassistant: yo"]],
    ["one chat", "a.json", `[${hi},${yo}]`, ["user: hi\nassistant: yo"]],
    ["ShareGPT", "a.json", '[{"conversations":[{"from":"human","value":"hi"}]}]', ["human: hi"]],
    ["parts", "a.jsonl", `{"messages":[${parts},{"role":"assistant","content":null}]}`, ["user: hi"]],
  ])("%s", (_, name, text, texts, field) => {
    expect(read(name, text, field)).toEqual({ texts, notes: [`reads the chats in ${name} as lines "role: content"`] });
  });

  test.each<[what: string, text: string, message: string, field?: string]>([
    [
      "a list",
      '{"text":["a","b"]}',
      'got ["a","b"]; choose a field that holds a string, or write the text as a string',
    ],
    ["an object", '{"a":{"text":"b"}}', 'the field "a", got {"text":"b"}; choose a field that holds a string', "a"],
    ["another case", '{"Text":"a","id":2}', 'got only "Text", "id"; choose one, field: "Text" for instance'],
    [
      "a thousand fields",
      JSON.stringify(Object.fromEntries("x".repeat(1000).split("").entries())),
      "and 994 more; choose",
    ],
    [
      "a long line",
      `{"text":"${"x".repeat(2 ** 24)}"}`,
      "split it into several records, or save its text in a .txt file",
    ],
  ])("refuses %s", (_, text, message, field) => {
    const refused = expect(() => read("a.jsonl", text, field, 2 ** 20));
    refused.toThrow(message);
    refused.toThrow(expect.objectContaining({ message: expect.stringMatching(/^.{1,300}$/) }));
  });

  test("a long record in an array", () => {
    const text = `[\n"a",\n"${"x".repeat(2 ** 24)}"]`;
    expect(() => read("a.json", text, undefined, 2 ** 20)).toThrow(
      "data a.json:3: expected records of at most 16,777,216",
    );
  });
});
