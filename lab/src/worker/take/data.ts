import type { Corpus } from "microgpt";

/**
 * A run's data as a file for the command line: documents one a line, a text unchanged, and several texts as JSON lines.
 */
export function dataFile({ docs, mode = "documents" }: Corpus): string {
  if (mode === "documents") return docs.map((doc) => `${doc}\n`).join("");
  const [text = ""] = docs;
  return docs.length === 1 ? text : docs.map((each) => `${JSON.stringify({ text: each })}\n`).join("");
}
