declare module 'souk:plugin/progress@0.1.0' {
  /**
   * `done` of `total`, where the total is known, and a short note for people.
   */
  export function report(done: bigint, total: bigint | undefined, note: string): void;
}
