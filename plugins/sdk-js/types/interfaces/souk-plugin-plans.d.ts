/// <reference path="./souk-plugin-types.d.ts" />
declare module 'souk:plugin/plans@0.1.0' {
  export type Binding = import('souk:plugin/types@0.1.0').Binding;
  export type Failure = import('souk:plugin/types@0.1.0').Failure;
  export type Json = import('souk:plugin/types@0.1.0').Json;
  export type Pointer = import('souk:plugin/types@0.1.0').Pointer;
  export type Read = import('souk:plugin/types@0.1.0').Read;
  export type Route = import('souk:plugin/types@0.1.0').Route;
  export type StoreView = import('souk:plugin/types@0.1.0').StoreView;
  export type WriteMethod = import('souk:plugin/types@0.1.0').WriteMethod;
  /**
   * What a change is about.
   */
  export interface Subject {
    /**
     * `product`, `cms-page`, `order`, …
     */
    kind: string,
    /**
     * The id that lookups and routes use: a sku, an entity id.
     */
    id: string,
    /**
     * What a person calls it.
     */
    label?: string,
  }
  /**
   * A place in the body of one of the change's steps.
   */
  export interface BodyPointer {
    /**
     * The step, counted from 0.
     */
    step: number,
    /**
     * The place in its body. It must hold a value.
     */
    at: Pointer,
  }
  /**
   * A value that the store sets by itself.
   */
  export interface StoreSet {
    /**
     * What is expected.
     */
    value: Json,
    /**
     * By how much a number may differ from it, as a decimal (`0.01`), and still
     * be what was expected. Absent: not at all.
     */
    tolerance?: string,
  }
  /**
   * What a field is expected to be after the change.
   */
  export type Expectation = ExpectationAsSent | ExpectationSetByStore | ExpectationRemoved | ExpectationUnverifiable;
  /**
   * What stands here in the bodies, at least one place; all must hold the same
   * value.
   */
  export interface ExpectationAsSent {
    tag: 'as-sent',
    val: Array<BodyPointer>,
  }
  /**
   * This value, which no body holds: the store sets it itself when the steps
   * are done (an order's status after it was cancelled). The review marks it
   * as such, and reading back must find it.
   */
  export interface ExpectationSetByStore {
    tag: 'set-by-store',
    val: StoreSet,
  }
  /**
   * The field, or the whole subject, no longer exists.
   */
  export interface ExpectationRemoved {
    tag: 'removed',
  }
  /**
   * Something that no read of the store can show: an e-mail that is sent. The
   * value says what is expected to happen, for the review. A 2xx response to
   * every step, none of them a failure response, is its only evidence: it ends
   * `done` as reported by the store, and `unknown` where a response never came.
   * A change with such an edit is retried `if-absent`, and as nothing shows
   * that it is absent, never. The edit's pointer is the empty one.
   */
  export interface ExpectationUnverifiable {
    tag: 'unverifiable',
    val: Json,
  }
  /**
   * One field and what it is to be. The host reads the value it has now, checks
   * it again for drift before the write, and reads it back after.
   */
  export interface Edit {
    /**
     * The field's name in the review, unique in its change.
     */
    field: string,
    /**
     * Where the field stands in what the lookup answers. Where nothing stands
     * there before, the review says so.
     */
    at: Pointer,
    /**
     * What it is to be.
     */
    after: Expectation,
  }
  /**
   * What the host itself puts into a body before it is sent.
   */
  export type BodySource = BodySourceBefore | BodySourceSubject | BodySourceFromResponse;
  /**
   * What stood in the edit of this field before, as the host read it; JSON
   * null where nothing stood or the value was inherited.
   */
  export interface BodySourceBefore {
    tag: 'before',
    val: string,
  }
  /**
   * The subject's id.
   */
  export interface BodySourceSubject {
    tag: 'subject',
  }
  /**
   * What stands here in the response to the change's first step.
   */
  export interface BodySourceFromResponse {
    tag: 'from-response',
    val: Pointer,
  }
  /**
   * A place in a step's body and what the host puts there.
   */
  export interface BodyBinding {
    /**
     * The place; its parent must exist in the body.
     */
    at: Pointer,
    /**
     * The value.
     */
    value: BodySource,
  }
  /**
   * A response that means failure although its status is 2xx.
   */
  export interface FailureResponse {
    /**
     * The place in the response.
     */
    at: Pointer,
    /**
     * Absent: whatever stands there. `("", false)` for an order that was not
     * cancelled; `("/0/message", absent)` for row errors.
     */
    equals?: Json,
  }
  /**
   * One request of a change. Its method and route must be granted. Guards on
   * fields, prices, discounts and quantities look at its body, not at names.
   */
  export interface Step {
    /**
     * How it is sent.
     */
    method: WriteMethod,
    /**
     * The route, spelled exactly as a grant of this action spells it.
     */
    route: Route,
    /**
     * One binding for each `{name}` in the route.
     */
    path: Array<Binding>,
    /**
     * The query, in order.
     */
    query: Array<Binding>,
    /**
     * Never `session-default`.
     */
    view: StoreView,
    /**
     * The body as it will be sent, but for its bindings. Absent: no body.
     */
    body?: Json,
    /**
     * What the host puts into the body.
     */
    bodyBindings: Array<BodyBinding>,
    /**
     * Which 2xx responses mean that it was refused.
     */
    failureResponses: Array<FailureResponse>,
  }
  /**
   * What may be done when it is not known whether a step arrived.
   * # Variants
   * 
   * ## `"idempotent"`
   * 
   * Sending it again leaves the same state (a PUT of values).
   * ## `"if-absent"`
   * 
   * It may be sent again only if the lookup shows that it did not happen
   * (a POST that creates, a refund, a comment). Else the item stays
   * `unknown` and a person decides.
   */
  export type Retry = 'idempotent' | 'if-absent';
  /**
   * How to take a change back.
   */
  export type Undo = UndoRestore | UndoSteps | UndoNone;
  /**
   * The same steps, with what was before in the places of each edit.
   */
  export interface UndoRestore {
    tag: 'restore',
  }
  /**
   * These steps, in order.
   */
  export interface UndoSteps {
    tag: 'steps',
    val: Array<Step>,
  }
  /**
   * It cannot be taken back; the reason is shown in the review.
   */
  export interface UndoNone {
    tag: 'none',
    val: string,
  }
  /**
   * One item of a plan: what changes, and the requests that do it, in order.
   */
  export interface Change {
    /**
     * What it is about.
     */
    subject: Subject,
    /**
     * What changes, at least one.
     */
    edits: Array<Edit>,
    /**
     * The requests, at least one, at most eight.
     */
    steps: Array<Step>,
    /**
     * What may be done when it is not known whether they arrived.
     */
    retry: Retry,
    /**
     * How they are taken back.
     */
    undo: Undo,
    /**
     * What the reviewer should know of this item.
     */
    warnings: Array<string>,
  }
  /**
   * A read of many subjects by their ids.
   */
  export interface Batch {
    /**
     * The read, but for the ids.
     */
    read: Read,
    /**
     * The query parameter that takes the ids, joined with commas and split by
     * URL length; ids that hold a comma are read one by one.
     */
    ids: string,
    /**
     * Where the response has its items.
     */
    items: Pointer,
    /**
     * Where an item has its id.
     */
    id: Pointer,
  }
  /**
   * How the host looks at subjects: for the value before, drift, reading back,
   * reconciling and undoing. `subject` bindings take the subject's id.
   */
  export interface Lookup {
    /**
     * Reads one subject. On the same route as `many` it answers a list as that
     * does, and the subject is the one in it with the id.
     */
    one: Read,
    /**
     * Reads many at once, where the API can.
     */
    many?: Batch,
    /**
     * The back end answers effective values: a field that equals the global
     * one counts as inherited, and undoing removes the override.
     */
    inherits: boolean,
  }
  /**
   * What a draft as a whole is for.
   */
  export interface Intent {
    /**
     * One line for the review and the audit trail.
     */
    summary: string,
    /**
     * Where the writes go; shown in the review, and the plan is bound to it.
     */
    view: StoreView,
    /**
     * How its subjects are read.
     */
    lookup: Lookup,
  }
  /**
   * A stored plan, awaiting its commit.
   */
  export interface Plan {
    /**
     * What commits, reviews and undoes name.
     */
    id: string,
    /**
     * RFC 3339.
     */
    expiresAt: string,
    /**
     * How many changes it holds.
     */
    count: number,
    /**
     * Lower-case hex SHA-256 of the canonical content.
     */
    digest: string,
    /**
     * The host's and the plugin's, over all items, without repeats.
     */
    warnings: Array<string>,
    /**
     * The first changes, as `[{subject, field, before, after}]`.
     */
    sampleDiffs: Json,
  }
  /**
   * How far a plan came.
   */
  export type PlanState = PlanStateDone | PlanStatePartlyDone | PlanStateFailed | PlanStateRunning | PlanStatePreviewed | PlanStateStopped | PlanStateFrozen | PlanStateOther;
  /**
   * Every item ended `done`.
   */
  export interface PlanStateDone {
    tag: 'done',
  }
  /**
   * Some did.
   */
  export interface PlanStatePartlyDone {
    tag: 'partly-done',
  }
  /**
   * None did.
   */
  export interface PlanStateFailed {
    tag: 'failed',
  }
  /**
   * It still runs.
   */
  export interface PlanStateRunning {
    tag: 'running',
  }
  /**
   * The caller asked for a preview: it is kept as a plan and nothing was sent.
   */
  export interface PlanStatePreviewed {
    tag: 'previewed',
  }
  /**
   * Somebody stopped it; it can be taken up where it stands.
   */
  export interface PlanStateStopped {
    tag: 'stopped',
  }
  /**
   * Its plugin may no longer do what it proposed, until that is approved.
   */
  export interface PlanStateFrozen {
    tag: 'frozen',
  }
  /**
   * A state that is newer than this contract.
   */
  export interface PlanStateOther {
    tag: 'other',
    val: string,
  }
  /**
   * What happened to one item.
   */
  export type ItemState = ItemStateDone | ItemStateFailed | ItemStateDrifted | ItemStateSkipped | ItemStateUnknown | ItemStateOther;
  /**
   * Written, and a read shows it; what no read can show, the store reported.
   */
  export interface ItemStateDone {
    tag: 'done',
  }
  /**
   * Refused, and a read shows that it did not happen.
   */
  export interface ItemStateFailed {
    tag: 'failed',
  }
  /**
   * Not written: somebody changed it since the review.
   */
  export interface ItemStateDrifted {
    tag: 'drifted',
  }
  /**
   * Not tried.
   */
  export interface ItemStateSkipped {
    tag: 'skipped',
  }
  /**
   * It may have happened; a person decides.
   */
  export interface ItemStateUnknown {
    tag: 'unknown',
  }
  /**
   * A state that is newer than this contract.
   */
  export interface ItemStateOther {
    tag: 'other',
    val: string,
  }
  /**
   * One item's end.
   */
  export interface Item {
    /**
     * What it was about.
     */
    subject: Subject,
    /**
     * How it ended.
     */
    state: ItemState,
    /**
     * Why, where it did not end `done`.
     */
    failure?: Failure,
  }
  /**
   * What the store showed after a plan ran.
   */
  export interface Outcome {
    /**
     * The plan's id.
     */
    planId: string,
    /**
     * How far it came.
     */
    state: PlanState,
    /**
     * Items that ended `done`.
     */
    done: number,
    /**
     * Items that ended `failed`.
     */
    failed: number,
    /**
     * Items that ended `drifted`.
     */
    drifted: number,
    /**
     * Items that ended `skipped`.
     */
    skipped: number,
    /**
     * Items that ended `unknown`.
     */
    unknown: number,
    /**
     * Items of the plan that hold something no read can show. Of these `done`
     * means that the store reported it.
     */
    unverifiable: number,
    /**
     * Items that did not end `done`, at most 100 of them.
     */
    failures: Array<Item>,
    /**
     * The subject as read back, for a plan of one change.
     */
    subject?: Json,
  }
  
  export class Draft implements Disposable {
    /**
    * Begin a draft.
    */
    constructor(intent: Intent)
    /**
    * Look up, check and store more changes, all or nothing. Caps, fields,
    * prices and grants are the operator's and are enforced here. A subject
    * may occur once in a draft; one that already has these values is left out.
    */
    add(changes: Array<Change>): void;
    /**
    * Close the draft and keep it as a plan. Only in a `prepare` action. On a
    * closed draft every function fails with `conflict`.
    */
    propose(): Plan;
    /**
    * Close the draft, keep it as a plan and execute it at once. Only in an
    * `apply` action whose confirmation the host has checked. Where the caller
    * asked for a preview the outcome has no item done. The call's time budget
    * stands still, and the work goes on if the caller leaves. On a closed draft
    * every function fails with `conflict`.
    */
    apply(): Outcome;
    /**
    * Once it was applied: what the store answered to the first step of its only
    * change, such as the id of what that made. Absent where the draft holds
    * several changes, where nothing was sent or no answer came, and of changes
    * that are `idempotent`, whose answers nobody keeps.
    */
    response(): Json | undefined;
    [Symbol.dispose](): void;
  }
}
