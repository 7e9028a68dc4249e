/** The few choices that the page remembers. Without storage they last as long as the page. */

const PREFIX = "microgpt-lab-";

export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(PREFIX + name) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Forgetting them does no harm.
  }
}
