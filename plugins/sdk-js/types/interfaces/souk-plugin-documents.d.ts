/// <reference path="./souk-plugin-types.d.ts" />
declare module 'souk:plugin/documents@0.1.0' {
  export type Failure = import('souk:plugin/types@0.1.0').Failure;
  /**
   * A document that is kept. Put `uri` into the result, and a `document` block
   * into the response's content where the caller should see a link.
   */
  export interface DocumentLink {
    /**
     * `souk://exports/…`; for the caller alone.
     */
    uri: string,
    /**
     * In bytes, as it can be read.
     */
    size: bigint,
    /**
     * RFC 3339. Afterwards it is gone.
     */
    expiresAt: string,
  }
  
  export class Document implements Disposable {
    /**
    * Begin a document. The name is for people (`coupons.csv`) and never a path.
    * Of media types those of text are taken: `text/csv`, `application/json`.
    */
    constructor(name: string, mediaType: string)
    /**
    * Add text at the end. What is wrong with the name or the media type is
    * answered here; so is that the operator's limit on a size is passed.
    */
    write(text: string): void;
    /**
    * Close the document and keep it, for as long as the operator allows. On a
    * closed document every function fails with `conflict`.
    */
    keep(): DocumentLink;
    [Symbol.dispose](): void;
  }
}
