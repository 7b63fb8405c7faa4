/** What an action may write, as constants beside the code that does it. */

import type { Grant } from "souk:plugin/actions@0.1.0";
import type { Intent } from "souk:plugin/plans@0.1.0";
import type { StoreView, WriteMethod } from "souk:plugin/types@0.1.0";
import type { Parameters, Route } from "../route.js";
import { ChangeBuilder, SUBJECT } from "./change.js";

/**
 * Changes of one kind of subject: how the host reads a subject, and the writes that change it. An
 * action that declares them is granted both.
 *
 *     const RETITLE = new Changes("cms-block", BLOCK).put(BLOCK_WRITE).only("/block/title");
 */
export class Changes<const Template extends string = string> {
  readonly #kind: string;
  readonly #lookup: Route<Template>;
  readonly #writes: { method: WriteMethod; route: Route; fields: string[] | undefined }[] = [];

  /** Changes of subjects of this kind, each of which the host reads with this route, by its id. */
  constructor(kind: string, lookup: Route<Template>) {
    this.#kind = kind;
    this.#lookup = lookup;
  }

  /** A POST to this route may be a step of a change, or of its undo. */
  post<T extends string>(route: Route<T>): this { return this.#write("post", route); }
  /** A PUT to this route may be a step of a change, or of its undo. */
  put<T extends string>(route: Route<T>): this { return this.#write("put", route); }
  /** A PATCH of this route may be a step of a change, or of its undo. */
  patch<T extends string>(route: Route<T>): this { return this.#write("patch", route); }
  /** A DELETE of this route may be a step of a change, or of its undo. */
  delete<T extends string>(route: Route<T>): this { return this.#write("delete", route); }

  /** The write that was named last may set only these fields of its body, with all below them. */
  only(...fields: string[]): this {
    const last = this.#writes.at(-1);
    if (!last) throw new TypeError("there is no write to narrow");
    last.fields = fields;
    return this;
  }

  /** Begins a change of the subject with this id; a person calls it `label`. */
  change(id: string | number, label?: string): ChangeBuilder {
    return new ChangeBuilder(this.#kind, id, label);
  }

  /**
   * What a draft of these changes is for, in one line. Subjects are looked up one by one, whole, in
   * the view that is written.
   */
  intent(summary: string, view: StoreView): Intent {
    const read = this.#lookup.read(...[SUBJECT] as unknown as Parameters<Template>).inView(view);
    return { summary, view, lookup: { one: read, inherits: false } };
  }

  /** @internal */
  grants(): Grant[] {
    return [
      { tag: "read", val: this.#lookup.toContract() },
      ...this.#writes.map(({ method, route, fields }): Grant =>
        ({ tag: "write", val: { method, route: route.toContract(), fields } })),
    ];
  }

  #write<T extends string>(method: WriteMethod, route: Route<T>): this {
    this.#writes.push({ method, route: route as Route<string>, fields: undefined });
    return this;
  }
}
