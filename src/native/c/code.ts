/** The lines of a C function, as they are written. */

export class Code {
  readonly #lines: string[] = [];
  #names = 0;

  line(text: string): void {
    this.#lines.push(text);
  }

  /** Defines a value under a new name, and returns the name. */
  define(value: string): string {
    const name = this.name("x");
    this.line(`const __auto_type ${name} = ${value};`);
    return name;
  }

  /** A name that nothing else in the function has. */
  name(start: string): string {
    return `${start}_${this.#names++}`;
  }

  /** A loop or a branch around what `body` writes. */
  block(head: string, body: () => void): void {
    this.line(`${head} {`);
    body();
    this.line("}");
  }

  toString(): string {
    return this.#lines.join("\n");
  }
}
