/** Whole numbers of 64 bits. */

/** How the engine takes them; `souk-js build` says which it is for. */
declare const SOUK_U64: NumberConstructor | BigIntConstructor;

/** A whole number for a call of the contract that takes 64 bits: engines differ in what they take. */
export const u64 = (value: number): bigint => SOUK_U64(Math.trunc(value)) as bigint;
