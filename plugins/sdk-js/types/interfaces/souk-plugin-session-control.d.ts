/// <reference path="./souk-plugin-session.d.ts" />
/// <reference path="./souk-plugin-types.d.ts" />
declare module 'souk:plugin/session-control@0.1.0' {
  /**
   * Verify the credentials against the store and replace the session.
   */
  export function login(using: Credentials): Info;
  /**
   * Forget the session and its credentials. False where there was none.
   */
  export function destroy(): boolean;
  /**
   * Set the store view that reads use when they name none.
   */
  export function setDefaultScope(storeViewCode: string): Info;
  export type Failure = import('souk:plugin/types@0.1.0').Failure;
  export type Info = import('souk:plugin/session@0.1.0').Info;
  /**
   * What to log in with.
   */
  export interface Credentials {
    /**
     * A store of the operator's configuration by its base URL; absent: the
     * first one. A URL that is not configured is refused.
     */
    baseUrl?: string,
    /**
     * Names of this call's sealed arguments: those whose schema says
     * `writeOnly: true`. The host withholds their values from `invoke` and
     * uses them here. Empty: the operator's own credentials.
     */
    sealed: Array<string>,
  }
}
