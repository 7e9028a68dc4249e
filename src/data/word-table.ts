/**
 * Words as UTF-8 bytes, numbered 0, 1, 2, ... as they are first seen. No strings are created, as the keys of a Map
 * would be: while such a substring lives, V8 keeps the whole text it was cut from.
 */
export class WordTable {
  /** All words concatenated: word `index` is from `start(index)` to `start(index + 1)`. */
  #bytes = new Uint8Array(4096);
  #starts = new Int32Array(1024);
  #hashes = new Int32Array(1024);
  #size = 0;
  /** Open addressing: a word's number + 1, or 0 for an empty slot. The size is a power of two, at most half full. */
  #slots = new Int32Array(2048);

  get size(): number {
    return this.#size;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  start(index: number): number {
    return this.#starts[index] as number;
  }

  /** The number of the word in the first `length` bytes; a new word gets the value of `size` before the call. */
  add(word: Uint8Array, length: number): number {
    // FNV-1a.
    let hash = 0x811c9dc5;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ (word[i] as number), 0x01000193);
    const mask = this.#slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const index = (this.#slots[slot] as number) - 1;
      if (index < 0) break;
      if (this.#hashes[index] === hash && this.#equals(index, word, length)) return index;
      slot = (slot + 1) & mask;
    }
    return this.#append(word, length, hash, slot);
  }

  #equals(index: number, word: Uint8Array, length: number): boolean {
    const bytes = this.#bytes;
    const start = this.start(index);
    if (this.start(index + 1) - start !== length) return false;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== word[i]) return false;
    return true;
  }

  #append(word: Uint8Array, length: number, hash: number, slot: number): number {
    const index = this.#size++;
    const start = this.start(index);
    if (start + length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (start + length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(word.subarray(0, length), start);
    this.#starts[index + 1] = start + length;
    this.#hashes[index] = hash;
    this.#slots[slot] = index + 1;
    // There is one more start than words.
    if (this.#size + 1 === this.#starts.length) this.#grow();
    return index;
  }

  #grow(): void {
    const [starts, hashes] = [this.#starts, this.#hashes];
    this.#starts = new Int32Array(2 * starts.length);
    this.#hashes = new Int32Array(2 * hashes.length);
    this.#starts.set(starts);
    this.#hashes.set(hashes);
    this.#slots = new Int32Array(2 * this.#slots.length);
    const mask = this.#slots.length - 1;
    for (let index = 0; index < this.#size; index++) {
      const hash = this.#hashes[index] as number;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = index + 1;
    }
  }
}
