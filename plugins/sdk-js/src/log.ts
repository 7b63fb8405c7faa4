/** The log: what a plugin says to the operator, never to the caller. */

import { getStderr } from "wasi:cli/stderr@0.2.12";

/** How much one write may carry, by WASI's contract. */
const MOST_BYTES = 4096;

/** Writes a line to the host's log. What is no text is written as JSON. */
export function log(...parts: unknown[]): void {
  const bytes = utf8(`${parts.map(shown).join(" ")}\n`);
  const stderr = getStderr();
  for (let from = 0; from < bytes.length; from += MOST_BYTES) {
    stderr.blockingWriteAndFlush(bytes.subarray(from, from + MOST_BYTES));
  }
}

function shown(part: unknown): string {
  if (typeof part === "string") return part;
  if (part instanceof Error) return `${part.name}: ${part.message}\n${part.stack ?? ""}`;
  try {
    return JSON.stringify(part) ?? String(part);
  } catch {
    return String(part);
  }
}

// QuickJS has neither a `TextEncoder` nor a `console`.
function utf8(text: string): Uint8Array {
  const octets = unescape(encodeURIComponent(text.toWellFormed()));
  return Uint8Array.from(octets, (octet) => octet.charCodeAt(0));
}

if (!("console" in globalThis)) {
  Object.assign(globalThis, { console: { log, debug: log, info: log, warn: log, error: log } });
}
