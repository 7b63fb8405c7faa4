/// <reference path="./souk-plugin-types.d.ts" />
declare module 'souk:plugin/settings@0.1.0' {
  /**
   * The setting's value, if the operator set it.
   */
  export function get(name: string): Json | undefined;
  export type Json = import('souk:plugin/types@0.1.0').Json;
}
