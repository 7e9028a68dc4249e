import { type Remark, say, set } from "../util/words.ts";
import type { Detected } from "./detect-mode.ts";

/** The kinds of notes on how data is read. */
export type NoteKind =
  // The whole of the data.
  | "mode"
  | "skipped"
  // A file.
  | "column"
  | "markup"
  | "member"
  | "sections"
  | "text"
  // The records of a file.
  | "chats"
  | "halves"
  | "nulls"
  | "zeros";

/** A note to the user on how data is read. */
export type Note = Remark<NoteKind>;

/** Receives the notes on a file. `like` is the same for notes that say the same of several files; default: the kind. */
export type OnNote = (note: Note, like?: string) => void;

/** Says how data is read by its appearance. */
export function modeNote({ mode, reason }: Detected): Note {
  const [as, other] = mode === "stream" ? ["running text", "documents"] : ["one document a line", "stream"];
  return {
    kind: "mode",
    values: { mode, reason: reason.kind, ...reason.values },
    message: say`reads as ${as}: ${reason.message}; ${set("mode", other)} overrides`,
  };
}
