/** Drafts: what actions of effect `prepare` and `apply` may do besides reading. */

import { Draft as HostDraft, type Change, type Intent, type Outcome } from "souk:plugin/plans@0.1.0";
import { Context } from "../context.js";
import { hosted } from "../failure.js";
import type { ChangeBuilder } from "./change.js";
import { prepared, type PreparedResult } from "./results.js";

/** How many changes go to the host at once. */
const CHUNK = 100;

/** Changes on their way to the host, which checks and stores them as they come. */
class Draft {
  readonly #open: HostDraft;
  #waiting: Change[] = [];

  /** @internal */
  constructor(intent: Intent) {
    this.#open = new HostDraft(intent);
  }

  /**
   * Adds changes. They go to the host in chunks, so what it refuses may come out of a later call:
   * more than the operator allows, a field, a price, a route, a subject that does not exist.
   */
  add(...changes: ChangeBuilder[]): this {
    for (const change of changes) {
      this.#waiting.push(change.done());
      if (this.#waiting.length === CHUNK) this.send();
    }
    return this;
  }

  /** @internal */
  protected send(): HostDraft {
    const chunk = this.#waiting;
    this.#waiting = [];
    if (chunk.length) hosted(() => this.#open.add(chunk));
    return this.#open;
  }
}

/** A draft that becomes a plan, which waits for its commit. */
export class PreparedDraft extends Draft {
  readonly #commitTool: string;
  readonly #warnings: string[] = [];

  /** @internal */
  constructor(intent: Intent, commitTool: string) {
    super(intent);
    this.#commitTool = commitTool;
  }

  /** What the reviewer should know of the plan as a whole. */
  warn(warning: string): this {
    this.#warnings.push(warning);
    return this;
  }

  /** Closes the draft and keeps it as a plan. What is answered names the tool that commits it. */
  propose(): PreparedResult {
    const open = this.send();
    return prepared(hosted(() => open.propose()), this.#warnings, this.#commitTool);
  }
}

/** A draft that is executed at once. */
export class AppliedDraft extends Draft {
  /** Closes the draft and executes it. Items that fail are no failure of the call. */
  apply(): Outcome {
    const open = this.send();
    return hosted(() => open.apply());
  }

  /**
   * The same, for a draft of one change that may not be sent twice: beside the outcome what the
   * store answered to its first step, such as the id of what that made.
   */
  applyWithResponse<T = any>(): { outcome: Outcome; response: T | undefined } {
    const open = this.send();
    const outcome = hosted(() => open.apply());
    const response = open.response() ?? undefined;
    return { outcome, response: response === undefined ? undefined : JSON.parse(response) };
  }
}

/** What a `prepare` action's handler is given. */
export class PrepareContext extends Context {
  readonly #commitTool: string;

  /** @internal */
  constructor(commitTool: string) {
    super();
    this.#commitTool = commitTool;
  }

  /** Begins a draft. One that is dropped leaves nothing behind. */
  draft(intent: Intent): PreparedDraft {
    return new PreparedDraft(intent, this.#commitTool);
  }
}

/** What an `apply` action's handler is given. */
export class ApplyContext extends Context {
  /** Begins a draft. One that is dropped leaves nothing behind. */
  draft(intent: Intent): AppliedDraft {
    return new AppliedDraft(intent);
  }
}
