/**
 * All substrings of a text in a graph of linear size (Blumer et al. 1985): a path from the root spells a substring, and
 * a state represents substrings that end at the same positions. Text is a list of whole numbers from 0. Edges are in a
 * hash table of flat arrays; a map of objects would take ten times the memory.
 */
export class SuffixAutomaton {
  /** For each state, the length of the longest of its substrings. */
  readonly longest: Int32Array;
  /** For each state, the state of its longest suffix that belongs to another state; -1 at the root. */
  readonly link: Int32Array;
  #states = 1;
  #last = 0;
  readonly #from: Int32Array;
  readonly #symbol: Int32Array;
  readonly #to: Int32Array;
  /** For each state its first edge, for each edge the next one of the same state; -1 for none. */
  readonly #first: Int32Array;
  readonly #sibling: Int32Array;
  #edges = 0;
  readonly #slots: Int32Array;
  readonly #shift: number;

  /** @param size the maximum number of symbols */
  constructor(size: number) {
    // A text of n symbols has at most 2n states and 3n edges.
    this.longest = new Int32Array(2 * size + 2);
    this.link = new Int32Array(2 * size + 2);
    this.#first = new Int32Array(2 * size + 2).fill(-1);
    const edges = 3 * size + 2;
    this.#from = new Int32Array(edges);
    this.#symbol = new Int32Array(edges);
    this.#to = new Int32Array(edges);
    this.#sibling = new Int32Array(edges);
    const bits = 32 - Math.clz32(2 * edges - 1);
    this.#slots = new Int32Array(2 ** bits).fill(-1);
    this.#shift = 32 - bits;
    this.link[0] = -1;
  }

  /** Number of states; 0 is the root. */
  get states(): number {
    return this.#states;
  }

  /** The state that a symbol leads to, or -1. */
  next(state: number, symbol: number): number {
    const edge = this.#slots[this.#slotOf(state, symbol)] as number;
    return edge === -1 ? -1 : (this.#to[edge] as number);
  }

  append(symbol: number): void {
    const { longest, link } = this;
    const added = this.#state((longest[this.#last] as number) + 1);
    let state = this.#last;
    for (; state !== -1 && this.next(state, symbol) === -1; state = link[state] as number) {
      this.#connect(state, symbol, added);
    }
    this.#last = added;
    if (state === -1) return;
    const reached = this.next(state, symbol);
    const length = (longest[state] as number) + 1;
    if (longest[reached] === length) {
      link[added] = reached;
      return;
    }
    // The shorter substrings of `reached` now end here as well, so they become a state of their own.
    const short = this.#state(length);
    for (let edge = this.#first[reached] as number; edge !== -1; edge = this.#sibling[edge] as number) {
      this.#connect(short, this.#symbol[edge] as number, this.#to[edge] as number);
    }
    link[short] = link[reached] as number;
    link[reached] = short;
    link[added] = short;
    for (; state !== -1 && this.next(state, symbol) === reached; state = link[state] as number) {
      this.#to[this.#slots[this.#slotOf(state, symbol)] as number] = short;
    }
  }

  /** The states in order of length, each after the one it links to. */
  byLength(): Int32Array {
    const { longest, states } = this;
    // The number of shorter states for each length, which is the position of the first state of that length.
    const places = new Int32Array((longest[this.#last] as number) + 2);
    for (let s = 0; s < states; s++)
      places[(longest[s] as number) + 1] = 1 + (places[(longest[s] as number) + 1] as number);
    for (let i = 1; i < places.length; i++) places[i] = (places[i] as number) + (places[i - 1] as number);
    const order = new Int32Array(states);
    for (let s = 0; s < states; s++) {
      const length = longest[s] as number;
      const place = places[length] as number;
      order[place] = s;
      places[length] = place + 1;
    }
    return order;
  }

  #state(longest: number): number {
    this.longest[this.#states] = longest;
    return this.#states++;
  }

  #connect(from: number, symbol: number, to: number): void {
    const edge = this.#edges++;
    this.#slots[this.#slotOf(from, symbol)] = edge;
    this.#from[edge] = from;
    this.#symbol[edge] = symbol;
    this.#to[edge] = to;
    this.#sibling[edge] = this.#first[from] as number;
    this.#first[from] = edge;
  }

  /** The slot of the edge, or the empty one for it. */
  #slotOf(state: number, symbol: number): number {
    const mask = this.#slots.length - 1;
    let slot = (Math.imul(state, 0x9e3779b1) ^ Math.imul(symbol, 0x85ebca6b)) >>> this.#shift;
    for (; ; slot = (slot + 1) & mask) {
      const edge = this.#slots[slot] as number;
      if (edge === -1 || (this.#from[edge] === state && this.#symbol[edge] === symbol)) return slot;
    }
  }
}
