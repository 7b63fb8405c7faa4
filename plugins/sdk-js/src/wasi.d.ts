/** The one part of WASI that the SDK uses: where the log goes. */
declare module "wasi:cli/stderr@0.2.12" {
  interface OutputStream {
    blockingWriteAndFlush(contents: Uint8Array): void;
  }
  export function getStderr(): OutputStream;
}
