/** Changes in the making: a body and the edits that point into it are written in one go. */

import type {
  BodyBinding, Change, Edit, Expectation, FailureResponse, Retry, Step as ContractStep, Subject, Undo,
} from "souk:plugin/plans@0.1.0";
import type { BindingSource, StoreView, WriteMethod } from "souk:plugin/types@0.1.0";
import { fail } from "../failure.js";
import type { Parameter, Parameters, Route } from "../route.js";
import { find, put } from "./pointer.js";

/** The id of the change's subject, where a parameter of a route stands. */
export const SUBJECT: BindingSource = { tag: "subject" };

/** What stands here in the response to the change's first step: for the undo of a create. */
export const fromResponse = (at: string): BindingSource => ({ tag: "from-response", val: at });

/** One request of a change. Its body grows as values are put into it. */
export class Step {
  readonly #request: Omit<ContractStep, "body" | "bodyBindings" | "failureResponses">;
  readonly #bindings: BodyBinding[] = [];
  readonly #failures: FailureResponse[] = [];
  #body: unknown;

  constructor(method: WriteMethod, route: Route, parameters: readonly Parameter[], view: StoreView) {
    const [to, path] = [route.toContract(), route.bind(parameters)];
    this.#request = { method, route: to, path, query: [], view };
  }

  /**
   * Puts a value into the body that changes nothing by itself: an identifier, a flag. The review
   * shows it as a constant.
   */
  constant(body: string, value: unknown): this {
    this.#body = put(this.#body, body, value);
    return this;
  }

  /**
   * Has the host put what stood in an edit's field before the change into the body: for steps that
   * undo. Null where nothing stood, or the value was inherited.
   */
  before(body: string, field: string): this {
    this.#bindings.push({ at: body, value: { tag: "before", val: field } });
    return this.constant(body, null);
  }

  /**
   * A response means refusal although its status is 2xx, when this stands at that place in it;
   * without a value: when anything does.
   */
  failsWhen(at: string, equals?: unknown): this {
    this.#failures.push({ at, equals: equals === undefined ? undefined : JSON.stringify(equals) });
    return this;
  }

  /** @internal */
  holds(body: string): unknown {
    return find(this.#body, body);
  }

  /** @internal */
  toContract(): ContractStep {
    const body = this.#body === undefined ? undefined : JSON.stringify(this.#body);
    return { ...this.#request, body, bodyBindings: this.#bindings, failureResponses: this.#failures };
  }
}

/** A write to this route with these parameters, as a step of a change. */
export const step = <Template extends string>(
  method: WriteMethod,
  route: Route<Template>,
  parameters: Parameters<Template>,
  view: StoreView,
): Step => new Step(method, route as Route<string>, parameters, view);

/**
 * One change in the making. Values get into a body only together with their edit (`set`), as a
 * constant, or as something that the host fills in; so an edit cannot point at nothing and no value
 * can be forgotten in the review.
 */
export class ChangeBuilder {
  readonly #subject: Subject;
  readonly #edits: Edit[] = [];
  readonly #steps: Step[] = [];
  readonly #undo: Step[] = [];
  readonly #warnings: string[] = [];
  #retry: Retry = "idempotent";
  #irreversible: string | undefined;

  constructor(kind: string, id: string | number, label?: string) {
    this.#subject = { kind, id: String(id), label };
  }

  /**
   * Its steps create or spend something: they may be sent again only where the lookup shows that
   * they did not happen.
   */
  onlyIfAbsent(): this {
    this.#retry = "if-absent";
    return this;
  }

  /** Adds a request, after those added before. */
  step(added: Step): Step {
    this.#steps.push(added);
    return added;
  }

  /**
   * Puts a value into a step's body and records it as an edit: the field's name in the review, the
   * place in the body, the place in what the lookup answers. The same field may be sent by several
   * steps, with the same value.
   */
  set(into: Step, field: string, body: string, lookup: string, value: unknown): this {
    const at = { step: this.#steps.indexOf(into), at: body };
    if (at.step < 0) this.#mistake(`\`${field}\` goes into a step that is not of this change`);
    into.constant(body, value);
    const known = this.#edits.find((edit) => edit.field === field);
    if (!known) return this.#edit(field, lookup, { tag: "as-sent", val: [at] });
    if (known.after.tag !== "as-sent" || known.at !== lookup) {
      this.#mistake(`\`${field}\` is edited in two ways`);
    }
    const [first] = known.after.val;
    const sent = first && this.#steps[first.step]?.holds(first.at);
    if (JSON.stringify(sent) !== JSON.stringify(value)) {
      this.#mistake(`\`${field}\` is set to two different values`);
    }
    known.after.val.push(at);
    return this;
  }

  /** Records what the store itself will make of a field; `undefined`: it no longer exists. */
  expect(field: string, lookup: string, value: unknown, tolerance?: string): this {
    return this.#edit(field, lookup, value === undefined
      ? { tag: "removed" }
      : { tag: "set-by-store", val: { value: JSON.stringify(value), tolerance } });
  }

  /**
   * Records something that happens and that no read of the store can show: an e-mail that is sent.
   * The store's answer is its only witness, so it is never sent again where none came.
   */
  unverifiable(field: string, what: unknown): this {
    this.#retry = "if-absent";
    return this.#edit(field, "", { tag: "unverifiable", val: JSON.stringify(what) });
  }

  /** What the reviewer should know of this change. */
  warn(warning: string): this {
    if (!this.#warnings.includes(warning)) this.#warnings.push(warning);
    return this;
  }

  /** Adds a request that takes the change back, instead of the steps with what was before. */
  undoStep(added: Step): Step {
    this.#undo.push(added);
    return added;
  }

  /** The change cannot be taken back, for this reason. */
  cannotBeUndone(reason: string): this {
    this.#irreversible = reason;
    return this;
  }

  /** The change, checked. */
  done(): Change {
    if (!this.#edits.length) this.#mistake("it edits nothing");
    if (!this.#steps.length) this.#mistake("it has no step");
    const undo: Undo = this.#irreversible !== undefined
      ? { tag: "none", val: this.#irreversible }
      : this.#undo.length
        ? { tag: "steps", val: this.#undo.map((one) => one.toContract()) }
        : { tag: "restore" };
    return {
      subject: this.#subject,
      edits: this.#edits,
      steps: this.#steps.map((one) => one.toContract()),
      retry: this.#retry,
      undo,
      warnings: this.#warnings,
    };
  }

  #edit(field: string, at: string, after: Expectation): this {
    if (this.#edits.some((edit) => edit.field === field)) {
      this.#mistake(`\`${field}\` is edited twice`);
    }
    this.#edits.push({ field, at, after });
    return this;
  }

  #mistake(what: string): never {
    throw fail.internal(`the change of ${this.#subject.kind} \`${this.#subject.id}\`: ${what}`);
  }
}
