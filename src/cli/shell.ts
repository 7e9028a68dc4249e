/** A path as a shell takes it. */
export function quote(path: string): string {
  return /^[\w./-][\w./=,+:-]*$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
