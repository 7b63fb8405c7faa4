/// <reference path="./souk-plugin-types.d.ts" />
declare module 'souk:plugin/cache@0.1.0' {
  /**
   * Purge each of these, and answer in their order; one failure does not stop
   * the others. Only in an `apply` action whose confirmation the host has
   * checked, and within its bound, which counts targets over the whole call.
   * One call of this function counts once against the operator's rate. What
   * keeps all of them from being sent (no cache configured, too many, too
   * often) is answered for each. The call's time budget stands still.
   */
  export function purge(targets: Array<PurgeTarget>): Array<Result<PurgeResult, Failure>>;
  export type Failure = import('souk:plugin/types@0.1.0').Failure;
  /**
   * What is purged.
   */
  export type PurgeTarget = PurgeTargetUrl | PurgeTargetProduct | PurgeTargetCategory;
  /**
   * One page by its whole address, which is of this store: host and port are
   * those of one of its base URLs. No wildcard, no user name, no fragment.
   * Needs the grant `POST /purge/url` of the upstream `cdn`.
   */
  export interface PurgeTargetUrl {
    tag: 'url',
    val: string,
  }
  /**
   * Every page that shows this product, by its entity id. Needs the grant
   * `POST /purge/product/{id}` of the upstream `cdn`.
   */
  export interface PurgeTargetProduct {
    tag: 'product',
    val: bigint,
  }
  /**
   * Every page that shows this category, by its id. Needs the grant
   * `POST /purge/category/{id}` of the upstream `cdn`.
   */
  export interface PurgeTargetCategory {
    tag: 'category',
    val: bigint,
  }
  /**
   * A purge that was carried out, or would have been.
   */
  export interface PurgeResult {
    /**
     * The cache's own id of the purge, where it gives one.
     */
    id?: string,
    /**
     * Which cache: `fastly`, `varnish`.
     */
    provider: string,
    /**
     * The caller asked for a preview: nothing was sent.
     */
    previewed: boolean,
  }
  export type Result<T, E> = { tag: 'ok', val: T } | { tag: 'err', val: E };
}
