import { describe, expect, test } from "vitest";
import {
  base64,
  CHINESE,
  digits,
  dna,
  fold,
  hex,
  pick,
  prose,
  repeat,
  ri,
  sentence,
  time,
  two,
  word,
  wrap,
} from "../testing/made-text.ts";
import { detectMode } from "./detect-mode.ts";

// Cases like dna.fasta and base64.txt: text without blanks wrapped at a width; and chats, logs and wrapped text that
// look like lists.

describe("row 16: is running text", () => {
  test.each<[what: string, text: string]>([
    ["fasta", repeat(4, (i) => `>seq${i}\n${fold(dna(ri(150, 400)), 60)}`)],
    ["fasta1", `>seq1 foo\n${fold(dna(350), 70)}`],
    ["fasta one line", repeat(20, (i) => `>seq${i}\n${dna(ri(20, 60))}`)],
    ["fastq", repeat(20, (i) => `@seq${i}\n${dna(50)}\n+\n${base64(50)}`)],
    ["b64 76", fold(base64(2000), 76)],
    ["b64 76 exact", fold(base64(760), 76)],
    ["b64 60", fold(`${base64(999)}=`, 60)],
    ["b64 repeated", fold(`${"aGVsbG8gd29ybGQgdGhpcyBpcyBhIGxvbmcgdGV4dCBlbmNvZGVkIGFzIGJh".repeat(9)}abc=`, 60)],
    ["pem", `-----BEGIN CERTIFICATE-----\n${fold(base64(700), 64)}\n-----END CERTIFICATE-----`],
    [
      "pems",
      repeat(3, () => `-----BEGIN CERTIFICATE-----\n${fold(base64(ri(300, 700)), 64)}\n-----END CERTIFICATE-----`),
    ],
    ["xxd -p", fold(hex(1000), 60)],
    ["hex 64 tail", fold(hex(1000), 64)],
    ["hex 32 tail", fold(hex(1000), 32)],
    ["pi", fold(digits(1010), 50)],
    ["pi 100", fold(digits(1000), 100)],
    ["raw dna", fold(dna(1000), 60)],
    ["raw dna 80 exact", fold(dna(1600), 80)],
    ["protein", fold(base64(530).toUpperCase(), 60)],
    ["binary digits", fold(Array.from({ length: 1010 }, () => ri(0, 1)).join(""), 64)],
    ["uuencode", `begin 644 x\n${fold(`M${base64(2000)}`, 61)}\n\`\nend`],
    [
      "genbank",
      repeat(20, (i) => `${String(60 * i + 1).padStart(9)} ${Array.from({ length: 6 }, () => dna(10)).join(" ")}`),
    ],
    ["dna blocks", repeat(20, () => Array.from({ length: 6 }, () => dna(10)).join(" "))],
    ["xxd", repeat(30, () => `${hex(8)}: ${Array.from({ length: 8 }, () => hex(4)).join(" ")}  .ELF............`)],
    [
      "hexdump -C",
      repeat(
        30,
        (_i) =>
          hex(8) +
          "  " +
          Array.from({ length: 8 }, () => hex(2)).join(" ") +
          "  " +
          Array.from({ length: 8 }, () => hex(2)).join(" ") +
          "  |.ELF............|",
      ),
    ],
    ["hex bytes", repeat(30, () => Array.from({ length: 16 }, () => hex(2)).join(" "))],
    [
      "od",
      repeat(
        30,
        (i) =>
          String(i * 20).padStart(7, "0") +
          " " +
          Array.from({ length: 8 }, () => String(ri(0, 177777)).padStart(6, "0")).join(" "),
      ),
    ],
    ["zh wrapped 30", fold(CHINESE, 30)],
    ["zh wrapped 20", fold(CHINESE, 20)],
    ["zh paragraphs", [CHINESE.slice(0, 300), CHINESE.slice(0, 400), CHINESE.slice(30, 300)].join("\n")],
    ["zh poem", "床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。"],
    [
      "arabic prose",
      wrap(
        Array.from({ length: 120 }, () =>
          pick("كان يا ما كان في قديم الزمان ملك عظيم يحكم بلادا واسعة وكان له ثلاث بنات".split(" ")),
        ).join(" "),
        70,
      ),
    ],
    ["prose 70", wrap(prose(), 70)],
    ["prose 80", wrap(prose(), 80)],
    ["prose 40", wrap(prose(), 40)],
    ["text8 wrapped", wrap(Array.from({ length: 300 }, word).join(" "), 80)],
    ["prose short paragraphs", repeat(12, () => wrap(sentence(ri(8, 30)), 72))],
    ["irc", repeat(20, () => `[${time()}] <${pick(["ada", "bob", "eve"])}> ${sentence(5)}`)],
    ["irc2", repeat(20, () => `${time()} <${pick(["ada", "bob", "eve"])}> ${sentence(5)}`)],
    ["irc3", repeat(20, () => `<${pick(["ada", "bob", "eve"])}> ${sentence(5)}`)],
    [
      "whatsapp",
      repeat(
        20,
        () =>
          `[${ri(1, 12)}/${ri(1, 28)}/23, ${ri(1, 12)}:${two(0, 59)}:01 ${pick(["AM", "PM"])}] ${pick(["Anna", "Bob"])}: ${sentence(5)}`,
      ),
    ],
    [
      "whatsapp2",
      repeat(
        20,
        () => `${two(1, 28)}.${two(1, 12)}.23, ${two(1, 12)}:${two(0, 59)} - ${pick(["Anna", "Bob"])}: ${sentence(5)}`,
      ),
    ],
    ["whatsapp short", repeat(20, () => `31.12.23, 10:${two(0, 59)} - ${pick(["Anna", "Bob"])}: ok`)],
    ["kakao", repeat(20, () => `2023. 12. 31. 오전 10:${two(0, 59)}, ${pick(["A", "B"])}: 안녕 ${pick(["너", "나"])}`)],
    ["kakao2", repeat(20, () => `[${pick(["철수", "영희"])}] [오전 10:${two(0, 59)}] 안녕 ${pick(["너", "나"])}`)],
    ["line", repeat(20, () => `10:${two(0, 59)}\t${pick(["Anna", "Bob"])}\t${sentence(4)}`)],
    ["zh chat", repeat(20, () => `${pick(["小明", "小红"])}：${pick(["你好", "再见", "吃了吗"])}`)],
    ["chat", repeat(20, () => `${pick(["anna", "bob"])}: ${sentence(4)}`)],
    ["qa", repeat(20, (i) => (i % 2 ? `A: ${sentence(4)}` : `Q: ${sentence(4)}`))],
    ["syslog", repeat(20, () => `Dec 31 10:${two(0, 59)}:01 host app[${ri(1, 99)}]: ${sentence(3)}`)],
    [
      "access",
      repeat(
        20,
        () =>
          `${ri(1, 255)}.0.0.1 - - [10/Oct/2000:13:${two(0, 59)}:36 -0700] "GET /${word()} HTTP/1.0" 200 ${ri(1, 9999)}`,
      ),
    ],
    ["log", repeat(20, () => `2024-01-0${ri(1, 9)} 10:${two(0, 59)}:01,123 ${pick(["INFO", "WARN"])} ${sentence(3)}`)],
    ["log T", repeat(20, () => `2024-01-0${ri(1, 9)}T10:${two(0, 59)}:01.123Z ${sentence(3)}`)],
    ["log level", repeat(20, () => `${pick(["INFO", "WARN", "ERROR"])} ${sentence(3)}`)],
    ["log level2", repeat(20, () => `[${pick(["info", "warn", "error"])}] ${sentence(3)}`)],
    ["logcat", repeat(20, () => `01-05 10:${two(0, 59)}:01.123  1234  1234 D Foo: ${sentence(3)}`)],
    ["dmesg", repeat(20, () => `[    ${ri(0, 9)}.${ri(100000, 999999)}] usb ${sentence(3)}`)],
    [
      "csv log",
      repeat(20, () => `2024-01-0${ri(1, 9)} 10:${two(0, 59)}:01,${ri(1, 9)}.5,${pick(["ok", "fail", "retry"])}`),
    ],
    ["ansi log", repeat(20, (i) => `\x1b[3${i % 3}m${pick(["INFO", "ERROR"])}\x1b[0m ${sentence(3)}`)],
    ["srt", repeat(20, (i) => `${i + 1}\n00:00:0${i % 10},000 --> 00:00:0${i % 10},500\n${sentence(4)}\n`)],
    ["vtt", `WEBVTT\n\n${repeat(20, (i) => `00:0${i % 10}.000 --> 00:0${i % 10}.500\n${sentence(4)}\n`)}`],
    ["pgn", repeat(5, () => `[Event "Open"]\n[Site "?"]\n\n1. e4 e5 2. Nf3 Nc6 3. Bb5 a6\n`)],
    [
      "abc",
      repeat(
        4,
        (i) =>
          `X: ${i}\nT: Tune\nM: 6/8\nK: D\n|:dff cee|def gfe|dff cee|dfe dBA|\ndff cee|def gfe|faf gfe|gfe dfe:|\n`,
      ),
    ],
    ["yaml", "a: 1\nb:\n  c: 2\n  d:\n    - e\n    - f\n"],
    ["yaml records", repeat(20, () => `- name: ${word()}\n  age: ${ri(1, 99)}`)],
    [
      "sql",
      `CREATE TABLE t (\n  id INT,\n  name TEXT\n);\nINSERT INTO t VALUES (1, 'a');\nSELECT *\nFROM t\nWHERE id = 1;\n`,
    ],
    ["json", "[\n  1,\n  2,\n  3\n]"],
    ["json2", JSON.stringify({ a: [1, 2, { b: "c" }] }, null, 2)],
    ["shell", "#!/bin/sh\nset -e\nfor x in a b; do\n  echo $x\ndone\nif true; then\n  ls\nfi"],
    ["haskell", "main = do\n  x <- getLine\n  print x\n\nfoo :: Int -> Int\nfoo x = x + 1\n"],
    ["gutenberg", repeat(6, () => `${wrap(sentence(60), 70)}\n`)],
    ["play", repeat(6, () => `FIRST:\n${sentence(8)}\n`)],
    ["lyrics", repeat(6, () => `${sentence(5)}\n${sentence(6)}\n${sentence(4)}\n`)],
    ["names in groups", repeat(8, () => `${repeat(6, word)}\n`)],
    ["addresses", repeat(9, () => `BEGIN:VCARD\nVERSION:3.0\nFN:${word()}\nTEL;TYPE=home:${ri(100, 999)}\nEND:VCARD`)],
    ["references", repeat(9, () => `TY  - JOUR\nAU  - ${word()}\nTI  - ${sentence(4)}\nER  - `)],
    ["diary", repeat(6, () => `2023-01-0${ri(1, 9)}\n${sentence(20)}\n${sentence(9)}\n`)],
  ])("%s", (_, text) => {
    expect(detectMode([{ texts: [text], records: false }])).toMatchObject({ mode: "stream" });
  });
});
