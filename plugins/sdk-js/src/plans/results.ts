/** What actions answer that plan or make changes. */

import type { Outcome, Plan } from "souk:plugin/plans@0.1.0";
import { anyObject, array, integer, string, type Infer } from "../schema.js";

/** What a `prepare` action answers. */
export const PREPARED = {
  plan_id: string("What the commit tool and `plans_*` name."),
  expires_at: string("RFC 3339; afterwards it has to be prepared again."),
  affected_count: integer("How many will change; what already has these values is not counted."),
  sample_diffs: array(anyObject(), "The first changes: subject, field, before, after."),
  warnings: array(string(), "What to look at before committing."),
  message: string("What to do next."),
};
export type PreparedResult = Infer<typeof PREPARED>;

/** The answer for a plan, which `tool` commits. */
export function prepared(plan: Plan, warnings: readonly string[], tool: string): PreparedResult {
  const planned = counted(plan.count, "change is", "changes are");
  return {
    plan_id: plan.id,
    expires_at: plan.expiresAt,
    affected_count: plan.count,
    sample_diffs: JSON.parse(plan.sampleDiffs),
    warnings: [...new Set([...warnings, ...plan.warnings])],
    message:
      `${planned} planned, nothing changed yet: review the plan, then commit it with \`${tool}\``,
  };
}

/** What an `apply` action answers. */
export const APPLIED = {
  message: string("What happened, in a sentence."),
  success_count: integer("How many were written, and a read shows it."),
  error_count: integer("How many were not, or not for certain."),
  errors: array(anyObject<{ id: string; state: string; error: string }>(),
    "The first of those: state is failed, drifted (somebody changed it meanwhile), skipped, or "
    + "unknown (it may have happened)."),
  plan_id: string("The plan that was carried out: `plans_get` lists every item, `plans_undo` takes "
    + "it back."),
};
export type AppliedResult = Infer<typeof APPLIED>;

/** The answer for an outcome. */
export function applied(outcome: Outcome): AppliedResult {
  const errors = outcome.failed + outcome.drifted + outcome.skipped + outcome.unknown;
  return {
    message: sentence(outcome, errors),
    success_count: outcome.done,
    error_count: errors,
    errors: outcome.failures.map(({ subject, state, failure }) => ({
      id: subject.id,
      state: state.tag === "other" ? state.val : state.tag,
      error: failure?.message ?? "",
    })),
    plan_id: outcome.planId,
  };
}

function sentence(outcome: Outcome, errors: number): string {
  const done = counted(outcome.done, "change", "changes");
  switch (outcome.state.tag) {
    case "done":
      return outcome.unverifiable > 0
        ? `${done} written, and read back but for what is reported by the store and not readable`
        : `${done} written, and read back`;
    case "running":
      return `${done} written so far, and the rest goes on: see \`plans_get\` with the plan's id`;
    case "previewed":
      return "nothing was sent: `plans_get` with the plan's id shows what would change, "
        + "`plans_commit` carries it out";
    case "stopped":
      return `${done} written before somebody stopped it: \`plans_resume\` goes on with the rest`;
    case "frozen":
      return `${done} written; the rest waits until the plugin is approved: see \`plans_get\``;
    default:
      return `${done} written, ${errors} not: see \`errors\``;
  }
}

const counted = (count: number, one: string, many: string): string =>
  `${count} ${count === 1 ? one : many}`;
