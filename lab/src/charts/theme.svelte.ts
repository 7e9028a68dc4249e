/** The page's colours for what is drawn on a canvas, which knows no CSS. */

import { createSubscriber } from "svelte/reactivity";
import type { RGB } from "./color.ts";

/** Inside an effect or $derived: run it again when the page turns light or dark. */
export const followTheme = createSubscriber((update) => {
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const chosen = new MutationObserver(update);
  chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  scheme.addEventListener("change", update);
  return () => {
    chosen.disconnect();
    scheme.removeEventListener("change", update);
  };
});

/** What a CSS colour, such as `var(--accent)`, is just now inside an element. */
export function colorIn(element: Element, color: string): RGB {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.color = color;
  element.append(probe);
  // The element says what variables and light-dark() come to; a canvas turns whatever notation that has into bytes.
  const seen = getComputedStyle(probe).color;
  probe.remove();
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  if (context === null) return [0, 0, 0];
  context.fillStyle = seen;
  context.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0] = context.getImageData(0, 0, 1, 1).data;
  return [r, g, b];
}

/** The same as a canvas takes it. */
export const canvasColor = (element: Element, color: string): string => `rgb(${colorIn(element, color).join(" ")})`;
