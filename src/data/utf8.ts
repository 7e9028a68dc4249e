/** A reusable buffer for the bytes of a word. */
export class Utf8Buffer {
  bytes: Uint8Array = new Uint8Array(1024);

  /**
   * Writes text from `start` to `end` as UTF-8 and returns the number of bytes. Half of a surrogate pair becomes
   * U+FFFD, as in TextEncoder, whose call would take longer than a word does.
   */
  write(text: string, start: number, end: number): number {
    if (3 * (end - start) > this.bytes.length) this.bytes = new Uint8Array(6 * (end - start));
    const bytes = this.bytes;
    let n = 0;
    for (let i = start; i < end; i++) {
      const unit = text.charCodeAt(i);
      if (unit < 0x80) {
        bytes[n++] = unit;
      } else if (unit < 0x800) {
        bytes[n++] = 0xc0 | (unit >> 6);
        bytes[n++] = 0x80 | (unit & 0x3f);
      } else {
        let point = unit;
        if (unit >= 0xd800 && unit < 0xe000) {
          point = text.codePointAt(i) as number;
          if (point > 0xffff && i + 1 < end) i++;
          else point = 0xfffd;
        }
        if (point > 0xffff) {
          bytes[n++] = 0xf0 | (point >> 18);
          bytes[n++] = 0x80 | ((point >> 12) & 0x3f);
        } else {
          bytes[n++] = 0xe0 | (point >> 12);
        }
        bytes[n++] = 0x80 | ((point >> 6) & 0x3f);
        bytes[n++] = 0x80 | (point & 0x3f);
      }
    }
    return n;
  }
}
