/** A whole number for people: `12,345`. Like toLocaleString, whose first call takes 10 ms. */
export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}
