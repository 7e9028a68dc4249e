/** The content of the page's address: a link's fragment, or the name of a model beside the page. */

export type Brought =
  | { readonly kind: "link"; readonly fragment: string }
  | { readonly kind: "model"; readonly name: string };

const SHARE = "#share=";
const MODEL = "model";
/** Served by `microgpt lab MODEL` from the page's own folder; nothing else is ever fetched. */
export const MODEL_FILE = "model.safetensors";

/** A link takes precedence over a model. */
export function broughtBy({ hash, search }: Pick<Location, "hash" | "search">): Brought | undefined {
  if (hash.startsWith(SHARE)) return { kind: "link", fragment: hash.slice(SHARE.length) };
  const name = new URLSearchParams(search).get(MODEL);
  return name === null ? undefined : { kind: "model", name: name === "" ? MODEL_FILE : name };
}

/** The address of a page with a link's fragment. */
export function linkTo({ origin, pathname }: Pick<Location, "origin" | "pathname">, fragment: string): string {
  return origin + pathname + SHARE + fragment;
}

/** The address of a view, without the content it brought. */
export function addressWithout({ pathname, search, hash }: Pick<Location, "pathname" | "search" | "hash">): string {
  const query = new URLSearchParams(search);
  query.delete(MODEL);
  const rest = query.size === 0 ? "" : `?${query}`;
  return pathname + rest + (hash.startsWith(SHARE) ? "" : hash);
}
