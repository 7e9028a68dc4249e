/**
 * To be attached to what scrolls sideways and has nothing in it that takes the focus, as a table: while it is wider than its
 * place, Tab comes to it and the arrow keys move it.
 */
export function reachable(element: HTMLElement): () => void {
  const watch = new ResizeObserver(() => {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  });
  watch.observe(element);
  // It may stay as it is while what is in it grows.
  for (const child of element.children) watch.observe(child);
  return () => watch.disconnect();
}
