/** What a handler is given. */

import { report } from "souk:plugin/progress@0.1.0";
import { capabilities, current, type Info } from "souk:plugin/session@0.1.0";
import { get as setting } from "souk:plugin/settings@0.1.0";
import { get, getAll } from "souk:plugin/upstream@0.1.0";
import { Failure, fail, hosted } from "./failure.js";
import type { Read } from "./route.js";
import { u64 } from "./u64.js";

/** What every action may do: read, within its grants, and tell how far it is. */
export class Context {
  /** Reads. What the host refuses or the store answers otherwise is thrown as a `Failure`. */
  get<T = any>(read: Read): T {
    return decoded(read, hosted(() => get(read)));
  }

  /** Reads, and answers `undefined` where there is no such thing. */
  find<T = any>(read: Read): T | undefined {
    try {
      return this.get<T>(read);
    } catch (thrown) {
      if (thrown instanceof Failure && thrown.isNotFound) return undefined;
      throw thrown;
    }
  }

  /**
   * Reads many at once, concurrently within the operator's limit. The answers come in the order
   * asked, and one failure does not stop the others.
   */
  getAll<T = any>(reads: readonly Read[]): (T | Failure)[] {
    return getAll([...reads]).map((answer, at) => answer.tag === "ok"
      ? decoded<T>(reads[at] as Read, answer.val)
      : Failure.of({ payload: answer.val }));
  }

  /** The caller's session as it was when the call began, if there is one. */
  session(): Info | undefined {
    return current() ?? undefined;
  }

  /** What the store can do for this session, as `session.capabilities` of the contract describes. */
  capabilities<T = any>(refresh = false): T {
    return JSON.parse(hosted(() => capabilities(refresh)));
  }

  /** The operator's setting of this name for this plugin: `[plugins.NAME.settings]`. */
  setting<T = any>(name: string): T | undefined {
    const value = setting(name) ?? undefined;
    return value === undefined ? undefined : JSON.parse(value);
  }

  /** Tells the caller how far this call is. Cheap; dropped where nobody listens. */
  progress(done: number, total: number | undefined, note: string): void {
    report(u64(done), total === undefined ? undefined : u64(total), note);
  }
}

function decoded<T>(read: Read, text: string): T {
  try {
    return JSON.parse(text);
  } catch (wrong) {
    const { upstream = "magento", template } = read.route;
    throw fail.with("upstream-error", `the answer to \`GET ${template}\` is no JSON: ${wrong}`,
      { upstream });
  }
}
