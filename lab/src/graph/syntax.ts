/**
 * The sandbox's language: Python's arithmetic, with Value's operations as functions and as methods. This file turns
 * text into a tree; expression.ts evaluates the tree.
 *
 *     program    = statement { ( ";" | line end ) statement }         with any number of ; and line ends
 *     statement  = [ name "=" ] sum
 *     sum        = product { ( "+" | "-" ) product }
 *     product    = signed { ( "*" | "/" ) signed }
 *     signed     = ( "+" | "-" ) signed | power
 *     power      = call [ "**" signed ]                  -x ** 2 is -(x ** 2), 2 ** 3 ** 2 is 2 ** (3 ** 2)
 *     call       = atom { "." name inputs }
 *     atom       = number | name [ inputs ] | "(" sum ")"
 *     inputs     = "(" [ sum { "," sum } ] ")"
 */

import { complaint, type Token, tokensOf } from "./tokens.ts";

export type Binary = "+" | "-" | "*" | "/" | "**";

/** Each part with its place in the text, as in a Token; for a binary operation, the place of its sign. */
export type Tree = { readonly place: string } & (
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "negative"; readonly of: Tree }
  | { readonly kind: "binary"; readonly op: Binary; readonly left: Tree; readonly right: Tree }
  | { readonly kind: "call"; readonly name: string; readonly inputs: readonly Tree[] }
);

/** `name = value`, or a value alone. */
export interface Statement {
  readonly name: string | undefined;
  readonly value: Tree;
}

/** Longer or deeper texts could overflow the stack. */
const MAX_LENGTH = 2000;
const MAX_DEPTH = 100;

/**
 * The statements of a text, at least one. `x.relu()` and `relu(x)` give the same tree. Errors, with the place: a
 * violation of the grammar; more than 2,000 characters; more than 100 nested brackets, signs and powers.
 */
export function parse(text: string): Statement[] {
  if (text.length > MAX_LENGTH) throw complaint(`at most ${MAX_LENGTH} characters`, `${text.length}`, "shorten it");
  return new Parser(tokensOf(text)).program();
}

/** One method for each rule of the grammar. */
class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  program(): Statement[] {
    const statements: Statement[] = [];
    this.#skipEmpty();
    do {
      statements.push(this.#statement());
      if (this.#token.kind !== "end") this.#expect(";", "an operator or the end");
      this.#skipEmpty();
    } while (this.#token.kind !== "end");
    return statements;
  }

  #statement(): Statement {
    const [name, sign] = [this.#token, this.#tokens[this.#next + 1]];
    if (name.kind !== "name" || sign?.kind !== "=") return { name: undefined, value: this.#sum() };
    this.#next += 2;
    return { name: name.text, value: this.#sum() };
  }

  #sum(): Tree {
    let left = this.#product();
    for (let op = this.#take("+", "-"); op !== undefined; op = this.#take("+", "-")) {
      left = { kind: "binary", op: op.kind, left, right: this.#product(), place: op.place };
    }
    return left;
  }

  #product(): Tree {
    let left = this.#signed();
    for (let op = this.#take("*", "/"); op !== undefined; op = this.#take("*", "/")) {
      left = { kind: "binary", op: op.kind, left, right: this.#signed(), place: op.place };
    }
    return left;
  }

  // All nesting passes through here.
  #signed(): Tree {
    if (++this.#depth > MAX_DEPTH) {
      throw complaint(
        `at most ${MAX_DEPTH} brackets, signs and powers within each other`,
        `more at ${this.#token.place}`,
        "shorten it",
      );
    }
    const sign = this.#take("+", "-");
    const tree = sign === undefined ? this.#power() : this.#signed();
    this.#depth--;
    return sign?.kind === "-" ? { kind: "negative", of: tree, place: sign.place } : tree;
  }

  #power(): Tree {
    const left = this.#call();
    const op = this.#take("**");
    return op === undefined ? left : { kind: "binary", op: "**", left, right: this.#signed(), place: op.place };
  }

  #call(): Tree {
    let tree = this.#atom();
    while (this.#take(".") !== undefined) {
      const { text, place } = this.#expect("name", "an operation, as in x.relu()");
      tree = { kind: "call", name: text, inputs: [tree, ...this.#inputs()], place };
    }
    return tree;
  }

  #atom(): Tree {
    const { kind, text, place } = this.#token;
    if (kind === "number") {
      this.#next++;
      return { kind, value: Number(text), place };
    }
    if (kind === "name") {
      this.#next++;
      return this.#token.kind === "("
        ? { kind: "call", name: text, inputs: this.#inputs(), place }
        : { kind, name: text, place };
    }
    this.#expect("(", "a number, a name or `(`");
    const tree = this.#sum();
    this.#expect(")", "`)`");
    return tree;
  }

  #inputs(): Tree[] {
    this.#expect("(", "`(`");
    if (this.#take(")") !== undefined) return [];
    const inputs = [this.#sum()];
    while (this.#take(",") !== undefined) inputs.push(this.#sum());
    this.#expect(")", "`)`");
    return inputs;
  }

  get #token(): Token {
    return this.#tokens[this.#next] ?? { kind: "end", text: "the end", place: "the end" };
  }

  #skipEmpty(): void {
    while (this.#take(";") !== undefined);
  }

  #take<K extends Token["kind"]>(...kinds: readonly K[]): { kind: K; place: string } | undefined {
    const kind = kinds.find((candidate) => candidate === this.#token.kind);
    if (kind === undefined) return undefined;
    const { place } = this.#token;
    this.#next++;
    return { kind, place };
  }

  #expect(kind: Token["kind"], expected: string): Token {
    const token = this.#token;
    if (token.kind === kind) {
      this.#next++;
      return token;
    }
    const words = token.kind === "end" || token.text === "line end";
    throw complaint(
      expected,
      `${words ? token.text : `\`${token.text}\``} at ${token.place}`,
      FIXES[token.kind] ?? "fix it there",
    );
  }
}

const FIXES: { readonly [K in Token["kind"]]?: string } = {
  end: "finish the formula",
  "=": "only a single name can be given a value, as in d = a * b",
};
