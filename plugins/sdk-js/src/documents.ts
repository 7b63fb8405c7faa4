/** Documents, for what is too large for a result. */
/// <reference path="../types/action-group.d.ts" />

import { Document as HostDocument, type DocumentLink } from "souk:plugin/documents@0.1.0";
import { hosted } from "./failure.js";

/**
 * A document of text that the host keeps for its caller alone. `write` it piece by piece, `keep` it,
 * and put its `uri` into the result. One that is dropped leaves nothing behind.
 */
export class Document {
  readonly #open: HostDocument;

  /** `list.csv`, `text/csv`: the name is for people, and of media types those of text are taken. */
  constructor(name: string, mediaType: string) {
    this.#open = new HostDocument(name, mediaType);
  }

  /** Adds text at the end. */
  write(text: string): this {
    hosted(() => this.#open.write(text));
    return this;
  }

  /** Closes the document and keeps it, for as long as the operator allows. */
  keep(): Omit<DocumentLink, "size"> & { size: number } {
    const { uri, size, expiresAt } = hosted(() => this.#open.keep());
    return { uri, size: Number(size), expiresAt };
  }
}
