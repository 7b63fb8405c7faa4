/**
 * JSON Schema and its TypeScript type in one go: `t.object({ sku: t.string("The product's sku.") })`.
 * Descriptions are for models: they read them with the tool.
 */

/** A schema, as JSON. */
export type Json = { [word: string]: unknown };

/** Whether a member may be left out, and what it is then. */
type Presence = "required" | "optional" | "default";

/** The schema of a `T`. */
export class Schema<T, P extends Presence = "required"> {
  /** Only for the compiler. */
  declare readonly type: T;
  readonly presence: P;
  readonly fallback: T | undefined;
  readonly #render: (closed: boolean) => Json;

  constructor(render: (closed: boolean) => Json, presence: P, fallback?: T) {
    this.#render = render;
    this.presence = presence;
    this.fallback = fallback;
  }

  /** It may be left out. */
  optional(): Schema<T, "optional"> {
    return new Schema<T, "optional">(this.#render, "optional");
  }

  /** It may be left out, and is this then. */
  default(value: T): Schema<T, "default"> {
    const render = (closed: boolean): Json => ({ ...this.#render(closed), default: value });
    return new Schema<T, "default">(render, "default", value);
  }

  /** As JSON Schema; `closed`: objects take no members but those that are named. */
  toJsonSchema(closed: boolean): Json {
    return this.#render(closed);
  }
}

/** The members of an object. */
export type Members = { [name: string]: Schema<any, Presence> };

/** The type that a schema, or the members of one, describe. */
export type Infer<S> = S extends Schema<infer T, Presence> ? T
  : S extends Members ? Flat<
    { [K in keyof S as S[K] extends Schema<any, "optional"> ? never : K]: Infer<S[K]> }
    & { [K in keyof S as S[K] extends Schema<any, "optional"> ? K : never]?: Infer<S[K]> }>
  : never;

type Flat<T> = { [K in keyof T]: T[K] };

const plain = <T>(type: string, description?: string, words?: Json): Schema<T> =>
  new Schema<T>(() => ({ type, ...(description && { description }), ...words }), "required");

/** A text. */
export const string = (
  description?: string,
  words?: { minLength?: number; maxLength?: number; pattern?: string; format?: string },
): Schema<string> => plain("string", description, words);

type Bounds = { minimum?: number; maximum?: number };

/** A whole number. */
export const integer = (description?: string, words?: Bounds): Schema<number> =>
  plain("integer", description, words);

/** A number. */
export const number = (description?: string, words?: Bounds): Schema<number> =>
  plain("number", description, words);

/** True or false. */
export const boolean = (description?: string): Schema<boolean> => plain("boolean", description);

/** One of these texts. */
export const oneOf = <const V extends string>(
  values: readonly V[],
  description?: string,
): Schema<V> => plain("string", description, { enum: values });

/** A list. */
export const array = <T>(
  items: Schema<T>,
  description?: string,
  words?: { minItems?: number; maxItems?: number },
): Schema<T[]> => new Schema<T[]>((closed) => ({
    type: "array",
    ...(description && { description }),
    items: items.toJsonSchema(closed),
    ...words,
  }), "required");

/** An object with these members. */
export const object = <M extends Members>(members: M, description?: string): Schema<Infer<M>> =>
  new Schema<Infer<M>>((closed) => {
    const entries = Object.entries(members);
    const required = entries.filter(([, one]) => one.presence === "required").map(([name]) => name);
    return {
      type: "object",
      ...(description && { description }),
      properties: Object.fromEntries(entries.map(([name, one]) => [name, one.toJsonSchema(closed)])),
      ...(required.length && { required }),
      ...(closed && { additionalProperties: false }),
    };
  }, "required");

/** An object with any members: what the store answers and nobody here reads. */
export const anyObject = <T extends object = { [name: string]: any }>(
  description?: string,
): Schema<T> => plain("object", description);

/** What zod, Valibot, ArkType and others have in common: a check, and JSON Schema. */
export interface StandardSchema<T = unknown> {
  readonly "~standard": {
    readonly validate: (value: unknown) => unknown;
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
    readonly jsonSchema: { readonly input: (options: { target: "draft-2020-12" }) => Json };
  };
}

/** What may describe arguments or a result: members, or a schema of zod's or another's. */
export type Shape = Members | StandardSchema<any>;

/** The type that a shape describes. */
export type Shaped<S> = S extends StandardSchema<infer T> ? T : Infer<S>;

export const isStandard = (shape: Shape): shape is StandardSchema<any> => "~standard" in shape;
