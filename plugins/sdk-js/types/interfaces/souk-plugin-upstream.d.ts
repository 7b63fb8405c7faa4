/// <reference path="./souk-plugin-types.d.ts" />
declare module 'souk:plugin/upstream@0.1.0' {
  /**
   * The body of a 2xx response. Anything else is a failure with its `status`.
   */
  export function get(request: Read): Json;
  /**
   * Many reads, concurrently within the operator's limit, answered in the
   * order asked. One failure does not stop the others.
   */
  export function getAll(requests: Array<Read>): Array<Result<Json, Failure>>;
  export type Failure = import('souk:plugin/types@0.1.0').Failure;
  export type Json = import('souk:plugin/types@0.1.0').Json;
  export type Read = import('souk:plugin/types@0.1.0').Read;
  export type Result<T, E> = { tag: 'ok', val: T } | { tag: 'err', val: E };
}
