import type { Refusal } from "../../worker/play/refusal.ts";

/** True if the worker refused. */
export function isRefusal(answer: unknown): answer is Refusal {
  return typeof answer === "object" && answer !== null && "refused" in answer;
}
