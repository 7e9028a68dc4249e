/**
 * Running text that is longer than the context. Positions are learned and absolute, so a cache of keys and values cannot
 * slide: when the context is full, the last part of the text is read again as a fresh one.
 */

import type { NextToken } from "./language-model.ts";

/**
 * How many tokens a fresh context begins with: three quarters of blockSize, so that each token is predicted from that
 * many or more.
 */
export function keptTokens(blockSize: number): number {
  return Math.max(1, Math.floor((3 * blockSize) / 4));
}

/**
 * Goes on past blockSize. `begin` begins a context with a prompt of fewer than blockSize tokens; the first one begins
 * with `prompt`.
 */
export function sliding(
  begin: (prompt: readonly number[]) => NextToken,
  prompt: readonly number[],
  blockSize: number,
): NextToken {
  let context = [...prompt];
  let next: NextToken | undefined;
  return (token) => {
    if (context.length === blockSize) {
      context = lastTokens(context, keptTokens(blockSize) - 1);
      next = undefined;
    }
    next ??= begin(context);
    context.push(token);
    return next(token);
  };
}

export function lastTokens(tokens: readonly number[], count: number): number[] {
  return count === 0 ? [] : tokens.slice(-count);
}
