/// <reference path="./interfaces/souk-plugin-actions.d.ts" />
/// <reference path="./interfaces/souk-plugin-cache.d.ts" />
/// <reference path="./interfaces/souk-plugin-documents.d.ts" />
/// <reference path="./interfaces/souk-plugin-plans.d.ts" />
/// <reference path="./interfaces/souk-plugin-progress.d.ts" />
/// <reference path="./interfaces/souk-plugin-session-control.d.ts" />
/// <reference path="./interfaces/souk-plugin-session.d.ts" />
/// <reference path="./interfaces/souk-plugin-settings.d.ts" />
/// <reference path="./interfaces/souk-plugin-types.d.ts" />
/// <reference path="./interfaces/souk-plugin-upstream.d.ts" />
declare module 'souk:plugin/action-group@0.1.0' {
  export type * as SoukPluginCache010 from 'souk:plugin/cache@0.1.0'; // import souk:plugin/cache@0.1.0
  export type * as SoukPluginDocuments010 from 'souk:plugin/documents@0.1.0'; // import souk:plugin/documents@0.1.0
  export type * as SoukPluginPlans010 from 'souk:plugin/plans@0.1.0'; // import souk:plugin/plans@0.1.0
  export type * as SoukPluginProgress010 from 'souk:plugin/progress@0.1.0'; // import souk:plugin/progress@0.1.0
  export type * as SoukPluginSessionControl010 from 'souk:plugin/session-control@0.1.0'; // import souk:plugin/session-control@0.1.0
  export type * as SoukPluginSession010 from 'souk:plugin/session@0.1.0'; // import souk:plugin/session@0.1.0
  export type * as SoukPluginSettings010 from 'souk:plugin/settings@0.1.0'; // import souk:plugin/settings@0.1.0
  export type * as SoukPluginTypes010 from 'souk:plugin/types@0.1.0'; // import souk:plugin/types@0.1.0
  export type * as SoukPluginUpstream010 from 'souk:plugin/upstream@0.1.0'; // import souk:plugin/upstream@0.1.0
  export * as actions from 'souk:plugin/actions@0.1.0'; // export souk:plugin/actions@0.1.0
}
