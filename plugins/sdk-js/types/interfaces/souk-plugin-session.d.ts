/// <reference path="./souk-plugin-types.d.ts" />
declare module 'souk:plugin/session@0.1.0' {
  /**
   * The session of this call, if there is one. After `login`, `destroy` or
   * `set-default-scope` in the same call: what that left.
   */
  export function current(): Info | undefined;
  /**
   * What the store can do for this session, as the host finds out for itself by
   * a few small reads: an object with `probing` (whether it is asking right now)
   * and, once it has asked, `probed_at`, `version`, `edition`, `modules`,
   * `inventory` (`multi_source` or `single`), `websites`, `store_views`, `access`
   * (`granted`, `denied` by which resource, `missing`, `unknown`), `clock_ahead_s`,
   * `graphql` and `async_bulk`. What cannot be told is `{"unknown": "why"}`.
   * 
   * Without `refresh` it asks nothing and does not wait. With it the store is
   * asked now, unless that was done within the last ten seconds; a probe under
   * way is waited for. It takes up to twenty seconds.
   */
  export function capabilities(refresh: boolean): Json;
  export type Failure = import('souk:plugin/types@0.1.0').Failure;
  export type Json = import('souk:plugin/types@0.1.0').Json;
  /**
   * How the host proves itself to the store.
   */
  export type AuthMethod = AuthMethodOauth | AuthMethodIntegrationToken | AuthMethodAdminToken | AuthMethodIms | AuthMethodOther;
  /**
   * OAuth 1.0a, HMAC-SHA256.
   */
  export interface AuthMethodOauth {
    tag: 'oauth',
  }
  /**
   * An integration's access token, as a bearer token.
   */
  export interface AuthMethodIntegrationToken {
    tag: 'integration-token',
  }
  /**
   * An admin token, got with a user name and a password.
   */
  export interface AuthMethodAdminToken {
    tag: 'admin-token',
  }
  /**
   * A token of Adobe's identity service, got with client credentials.
   */
  export interface AuthMethodIms {
    tag: 'ims',
  }
  /**
   * A method that is newer than this contract.
   */
  export interface AuthMethodOther {
    tag: 'other',
    val: string,
  }
  /**
   * What may be known of a session. Never a credential.
   */
  export interface Info {
    /**
     * The store, by the operator's name for it.
     */
    store: string,
    /**
     * Its environment: `production`, `staging`, …
     */
    environment: string,
    /**
     * Where it is.
     */
    baseUrl: string,
    /**
     * Whom the store takes us for, as far as it tells.
     */
    username: string,
    /**
     * How we prove it.
     */
    method: AuthMethod,
    /**
     * The store view code that reads use when they name none.
     */
    defaultScope?: string,
  }
}
