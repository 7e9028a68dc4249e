/** Recognizes text with tags between the words. */

const MARKUP: readonly (readonly [begins: RegExp, name: string])[] = [
  [/^(?:<!--[^>]*-->\s*)?<(?:!doctype html|html|head|body)\b/i, "HTML"],
  [/^(?:<\?xml[^>]*>\s*)?<svg\b/i, "SVG"],
  [/^<\?xml\b/i, "XML"],
];

/** The kind of markup at the beginning of a text; undefined for plain text. */
export function markupOf(beginning: string): string | undefined {
  const text = beginning.trimStart();
  return text.startsWith("<") ? MARKUP.find(([begins]) => begins.test(text))?.[1] : undefined;
}
