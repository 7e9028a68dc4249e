/** Generated texts for tests, the same each time. */

import { Random } from "../util/random.ts";

const random = new Random(16);
/** From 0 to below 1. */
export const fraction = (): number => random.random();
export const ri = (least: number, most: number): number => least + Math.floor(fraction() * (most - least + 1));
export const pick = (from: readonly string[]): string => from[ri(0, from.length - 1)] ?? "";
export const repeat = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join("\n");
const letters = (count: number, from: string): string => Array.from({ length: count }, () => pick([...from])).join("");
export const hex = (count: number): string => letters(count, "0123456789abcdef");
export const digits = (count: number): string => letters(count, "0123456789");
export const dna = (count: number): string => letters(count, "ACGT");
export const base64 = (count: number): string =>
  letters(count, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
/** Two digits. */
export const two = (least: number, most: number): string => String(ri(least, most)).padStart(2, "0");
export const time = (): string => `${two(0, 23)}:${two(0, 59)}`;

export const WORDS: readonly string[] =
  "the a of and to in is was he she it on with at by from up cat house river tree walked quickly garden evening people".split(
    " ",
  );
export const word = (): string => pick(WORDS);
export const sentence = (words: number): string => {
  const text = Array.from({ length: words }, word).join(" ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
};
export const prose = (): string => Array.from({ length: 30 }, () => sentence(ri(4, 18))).join(" ");

/** Broken at a width, within words. */
export function fold(text: string, width: number): string {
  return (text.match(new RegExp(`.{1,${width}}`, "gsu")) ?? []).join("\n");
}

/** Broken at a width, between words. */
export function wrap(text: string, width: number): string {
  const lines: string[] = [];
  for (const next of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + next.length > width) lines.push(next);
    else lines[lines.length - 1] = `${last} ${next}`;
  }
  return lines.join("\n");
}

/** Sentences without a blank. */
export const CHINESE: string =
  "春天来了，花园里的花都开了。孩子们在河边唱歌，老人坐在树下喝茶。天气很好，大家都很高兴。昨天下了一场大雨，路上到处都是水，今天早上太阳出来了，一切都变得明亮起来。".repeat(
    12,
  );
