/** The one part of WASI that the SDK uses: where the log goes. */
declare module "wasi:cli/stderr@0.2.12" {
  interface OutputStream {
    blockingWriteAndFlush(contents: Uint8Array): void;
  }
  export function getStderr(): OutputStream;
}

/** The log by the name that everybody knows. */
interface Console {
  log(...parts: unknown[]): void;
  debug(...parts: unknown[]): void;
  info(...parts: unknown[]): void;
  warn(...parts: unknown[]): void;
  error(...parts: unknown[]): void;
}
declare var console: Console;
