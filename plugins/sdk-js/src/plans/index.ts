/** Changes to a store: they are proposed, and the host reviews, sends and takes back. */

import type { Bound, Effect } from "souk:plugin/actions@0.1.0";
import type { RiskTier } from "souk:plugin/types@0.1.0";
import { action, type Action, type ActionOptions } from "../action.js";
import type { Shape, Shaped } from "../schema.js";
import { PREPARED, type PreparedResult } from "./results.js";
import type { Changes } from "./changes.js";
import { ApplyContext, PrepareContext } from "./draft.js";

export { ChangeBuilder, SUBJECT, Step, fromResponse, step } from "./change.js";
export { Changes } from "./changes.js";
export { ApplyContext, PrepareContext } from "./draft.js";
export { element } from "./pointer.js";
export { APPLIED, applied, type AppliedResult, type PreparedResult } from "./results.js";

/** The tool that commits what a `prepare` action proposed. The host makes it and runs it. */
export interface CommitOptions {
  /** Its name, without the group's; of `prepare_retitle` it is `commit_retitle`. */
  name?: string;
  title?: string;
  description?: string;
  /** How much harm it can do; `risk` unless it is said, and not below the action's own. */
  tier?: RiskTier;
  /** The result's name for the subject as read back, for plans of one change. */
  subjectAs?: string;
}

/** What an action says that changes the store. */
export interface ChangingOptions<A extends Shape, R extends Shape> extends ActionOptions<A, R> {
  /** The changes that it may make: their lookups and their writes. */
  changes: readonly Changes<string>[];
}

/** What a `prepare` action says. */
export interface PrepareOptions<A extends Shape>
  extends Omit<ChangingOptions<A, typeof PREPARED>, "result"> {
  commit?: CommitOptions;
}

/** An action that reads, and proposes one plan, which waits for its commit. */
export function prepare<A extends Shape>(
  options: PrepareOptions<A>,
  handler: (args: Shaped<A>, context: PrepareContext) => PreparedResult,
): Action {
  const { name, title, commit = {}, changes } = options;
  const committing = commit.name ?? name.replace(/^prepare_|^/, "commit_");
  const tool = (group: string): string => `${group}_${committing}`;
  const effect = (group: string): Effect => ({
    tag: "prepare",
    val: {
      name: committing,
      title: commit.title
        ?? (title.startsWith("Plan ") ? title.replace("Plan", "Commit") : `Commit: ${title}`),
      description: commit.description
        ?? `Carries out a plan of ${group}_${name}: writes each subject as the plan shows it, `
          + "leaves out those that changed since, and reads every one back.",
      tier: commit.tier ?? (options.tier === "critical" ? "critical" : "risk"),
      subjectAs: commit.subjectAs,
    },
  });
  return action(
    { ...options, result: PREPARED },
    effect,
    changes.flatMap((one) => one.grants()),
    (args: Shaped<A>, group) => handler(args, new PrepareContext(tool(group))),
    (group) => ` Changes nothing yet; commit the plan with ${tool(group)}.`,
  );
}

/** What an `apply` action says. */
export interface ApplyOptions<A extends Shape, R extends Shape> extends ChangingOptions<A, R> {
  /** How many changes one call may make: one unless it is said, or the operator's bulk cap. */
  bound?: number | "bulk";
}

/**
 * An action that changes the store in the same call. From tier risk upwards the host asks the caller
 * for confirmation and a reason.
 */
export function apply<A extends Shape, R extends Shape>(
  options: ApplyOptions<A, R>,
  handler: (args: Shaped<A>, context: ApplyContext) => Shaped<R>,
): Action {
  const { bound = 1, changes } = options;
  const val: Bound = bound === "bulk" ? { tag: "bulk" } : { tag: "at-most", val: bound };
  return action(
    options,
    () => ({ tag: "apply", val }),
    changes.flatMap((one) => one.grants()),
    (args: Shaped<A>) => handler(args, new ApplyContext()),
  );
}
