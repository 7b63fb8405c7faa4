/** The table from which both `describe` and `invoke` come. */

import type { Group, GroupDetails, Response } from "souk:plugin/actions@0.1.0";
import type { Action } from "./action.js";
import { Failure, fail } from "./failure.js";

/** What a plugin offers. */
export interface GroupOptions {
  /** `[a-z0-9]+`, unique among the groups a host loads; tools are named `GROUP_ACTION`. */
  name: string;
  /** Semantic version. */
  version: string;
  /** For people, in a few words. */
  title: string;
  /** For people. */
  description: string;
  /** At least one. */
  actions: readonly Action[];
  /** Prompts, resources, a schema of its settings. */
  details?: Partial<GroupDetails>;
}

/** The component's export: `export const actions = group({ … })`. */
export function group(options: GroupOptions): {
  describe(): Group;
  invoke(action: string, args: string): Response;
} {
  const { name, version, title, description, actions, details } = options;
  return {
    describe: () => ({
      name,
      version,
      title,
      description,
      actions: actions.map((action) => action.describe(name)),
      details: details && { prompts: [], resourceTemplates: [], extensions: [], ...details },
    }),
    invoke: (called, args) => {
      try {
        const action = actions.find((one) => one.name === called);
        if (!action) throw fail.internal(`\`${name}\` has no action \`${called}\``);
        const result = action.run(JSON.parse(args), name);
        if (result instanceof Promise) {
          throw fail.internal(`the handler of \`${called}\` is async, and nothing here waits for it`);
        }
        return { json: JSON.stringify(result), content: [] };
      } catch (thrown) {
        throw Failure.of(thrown).toContract();
      }
    },
  };
}
