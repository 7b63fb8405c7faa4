declare module 'souk:plugin/types@0.1.0' {
  /**
   * JSON text in UTF-8. The host parses it once and refuses duplicate keys,
   * depth above 128 and text above the operator's size limit.
   */
  export type Json = string;
  /**
   * A place in a JSON document: an RFC 6901 pointer with one extension. A token
   * may also be `[name=value]`, the first element of an array whose member
   * `name` has that value: `/custom_attributes/[attribute_code=meta_title]/value`.
   * The empty pointer is the whole document.
   */
  export type Pointer = string;
  /**
   * Places in JSON documents: a pointer in which a token may also be `*`, every
   * element of a list or every member of an object. It means what it leads to
   * with all that stands below: `/product/custom_attributes/[attribute_code=color]`,
   * `/prices/*\/price`.
   */
  export type PointerPattern = string;
  /**
   * How much harm an action can do. Ordered; the operator sets a ceiling.
   * # Variants
   * 
   * ## `"safe"`
   * 
   * Reads, and edits that are small and easily taken back.
   * ## `"risk"`
   * 
   * Bulk changes and changes that customers see at once.
   * ## `"critical"`
   * 
   * Money, or anything that cannot be taken back.
   */
  export type RiskTier = 'safe' | 'risk' | 'critical';
  /**
   * A write's HTTP method. Reads are always GET, so GET is not among them.
   * # Variants
   * 
   * ## `"post"`
   * 
   * POST
   * ## `"put"`
   * 
   * PUT
   * ## `"patch"`
   * 
   * PATCH
   * ## `"delete"`
   * 
   * DELETE
   */
  export type WriteMethod = 'post' | 'put' | 'patch' | 'delete';
  /**
   * Which view of the store a request addresses.
   */
  export type StoreView = StoreViewSessionDefault | StoreViewGlobal | StoreViewView;
  /**
   * The session's default scope; the store's own default where none is set.
   * Reads only: a write must say where it goes.
   */
  export interface StoreViewSessionDefault {
    tag: 'session-default',
  }
  /**
   * Global values (`/rest/all/…`).
   */
  export interface StoreViewGlobal {
    tag: 'global',
  }
  /**
   * One store view by its code, which the host checks against the store.
   */
  export interface StoreViewView {
    tag: 'view',
    val: string,
  }
  /**
   * A route of a back end: what a grant allows and what a request asks for are
   * compared as text, never as patterns.
   */
  export interface Route {
    /**
     * The back end's name in the operator's configuration; absent: `magento`,
     * the store.
     */
    upstream?: string,
    /**
     * The path with its parameters in braces, each one whole segment:
     * `/V1/products/{sku}`.
     */
    template: string,
  }
  /**
   * Where a path or query parameter gets its value.
   */
  export type BindingSource = BindingSourceText | BindingSourceSubject | BindingSourceFromResponse;
  /**
   * This text. The host percent-encodes it as one segment or one value.
   */
  export interface BindingSourceText {
    tag: 'text',
    val: string,
  }
  /**
   * The `id` of the change's subject. Inside proposed changes only.
   */
  export interface BindingSourceSubject {
    tag: 'subject',
  }
  /**
   * What stands here in the response to the change's first step: for the undo
   * of a create, whose id is not known before. Inside proposed changes only.
   */
  export interface BindingSourceFromResponse {
    tag: 'from-response',
    val: Pointer,
  }
  /**
   * A value for one `{name}` of a route, or one query parameter.
   */
  export interface Binding {
    /**
     * The parameter's name. Of the query it may be any text:
     * `searchCriteria[pageSize]`.
     */
    name: string,
    /**
     * Its value, not yet encoded.
     */
    value: BindingSource,
  }
  /**
   * A GET on a back end.
   */
  export interface Read {
    /**
     * The route, spelled exactly as a grant of this action spells it.
     */
    route: Route,
    /**
     * One binding for each `{name}` in the route. A value cannot reach outside
     * its own segment.
     */
    path: Array<Binding>,
    /**
     * The query, in order. The host encodes and, where needed, signs it.
     */
    query: Array<Binding>,
    /**
     * Which view of the store is asked.
     */
    view: StoreView,
  }
  /**
   * Why an action did not do what was asked. Each case is one stable code for
   * machines.
   */
  export type FailureCode = FailureCodeValidationError | FailureCodeNotAuthenticated | FailureCodeForbidden | FailureCodeNotFound | FailureCodeUpstreamError | FailureCodePlanNotFound | FailureCodePlanExpired | FailureCodeConfirmationRequired | FailureCodeApprovalRequired | FailureCodeBulkCapExceeded | FailureCodeRateLimited | FailureCodeIdempotencyConflict | FailureCodeConflict | FailureCodeDrifted | FailureCodeStopped | FailureCodeHeldBack | FailureCodeUnavailable | FailureCodeInternalError | FailureCodeOther;
  /**
   * An argument is not what it must be.
   */
  export interface FailureCodeValidationError {
    tag: 'validation-error',
  }
  /**
   * No session, or credentials that the store refuses.
   */
  export interface FailureCodeNotAuthenticated {
    tag: 'not-authenticated',
  }
  /**
   * The operator's rules, or the action's own grants, forbid it.
   */
  export interface FailureCodeForbidden {
    tag: 'forbidden',
  }
  /**
   * The subject does not exist in the store.
   */
  export interface FailureCodeNotFound {
    tag: 'not-found',
  }
  /**
   * A back end answered with an error, or not at all.
   */
  export interface FailureCodeUpstreamError {
    tag: 'upstream-error',
  }
  /**
   * No plan of that id for this caller.
   */
  export interface FailureCodePlanNotFound {
    tag: 'plan-not-found',
  }
  /**
   * The plan is older than the operator allows.
   */
  export interface FailureCodePlanExpired {
    tag: 'plan-expired',
  }
  /**
   * `confirm: true` and a `reason` are needed.
   */
  export interface FailureCodeConfirmationRequired {
    tag: 'confirmation-required',
  }
  /**
   * A person has to approve it first.
   */
  export interface FailureCodeApprovalRequired {
    tag: 'approval-required',
  }
  /**
   * More subjects than the operator allows in one change.
   */
  export interface FailureCodeBulkCapExceeded {
    tag: 'bulk-cap-exceeded',
  }
  /**
   * Too many calls; later it will work.
   */
  export interface FailureCodeRateLimited {
    tag: 'rate-limited',
  }
  /**
   * The idempotency key was used for something else.
   */
  export interface FailureCodeIdempotencyConflict {
    tag: 'idempotency-conflict',
  }
  /**
   * The plan, or what it is about, is in a state that does not allow it.
   */
  export interface FailureCodeConflict {
    tag: 'conflict',
  }
  /**
   * The subject was changed by somebody since the review.
   */
  export interface FailureCodeDrifted {
    tag: 'drifted',
  }
  /**
   * Somebody stopped it; it can be taken up where it stands.
   */
  export interface FailureCodeStopped {
    tag: 'stopped',
  }
  /**
   * What the plugin wants here, nobody has approved yet.
   */
  export interface FailureCodeHeldBack {
    tag: 'held-back',
  }
  /**
   * The store, its edition or its configuration cannot do this.
   */
  export interface FailureCodeUnavailable {
    tag: 'unavailable',
  }
  /**
   * The plugin or the host is at fault, not the caller.
   */
  export interface FailureCodeInternalError {
    tag: 'internal-error',
  }
  /**
   * A code that is newer than this contract. From a plugin it is taken as
   * `internal-error`.
   */
  export interface FailureCodeOther {
    tag: 'other',
    val: string,
  }
  /**
   * What went wrong, by which rule, and what to do.
   */
  export interface Failure {
    /**
     * For machines.
     */
    code: FailureCode,
    /**
     * For people: lower case, names in backticks, no full stop.
     */
    message: string,
    /**
     * What the caller can do about it, if anything.
     */
    remedy?: string,
    /**
     * The argument at fault.
     */
    argument?: Pointer,
    /**
     * The back end that answered. It becomes part of the code that callers
     * see: `MAGENTO_API_ERROR`.
     */
    upstream?: string,
    /**
     * The back end's HTTP status, where one answered.
     */
    status?: number,
  }
}
