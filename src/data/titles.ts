/** Tells a row of column titles from a row of data. */

import type { Row } from "./rows.ts";

/** Usual column titles in collections of texts. */
const WORDS: ReadonlySet<string> = new Set(
  `text texts name names title titles content contents body sentence sentences word words review reviews comment comments
  message messages msg tweet tweets post posts lyric lyrics line lines document documents doc docs quote quotes joke jokes
  headline headlines caption captions description summary article articles story stories poem poems verse verses question
  answer prompt response reply completion instruction input output source target context utterance dialogue dialog
  transcript abstract subject note notes value values label labels class category categories genre tag tags id ids index
  idx key no nr num number date time datetime timestamp created year month day author user username userid url uri link
  lang language locale score rating ratings stars sentiment gender sex count freq frequency rank length total percent city
  country state region place location address street zip email phone type kind status price amount customer product item
  song artist album track species common scientific family smiles sequence seq formula code sku unit first last full
  firstname lastname surname
  texto textos nombre nombres titulo título frase frases contenido texte textes nom noms prénom prenom titre phrase contenu
  satz sätze wort wörter vorname nachname titel inhalt beschreibung nome cognome testo frase titolo nom naam tekst woord
  zin imię nazwa tytuł zdanie имя текст название предложение слово 文本 内容 标题 名字 姓名 句子 名前 テキスト 本文 タイトル 文
  이름 텍스트 내용 제목 문장`
    .split(/\s+/)
    .filter((word) => word !== ""),
);

/**
 * True if the first row of a table names its columns: it contains a usual title, or differs in kind from the rows
 * below. If nothing tells them apart, the row is data, so that no text is lost.
 *
 * @param rows some of the rows below
 */
export function isHeader(first: readonly string[], rows: readonly Row[]): boolean {
  const below = first.map((_, column) => rows.map(({ fields }) => fields[column] ?? ""));
  const share = (column: number, of: (value: string) => boolean): number => {
    const values = (below[column] ?? []).filter((value) => value.trim() !== "");
    return values.length === 0 ? 0 : values.filter(of).length / values.length;
  };
  const some = (test: (title: string, column: number) => boolean): boolean => first.some(test);
  if (some((title, column) => isFigure(title) && share(column, isFigure) > 0.5)) return false;
  if (some(isTitle)) return true;
  // Unnamed row numbers, as pandas writes them.
  if (some((title, column) => title.trim() === "" && share(column, isFigure) > 0.9)) return true;
  if (some(isFigure) || some((title, column) => title.trim() !== "" && share(column, (v) => v === title) > 0))
    return false;
  if (some((_, column) => share(column, isFigure) > 0.9)) return true;
  // Single words above sentences.
  const sentences = some((_, column) => share(column, (value) => value.trim().split(/\s+/).length > 2) > 0.9);
  return rows.length > 2 && sentences && first.every((title) => /^\s*[\p{L}_][\p{L}\p{N}_.-]*\s*$/u.test(title));
}

/** True for `text`, `review_text`, `Review Text`, `songTitle`. */
export function isTitle(cell: string): boolean {
  const title = cell.trim();
  if (title.length > 40) return false;
  const words = title
    .replace(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[\s_.]+/)
    .filter((word) => /\p{L}/u.test(word));
  const known = (word: string | undefined): boolean => word !== undefined && WORDS.has(word);
  // A book's title may end in one of the words; an identifier may begin with anything.
  return /\s/.test(title) ? words.length > 0 && words.length < 4 && words.every(known) : known(words.at(-1));
}

/** True for numbers, dates, times, amounts: digits without a letter. */
export function isFigure(cell: string): boolean {
  return /\d/.test(cell) && !/\p{L}/u.test(cell.replace(/(?<=\d)[eE](?=[-+]?\d)/, ""));
}
