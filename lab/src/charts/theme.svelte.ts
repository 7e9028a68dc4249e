/** Call inside an effect or $derived to rerun it when the page turns light or dark. */

import { createSubscriber } from "svelte/reactivity";
import type { RGB } from "./color.ts";

/** The current value of a CSS color, such as `var(--accent)`, inside an element. */
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

/** The element resolves variables and light-dark(); a canvas converts any color notation to bytes. */
export function colorIn(element: Element, color: string): RGB {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.color = color;
  element.append(probe);
  // The same as a string for a canvas.
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
