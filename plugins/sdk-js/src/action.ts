/** Actions: a typed function, and what it may do. */

import type {
  Action as ContractAction, CompletionSource, Effect, Grant,
} from "souk:plugin/actions@0.1.0";
import type { RiskTier } from "souk:plugin/types@0.1.0";
import { Context } from "./context.js";
import { fail } from "./failure.js";
import type { Route } from "./route.js";
import { isStandard, object, type Json, type Shape, type Shaped } from "./schema.js";

/** What an action is called, how it is described, and what it may do. */
export interface ActionOptions<A extends Shape, R extends Shape> {
  /** `[a-z0-9_]+`; the tool is `GROUP_NAME`. */
  name: string;
  /** For people, in a few words. */
  title: string;
  /** For models: what it does, what it needs, what it answers, in one to four sentences. */
  description: string;
  /** Its arguments. A misspelt one is refused. */
  args: A;
  /** What it answers. Members that are not named may be there too. */
  result: R;
  /** How much harm it can do; `safe` unless it is said. */
  tier?: RiskTier;
  /** False: it may be called without a session. */
  needsSession?: boolean;
  /** The routes that it may read. Any other read is refused by the host. */
  reads?: readonly Route<string>[];
  /** Words by which a person would look for it, beside those of its texts. */
  keywords?: string[];
  /** Where the result holds texts that strangers wrote: pointers, with `*` for every element. */
  untrusted?: string[];
  /** Why it should no longer be used, and what to use instead. */
  deprecated?: string;
  /** Where suggestions come from, by argument. */
  completions?: { [argument: string]: CompletionSource };
}

/** One tool. */
export interface Action {
  readonly name: string;
  /** As the contract has it, in the group of this name. */
  describe(group: string): ContractAction;
  /** Runs it on arguments that the host has checked. */
  run(args: unknown, group: string): unknown;
}

/** An action that only reads. */
export function query<A extends Shape, R extends Shape>(
  options: ActionOptions<A, R>,
  handler: (args: Shaped<A>, context: Context) => Shaped<R>,
): Action {
  return action(options, () => ({ tag: "query" }), [], (args) => handler(args, new Context()));
}

/** @internal */
export function action<A extends Shape, R extends Shape>(
  options: ActionOptions<A, R>,
  effect: (group: string) => Effect,
  writes: readonly Grant[],
  handler: (args: Shaped<A>, group: string) => Shaped<R>,
  note: (group: string) => string = () => "",
): Action {
  const { name, title, description, tier = "safe", needsSession = true } = options;
  const reads = (options.reads ?? []).map((route): Grant =>
    ({ tag: "read", val: route.toContract() }));
  return {
    name,
    describe: (group) => ({
      name,
      title,
      description: description + note(group),
      tier,
      effect: effect(group),
      needsSession,
      input: JSON.stringify(rendered(options.args, true)),
      output: JSON.stringify(rendered(options.result, false)),
      grants: once([...reads, ...writes]),
      details: {
        completions: Object.entries(options.completions ?? {}).map(([argument, source]) =>
          ({ argument, source })),
        untrusted: options.untrusted ?? [],
        keywords: options.keywords ?? [],
        deprecated: options.deprecated,
        extensions: [],
      },
    }),
    run: (args, group) => handler(taken(options.args, args) as Shaped<A>, group),
  };
}

function rendered(shape: Shape, closed: boolean): Json {
  if (!isStandard(shape)) return object(shape).toJsonSchema(closed);
  const { $schema: _, ...schema } = shape["~standard"].jsonSchema.input({ target: "draft-2020-12" });
  return schema;
}

/** The arguments with their defaults, or as a schema of somebody else's makes them. */
function taken(shape: Shape, args: unknown): unknown {
  if (!isStandard(shape)) {
    const defaults = Object.entries(shape).filter(([, one]) => one.presence === "default");
    return {
      ...Object.fromEntries(defaults.map(([name, one]) => [name, one.fallback])),
      ...args as object,
    };
  }
  const checked = shape["~standard"].validate(args) as {
    value?: unknown;
    issues?: { message: string; path?: (PropertyKey | { key: PropertyKey })[] }[];
  };
  const [issue] = checked.issues ?? [];
  if (!issue) return checked.value;
  const path = (issue.path ?? []).map((step) => typeof step === "object" ? step.key : step);
  throw fail.argument(path.map((step) => `/${String(step)}`).join(""), issue.message);
}

function once(grants: Grant[]): Grant[] {
  return [...new Map(grants.map((grant) => [JSON.stringify(grant), grant])).values()];
}
