/**
 * Write a Souk plugin: what every one needs. What changes a store is in `souk-sdk/plans`, so that a
 * plugin which only reads imports nothing that could.
 */
/// <reference path="../types/action-group.d.ts" />
/// <reference path="./wasi.d.ts" />

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
