/** Magento's `searchCriteria`, without its traps. */

import type { Binding } from "souk:plugin/types@0.1.0";
import { fail } from "./failure.js";

/** Every condition that Magento knows. One that it does not know it takes for `eq`, without a word. */
export type Condition =
  | "eq" | "neq" | "gt" | "gteq" | "lt" | "lteq" | "moreq" | "from" | "to" | "like" | "nlike"
  | "in" | "nin" | "null" | "notnull" | "finset" | "nfinset";

/** What a field is compared with. Magento writes true and false as 1 and 0. */
export type Comparable = string | number | boolean;

/** One comparison of a search. */
export interface Filter {
  readonly field: string;
  readonly condition: Condition;
  readonly value: string;
}

/** A field compared with a value. `null` and `notnull` take none. */
export function filter(field: string, condition: Condition, value: Comparable = ""): Filter {
  const takesNone = condition === "null" || condition === "notnull";
  return { field: fieldName(field), condition, value: takesNone ? "1" : text(value) };
}

/** The field is one of these values. */
export const anyOf = (field: string, values: readonly Comparable[]): Filter =>
  filter(field, "in", list(field, values));

/** The field is none of these values. */
export const noneOf = (field: string, values: readonly Comparable[]): Filter =>
  filter(field, "nin", list(field, values));

/** The field begins with this text, wildcards in it taken literally. */
export const startsWith = (field: string, start: string): Filter =>
  filter(field, "like", `${literally(start)}%`);

/** The field holds this text, wildcards in it taken literally. */
export const contains = (field: string, part: string): Filter =>
  filter(field, "like", `%${literally(part)}%`);

/**
 * What to search for: groups of filters, all of which must hold, sorts, a page, and which fields to
 * answer. `new Criteria().filter("is_active", "eq", true).sort("entity_id").page(20, 1)`
 */
export class Criteria {
  readonly #groups: Filter[][] = [];
  readonly #sorts: [string, "ASC" | "DESC"][] = [];
  #page: [number, number] | undefined;
  #fields: readonly string[] | undefined;

  /** This must hold too. */
  filter(field: string, condition: Condition, value?: Comparable): this {
    return this.any(filter(field, condition, value));
  }

  /** One of these must hold too. None of them is no condition. */
  any(...filters: Filter[]): this {
    if (filters.length) this.#groups.push(filters);
    return this;
  }

  /**
   * Sorts by this field, after those named before. Pages overlap and lose rows unless the last sort
   * is unique.
   */
  sort(field: string, direction: "ASC" | "DESC" = "ASC"): this {
    this.#sorts.push([fieldName(field), direction]);
    return this;
  }

  /** Only this page, counted from 1, of so many items. Magento takes a size of 0 for everything. */
  page(size: number, number: number): this {
    this.#page = [Math.max(1, size), Math.max(1, number)];
    return this;
  }

  /** Only these fields of each item. */
  fields(...names: string[]): this {
    if (!names.length) throw fail.with("validation-error", "no field is named");
    this.#fields = names.map(fieldName);
    return this;
  }

  /** The query parameters; never without one of `searchCriteria`, which Magento requires. */
  toQuery(): Binding[] {
    const query: [string, string][] = [];
    this.#groups.forEach((group, g) => group.forEach((one, f) => {
      const at = `searchCriteria[filter_groups][${g}][filters][${f}]`;
      query.push([`${at}[field]`, one.field], [`${at}[value]`, one.value]);
      query.push([`${at}[condition_type]`, one.condition]);
    }));
    this.#sorts.forEach(([field, direction], at) => {
      query.push([`searchCriteria[sortOrders][${at}][field]`, field]);
      query.push([`searchCriteria[sortOrders][${at}][direction]`, direction]);
    });
    if (this.#page) {
      query.push(["searchCriteria[pageSize]", String(this.#page[0])]);
      query.push(["searchCriteria[currentPage]", String(this.#page[1])]);
    }
    if (!query.length) query.push(["searchCriteria", ""]);
    if (this.#fields) {
      query.push(["fields", `items[${this.#fields.join(",")}],total_count,search_criteria`]);
    }
    return query.map(([name, val]) => ({ name, value: { tag: "text", val } }));
  }
}

function fieldName(field: string): string {
  if (/^[A-Za-z0-9_.-]+$/.test(field)) return field;
  throw fail.with("validation-error",
    `\`${field}\` is not a field's name: letters, digits, \`_\`, \`.\` and \`-\``);
}

function list(field: string, values: readonly Comparable[]): string {
  const texts = values.map(text);
  if (!texts.length) throw fail.with("validation-error", `the list for \`${field}\` is empty`);
  const comma = texts.find((value) => value.includes(","));
  if (comma === undefined) return texts.join(",");
  throw fail.with("validation-error",
    `\`${comma}\` holds a comma, which Magento's lists cannot express`,
    { remedy: "ask for it alone, with the condition `eq`" });
}

const text = (value: Comparable): string =>
  typeof value === "boolean" ? (value ? "1" : "0") : String(value);

const literally = (value: string): string => value.replace(/[%_\\]/g, "\\$&");
