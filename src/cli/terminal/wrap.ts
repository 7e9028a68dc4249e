import { type Cell, cellsOf } from "./width.ts";

const TAB = 8;
/** Characters that must not begin a line in Chinese and Japanese, where a line may otherwise break anywhere. */
const CLOSING = /^[、。，．・：；？！」』）】〉》〕々ー…”’]/;

/** Breaks text that comes in pieces at words into lines that fit a terminal. Keeps the indentation of a line. */
export class Wrap {
  /** Columns used in the current line. */
  #column = 0;
  /** Blanks since the last written word. */
  #blanks = "";
  #word = "";
  /** True after the first part of a word that is longer than a line. */
  #within = false;

  /**
   * Adds a piece, and returns the text that can be written; the last word may be incomplete.
   * @param columns of the terminal, at least 1
   * @param hang indentation of continued lines, in columns
   */
  add(piece: string, columns: number, hang: number): string {
    const indent = hang < columns / 2 ? hang : 0;
    let out = "";
    for (const part of piece.split(/(\n|[ \t]+)/)) {
      if (part === "\n") {
        out += `${this.#letGo(columns, indent, true)}${this.#fits(columns) ? this.#blanks : ""}\n`;
        this.#column = 0;
        this.#blanks = "";
        this.#within = false;
      } else if (/^[ \t]/.test(part)) {
        out += this.#letGo(columns, indent, true);
        this.#blanks += part;
        this.#within = false;
      } else if (part !== "") {
        this.#word += part;
        out += this.#letGo(columns, indent, false);
      }
    }
    return out;
  }

  /** Ends the word and returns the rest of it. */
  end(columns: number, hang: number): string {
    return this.add("", columns, hang) + this.#letGo(columns, hang < columns / 2 ? hang : 0, true);
  }

  /** Starts a new, empty line. */
  reset(): void {
    this.#column = 0;
  }

  #fits(columns: number): boolean {
    return this.#after(this.#blanks) <= columns;
  }

  /** The column after some blanks. */
  #after(blanks: string): number {
    let column = this.#column;
    for (const blank of blanks) column += blank === "\t" ? TAB - (column % TAB) : 1;
    return column;
  }

  /**
   * The parts of the word, each on one line if possible; all but the last one, which may continue, unless it is whole.
   */
  #letGo(columns: number, indent: number, whole: boolean): string {
    if (this.#word === "") return "";
    // The usual case: one short word.
    if (!whole && this.#word.length < columns && !/[^\x20-\x7e]/.test(this.#word)) return "";
    const parts = partsOf(this.#word);
    const last = parts.at(-1) ?? [];
    const long = widthsOf(last) > columns;
    const kept = whole ? [] : long ? last.slice(-1) : last;
    if (!whole) parts.pop();
    if (!whole && long) parts.push(last.slice(0, -1));
    this.#word = kept.map(({ text }) => text).join("");
    let out = "";
    for (const part of parts) {
      out += this.#place(part, columns, indent);
      this.#within = !whole && long && part === parts.at(-1);
    }
    return out;
  }

  #place(part: readonly Cell[], columns: number, indent: number): string {
    const width = widthsOf(part);
    const from = this.#after(this.#blanks);
    let out = this.#blanks;
    if (!this.#within && from + width > columns && this.#column > indent) out = this.#newLine(indent);
    else this.#column = from;
    this.#blanks = "";
    for (const { text, width } of part) {
      if (this.#column + width > columns && this.#column > indent) out += this.#newLine(indent);
      out += text;
      this.#column += width;
    }
    return out;
  }

  #newLine(indent: number): string {
    this.#column = indent;
    return `\n${" ".repeat(indent)}`;
  }
}

/** The parts of a word that may be broken: only before and after characters of East Asia. */
function partsOf(word: string): Cell[][] {
  const parts: Cell[][] = [];
  let alone = false;
  for (const cell of cellsOf(word)) {
    const wide = cell.width > 1;
    const part = parts.at(-1);
    if (part === undefined || ((wide || alone) && cell.width > 0 && !CLOSING.test(cell.text))) parts.push([cell]);
    else part.push(cell);
    if (cell.width > 0) alone = wide || (alone && CLOSING.test(cell.text));
  }
  return parts;
}

function widthsOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { width }) => sum + width, 0);
}
