/** Failures: what an action answers where it did not do what was asked. */

import type { Failure as ContractFailure, FailureCode } from "souk:plugin/types@0.1.0";
import { log } from "./log.js";

/** Why an action did not do what was asked: `not-found`, `validation-error`, … */
export type Code = Exclude<FailureCode["tag"], "other">;

/** What a failure may say beside its message. */
export interface FailureDetails {
  /** What the caller can do about it. */
  remedy?: string;
  /** The argument at fault: its name, or a JSON pointer into the arguments. */
  argument?: string;
  /** The back end that answered. */
  upstream?: string;
  /** The back end's HTTP status. */
  status?: number;
}

/**
 * What went wrong, and what to do. Throw it: `throw fail.notFound("no block has the id `9`")`. What
 * the host refuses and what the store answers come as one, too, and may be passed on as they are.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly details: FailureDetails;

  constructor(code: FailureCode, message: string, details: FailureDetails = {}) {
    super(message);
    this.name = "Failure";
    this.code = code;
    this.details = details;
  }

  /** Whether a back end answered that there is no such thing. */
  get isNotFound(): boolean {
    return this.code.tag === "not-found" || this.details.status === 404;
  }

  /** In the words of `say` where there is no such thing; any other failure is left as it is. */
  orMissing(say: () => Failure): Failure {
    if (!this.isNotFound) return this;
    const { upstream, status } = this.details;
    const said = say();
    return new Failure(said.code, said.message, { ...said.details, upstream, status });
  }

  /** What was thrown, as a failure. What is none is the plugin's fault, and its stack is logged. */
  static of(thrown: unknown): Failure {
    if (thrown instanceof Failure) return thrown;
    const payload = (thrown as { payload?: ContractFailure } | null)?.payload;
    if (payload?.code?.tag) {
      const { code, message, remedy, argument, upstream, status } = payload;
      return new Failure(code, message, defined({ remedy, argument, upstream, status }));
    }
    log(thrown);
    const said = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    return fail.internal(said);
  }

  /** As the contract has it. */
  toContract(): ContractFailure {
    const { argument, ...rest } = this.details;
    const pointer = argument === undefined || argument === "" || argument.startsWith("/")
      ? argument
      : `/${argument}`;
    return { code: this.code, message: this.message, ...rest, argument: pointer };
  }
}

/** Runs a call of the host's, so that what it refuses is a `Failure`. */
export function hosted<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    throw Failure.of(thrown);
  }
}

/**
 * Makes failures. Messages are lower-case phrases with names in backticks and no full stop.
 */
export const fail = {
  /** Any code. */
  with(code: Code, message: string, details?: FailureDetails): Failure {
    return new Failure({ tag: code }, message, details);
  },
  /** An argument is not what it must be. */
  argument(argument: string, message: string, details?: FailureDetails): Failure {
    return new Failure({ tag: "validation-error" }, message, { ...details, argument });
  },
  /** The subject does not exist in the store. */
  notFound(message: string, details?: FailureDetails): Failure {
    return new Failure({ tag: "not-found" }, message, details);
  },
  /** What it is about is in a state that does not allow it. */
  conflict(message: string, details?: FailureDetails): Failure {
    return new Failure({ tag: "conflict" }, message, details);
  },
  /** The store, its edition or its configuration cannot do this. */
  unavailable(message: string, details?: FailureDetails): Failure {
    return new Failure({ tag: "unavailable" }, message, details);
  },
  /** The plugin is at fault, not the caller. */
  internal(message: string, details?: FailureDetails): Failure {
    return new Failure({ tag: "internal-error" }, message, details);
  },
};

/** Without members that hold nothing: one engine says `null` for them, another leaves them out. */
function defined(details: { [K in keyof FailureDetails]: FailureDetails[K] | null }): FailureDetails {
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value != null));
}
