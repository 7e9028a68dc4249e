/**
 * The file name of a download: `microgpt-names-1000.safetensors` for the data set `names` after 1,000 steps; `part` is
 * the step, or a word for the content. Of the data's name it keeps letters and digits, at most 40 characters, so that
 * every file system accepts it and none mistakes it for a folder, a device or a flag.
 */
export function downloadName(data: string, part: number | string, extension: string): string {
  const words = data
    .normalize("NFC")
    .replace(/\.\w{1,5}$/, "") // a text file's extension
    .match(/[\p{L}\p{N}\p{M}]+/gu);
  const name = [...(words ?? []).join("-")].slice(0, 40).join("").replace(/-$/, "");
  return `${["microgpt", name, part].filter((piece) => piece !== "").join("-")}.${extension}`;
}
