/** Carries the errors of the library between the workers and the page, which would lose all but their message. */

import { transferHandlers } from "comlink";
import { type Complaint, MicrogptError } from "microgpt";

/** Teaches comlink to send a MicrogptError with its complaint. To be called on both sides. */
export function carryErrors(): void {
  const usual = transferHandlers.get("throw");
  if (usual === undefined) return;
  transferHandlers.set("throw", {
    canHandle: usual.canHandle,
    serialize: (thrown) => {
      const error = whatWas(thrown);
      return error instanceof MicrogptError ? [{ complaint: error.complaint }, []] : usual.serialize(thrown);
    },
    deserialize: (sent) => {
      if (isSent(sent)) throw new MicrogptError(sent.complaint);
      return usual.deserialize(sent);
    },
  });
}

function whatWas(thrown: unknown): unknown {
  return typeof thrown === "object" && thrown !== null && "value" in thrown ? thrown.value : undefined;
}

function isSent(sent: unknown): sent is { readonly complaint: Complaint } {
  return typeof sent === "object" && sent !== null && "complaint" in sent;
}
