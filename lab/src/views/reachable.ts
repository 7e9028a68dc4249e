/**
 * Makes a sideways scrolling element without focusable content, such as a table, reachable: while it is wider than its
 * space, Tab reaches it and the arrow keys scroll it.
 */
export function reachable(element: HTMLElement): () => void {
  const watch = new ResizeObserver(() => {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  });
  watch.observe(element);
  // Its own size may stay the same while its content grows.
  for (const child of element.children) watch.observe(child);
  return () => watch.disconnect();
}
