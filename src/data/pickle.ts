/**
 * Reads Python's pickles of dicts, strings and integers (nanoGPT's meta.pkl). A pickle is a program for a stack machine
 * and can call anything in Python. This reader has only the few instructions that call nothing, and refuses all others.
 * The instructions are those of CPython's pickletools.py.
 */

export type PickleValue = string | number | PickleDict;
export type PickleDict = Map<PickleValue, PickleValue>;

/** The bytes are not a pickle of dicts, strings and integers; the message says what was found instead. */
export class PickleError extends Error {
  override readonly name = "PickleError";
}

/** Errors: PickleError. */
export function readPickle(bytes: Uint8Array): PickleValue {
  const machine = new Machine(bytes);
  for (;;) {
    const code = machine.number(1);
    const instruction = INSTRUCTIONS[code];
    if (instruction === undefined) throw new PickleError(`instruction 0x${code.toString(16).padStart(2, "0")}`);
    if (instruction === "stop") return machine.pop();
    instruction(machine);
  }
}

const MARK = Symbol("mark");

/** Instructions by code. */
const INSTRUCTIONS: { readonly [code: number]: ((machine: Machine) => void) | "stop" } = {
  128: (m) => void m.number(1), // PROTO: the version; these instructions are the same in all
  149: (m) => void m.take(8), // FRAME: a length for buffering
  125: (m) => m.push(new Map()), // EMPTY_DICT
  40: (m) => m.push(MARK), // MARK
  115: (m) => m.setItems([m.pop(), m.pop()].reverse()), // SETITEM
  117: (m) => m.setItems(m.popToMark()), // SETITEMS
  75: (m) => m.push(m.number(1)), // BININT1
  77: (m) => m.push(m.number(2)), // BININT2
  74: (m) => m.push(m.number(4) | 0), // BININT
  140: (m) => m.push(m.text(m.number(1))), // SHORT_BINUNICODE
  88: (m) => m.push(m.text(m.number(4))), // BINUNICODE
  148: (m) => m.remember(m.remembered), // MEMOIZE
  113: (m) => m.remember(m.number(1)), // BINPUT
  114: (m) => m.remember(m.number(4)), // LONG_BINPUT
  104: (m) => m.push(m.recall(m.number(1))), // BINGET
  106: (m) => m.push(m.recall(m.number(4))), // LONG_BINGET
  46: "stop", // STOP
};

class Machine {
  readonly #bytes: Uint8Array;
  #at = 0;
  readonly #stack: (PickleValue | typeof MARK)[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remembered(): number {
    return this.#memo.size;
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new PickleError("an end too early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  /** Little-endian, unsigned. */
  number(length: 1 | 2 | 4): number {
    return this.take(length).reduceRight((sum, byte) => 256 * sum + byte, 0);
  }

  text(length: number): string {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(length));
    } catch (error) {
      if (error instanceof PickleError) throw error;
      throw new PickleError("a string that is not UTF-8");
    }
  }

  push(value: PickleValue | typeof MARK): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    return value(this.#stack.pop());
  }

  popToMark(): PickleValue[] {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark === -1) throw new PickleError("no mark");
    return this.#stack.splice(mark).slice(1).map(value);
  }

  /** Keys and values alternate, for the dict on top of the stack. */
  setItems(items: readonly PickleValue[]): void {
    const dict = this.#stack.at(-1);
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw new PickleError("items without a dict");
    for (let i = 0; i < items.length; i += 2) dict.set(value(items[i]), value(items[i + 1]));
  }

  remember(place: number): void {
    this.#memo.set(place, value(this.#stack.at(-1)));
  }

  recall(place: number): PickleValue {
    return value(this.#memo.get(place));
  }
}

function value(found: PickleValue | typeof MARK | undefined): PickleValue {
  if (found === undefined || found === MARK) throw new PickleError("an instruction without its value");
  return found;
}
