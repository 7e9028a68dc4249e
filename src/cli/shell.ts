/** A path quoted for a shell. */
export function quote(path: string): string {
  return /^[\w./-][\w./=,+:-]*$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
