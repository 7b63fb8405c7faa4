/**
 * Write a Souk plugin: what every one needs. What changes a store is in `souk-sdk/plans`, documents are
 * in `souk-sdk/documents`: a component imports what its modules import, and shows what it can do.
 */
/// <reference path="../types/action-group.d.ts" />
/// <reference path="./globals.d.ts" />

import "./log.js";

export { query, type Action, type ActionOptions } from "./action.js";
export { Context } from "./context.js";
export {
  Criteria, anyOf, contains, filter, noneOf, startsWith, type Condition, type Filter,
} from "./criteria.js";
export { Failure, fail } from "./failure.js";
export { group, type GroupOptions } from "./group.js";
export { log } from "./log.js";
export { GLOBAL, Read, Route, SESSION_DEFAULT, view, type StoreView } from "./route.js";
export * as t from "./schema.js";
export type { Infer } from "./schema.js";
export { u64 } from "./u64.js";
