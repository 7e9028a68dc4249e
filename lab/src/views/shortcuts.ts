/** Keys that work wherever the focus is, except in text fields. */

import { VIEWS, type View } from "../state/route.ts";

export type Shortcut =
  | { readonly kind: "view"; readonly view: View }
  | { readonly kind: "run" }
  | { readonly kind: "help" };

/** Inputs in which a letter has no meaning of its own. */
const WITHOUT_TEXT = new Set(["button", "checkbox", "color", "file", "radio", "range", "reset", "submit"]);

/** The used part of a keyboard event. */
export type Key = Pick<
  KeyboardEvent,
  "key" | "altKey" | "ctrlKey" | "metaKey" | "isComposing" | "repeat" | "defaultPrevented"
>;

/** The shortcut of a key; undefined for all others, and for events that were already handled. */
export function shortcutOf(event: Key): Shortcut | undefined {
  if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing || event.repeat || event.defaultPrevented) {
    return undefined;
  }
  if (event.key === "?") return { kind: "help" };
  if (event.key === "s") return { kind: "run" };
  const view = VIEWS.find((_, index) => event.key === `${index + 1}`);
  return view === undefined ? undefined : { kind: "view", view };
}

/** True if typing goes into this element, or selects in it. */
export function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !WITHOUT_TEXT.has(target.type);
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
