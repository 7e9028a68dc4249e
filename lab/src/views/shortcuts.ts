/** The keys that do something wherever the focus is, but never while somebody types. */

import { VIEWS, type View } from "../state/route.ts";

export type Shortcut =
  | { readonly kind: "view"; readonly view: View }
  | { readonly kind: "run" }
  | { readonly kind: "help" };

/** Inputs in which a letter has no meaning of its own. */
const WITHOUT_TEXT = new Set(["button", "checkbox", "color", "file", "radio", "range", "reset", "submit"]);

/** What of an event is looked at. */
export type Key = Pick<
  KeyboardEvent,
  "key" | "altKey" | "ctrlKey" | "metaKey" | "isComposing" | "repeat" | "defaultPrevented"
>;

/** What a key asks for; undefined for all others, and for those that somebody else has heard. */
export function shortcutOf(event: Key): Shortcut | undefined {
  if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing || event.repeat || event.defaultPrevented) {
    return undefined;
  }
  if (event.key === "?") return { kind: "help" };
  if (event.key === "s") return { kind: "run" };
  const view = VIEWS.find((_, index) => event.key === `${index + 1}`);
  return view === undefined ? undefined : { kind: "view", view };
}

/** Whether what is typed goes into this element, or chooses in it. */
export function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !WITHOUT_TEXT.has(target.type);
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
