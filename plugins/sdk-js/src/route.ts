/** Routes, and reads made of them. */

import type {
  Binding, BindingSource, Read as ContractRead, Route as ContractRoute, StoreView,
} from "souk:plugin/types@0.1.0";
import type { Criteria } from "./criteria.js";
import { fail } from "./failure.js";

export type { StoreView };

/** The session's default view. For reads only: a write says where it goes. */
export const SESSION_DEFAULT: StoreView = { tag: "session-default" };
/** Global values. */
export const GLOBAL: StoreView = { tag: "global" };
/** One store view, by its code. */
export const view = (code: string): StoreView => ({ tag: "view", val: code });

/** What may stand for a parameter: a text, a number, or what the host fills in. */
export type Parameter = string | number | BindingSource;

/** A tuple with a place for each `{name}` of a route. */
export type Parameters<Template extends string> =
  Template extends `${string}{${string}}${infer Rest}` ? [Parameter, ...Parameters<Rest>] : [];

const SEGMENT = /^(?:\{\w+\}|[\w-]+(?:\.[\w-]+)*)$/;

/**
 * A route of a back end, with its parameters in braces. Declared once as a constant, it is both what
 * an action is granted and what its handler asks: `const BLOCK = new Route("/V1/cmsBlock/{blockId}")`.
 */
export class Route<const Template extends string = string> {
  readonly template: Template;
  /** The back end's name in the operator's configuration; absent: the store. */
  readonly upstream: string | undefined;

  constructor(template: Template, upstream?: string) {
    const [start, ...segments] = template.split("/");
    if (start !== "" || !segments.length || !segments.every((segment) => SEGMENT.test(segment))) {
      throw new TypeError(`\`${template}\` is not a route, like \`/V1/products/{sku}\``);
    }
    this.template = template;
    this.upstream = upstream === "magento" ? undefined : upstream;
  }

  /** A read with these parameters, in the route's order, in the session's view of the store. */
  read(...parameters: Parameters<Template>): Read {
    return new Read(this.toContract(), this.bind(parameters));
  }

  /** @internal */
  bind(parameters: readonly Parameter[]): Binding[] {
    const names = [...this.template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
    if (names.length !== parameters.length) {
      throw fail.internal(`\`${this.template}\` takes ${names.length} parameters`);
    }
    return names.map((name, at) => ({ name, value: source(parameters[at] as Parameter) }));
  }

  /** @internal */
  toContract(): ContractRoute {
    return { template: this.template, ...(this.upstream && { upstream: this.upstream }) };
  }
}

const source = (value: Parameter): BindingSource =>
  typeof value === "object" ? value : { tag: "text", val: String(value) };

/** A GET on a back end. */
export class Read implements ContractRead {
  readonly route: ContractRoute;
  readonly path: Binding[];
  readonly query: Binding[];
  readonly view: StoreView;

  /** @internal */
  constructor(route: ContractRoute, path: Binding[], query: Binding[] = [], at = SESSION_DEFAULT) {
    this.route = route;
    this.path = path;
    this.query = query;
    this.view = at;
  }

  /** With a query parameter. The host encodes both name and value. */
  withQuery(name: string, value: string | number): Read {
    const binding: Binding = { name, value: { tag: "text", val: String(value) } };
    return new Read(this.route, this.path, [...this.query, binding], this.view);
  }

  /** With search criteria. */
  search(criteria: Criteria): Read {
    return new Read(this.route, this.path, [...this.query, ...criteria.toQuery()], this.view);
  }

  /** In this view of the store and not the session's. */
  inView(at: StoreView): Read {
    return new Read(this.route, this.path, this.query, at);
  }
}
