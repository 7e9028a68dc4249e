/**
 * The name that a download goes by: `microgpt-names-1000.safetensors` of the data set `names` after 1,000 steps;
 * `part` is the step, or says what is in it. Of the data's name stay letters and digits, at most 40 characters, so that every file system takes it and none reads a folder,
 * a device or a flag in it.
 */
export function downloadName(data: string, part: number | string, extension: string): string {
  const words = data
    .normalize("NFC")
    .replace(/\.\w{1,5}$/, "") // what a file of text was called
    .match(/[\p{L}\p{N}\p{M}]+/gu);
  const name = [...(words ?? []).join("-")].slice(0, 40).join("").replace(/-$/, "");
  return `${["microgpt", name, part].filter((piece) => piece !== "").join("-")}.${extension}`;
}
