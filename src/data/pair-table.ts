/** Numbers pairs of token ids 0, 1, 2, ... in the order they are added, and looks them up. */
export class PairTable {
  #left = new Int32Array(1024);
  #right = new Int32Array(1024);
  #size = 0;
  /** Open addressing: a pair's number + 1, or 0 for an empty slot. The size is a power of two, at most half full. */
  #slots = new Int32Array(2048);

  get size(): number {
    return this.#size;
  }

  left(index: number): number {
    return this.#left[index] as number;
  }

  right(index: number): number {
    return this.#right[index] as number;
  }

  /** The pair's number, or -1. */
  find(left: number, right: number): number {
    return (this.#slots[this.#slot(left, right)] as number) - 1;
  }

  /** The pair's number; a new pair gets the value of `size` before the call. */
  add(left: number, right: number): number {
    const slot = this.#slot(left, right);
    const found = this.#slots[slot] as number;
    if (found !== 0) return found - 1;
    if (this.#size === this.#left.length) {
      this.#grow();
      return this.add(left, right);
    }
    const index = this.#size++;
    this.#left[index] = left;
    this.#right[index] = right;
    this.#slots[slot] = index + 1;
    return index;
  }

  /** The slot of the pair, or the empty one for it. */
  #slot(left: number, right: number): number {
    const [slots, lefts, rights] = [this.#slots, this.#left, this.#right];
    const mask = slots.length - 1;
    const hash = Math.imul(Math.imul(left, 0x9e3779b1) ^ right, 0x85ebca6b);
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const index = (slots[slot] as number) - 1;
      if (index < 0 || (lefts[index] === left && rights[index] === right)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const [lefts, rights] = [this.#left, this.#right];
    this.#left = new Int32Array(2 * lefts.length);
    this.#right = new Int32Array(2 * rights.length);
    this.#left.set(lefts);
    this.#right.set(rights);
    this.#slots = new Int32Array(2 * this.#slots.length);
    for (let index = 0; index < this.#size; index++) {
      this.#slots[this.#slot(this.left(index), this.right(index))] = index + 1;
    }
  }
}
