/// <reference path="./souk-plugin-types.d.ts" />
declare module 'souk:plugin/actions@0.1.0' {
  /**
   * Called once for each digest, in an instance without session, grants,
   * settings, time or randomness, under the load budget. Must be pure.
   */
  export function describe(): Group;
  /**
   * Run one action, by its name without the group's. `arguments` is an object
   * that has passed the action's schema.
   */
  export function invoke(action: string, arguments: Json): Response;
  export type Failure = import('souk:plugin/types@0.1.0').Failure;
  export type Json = import('souk:plugin/types@0.1.0').Json;
  export type Pointer = import('souk:plugin/types@0.1.0').Pointer;
  export type PointerPattern = import('souk:plugin/types@0.1.0').PointerPattern;
  export type RiskTier = import('souk:plugin/types@0.1.0').RiskTier;
  export type Route = import('souk:plugin/types@0.1.0').Route;
  export type WriteMethod = import('souk:plugin/types@0.1.0').WriteMethod;
  /**
   * A write that an action's changes may make.
   */
  export interface WriteGrant {
    /**
     * Its method.
     */
    method: WriteMethod,
    /**
     * Its route.
     */
    route: Route,
    /**
     * All that the body may hold: a value that stands at none of these places,
     * nor below one, is refused. Absent: anything.
     */
    fields?: Array<PointerPattern>,
  }
  /**
   * A request that an action may make.
   */
  export type Grant = GrantRead | GrantWrite;
  /**
   * GET on this route.
   */
  export interface GrantRead {
    tag: 'read',
    val: Route,
  }
  /**
   * This write: as a step of a proposed change.
   */
  export interface GrantWrite {
    tag: 'write',
    val: WriteGrant,
  }
  /**
   * How many changes one call of an `apply` action may make.
   */
  export type Bound = BoundAtMost | BoundBulk;
  /**
   * This many.
   */
  export interface BoundAtMost {
    tag: 'at-most',
    val: number,
  }
  /**
   * The operator's bulk cap.
   */
  export interface BoundBulk {
    tag: 'bulk',
  }
  /**
   * The tool that commits what a `prepare` action proposed. The host makes it
   * and runs it: it has no code in the plugin, takes `plan_id` beside the
   * reserved arguments, and answers what the store then shows.
   */
  export interface CommitTool {
    /**
     * Its name, without the group's.
     */
    name: string,
    /**
     * For people.
     */
    title: string,
    /**
     * For models.
     */
    description: string,
    /**
     * How much harm it can do; not below the proposing action's.
     */
    tier: RiskTier,
    /**
     * The result's name for the subject as read back, for plans of one change.
     */
    subjectAs?: string,
  }
  /**
   * What an action does to the world. Enforced, and the source of MCP's hints.
   */
  export type Effect = EffectQuery | EffectPrepare | EffectApply | EffectSession;
  /**
   * Reads only.
   */
  export interface EffectQuery {
    tag: 'query',
  }
  /**
   * Reads, and proposes one plan.
   */
  export interface EffectPrepare {
    tag: 'prepare',
    val: CommitTool,
  }
  /**
   * Changes the store in the same call, up to the bound.
   */
  export interface EffectApply {
    tag: 'apply',
    val: Bound,
  }
  /**
   * Changes the caller's session, never the store. Granted by the operator
   * to named plugins; `auth` and `scope` by default.
   */
  export interface EffectSession {
    tag: 'session',
  }
  /**
   * A query action of the same group that knows what an argument may be.
   */
  export interface CompletionQuery {
    /**
     * The action, by its name without the group's.
     */
    action: string,
    /**
     * Its argument that takes what was typed so far.
     */
    argument: string,
    /**
     * Where its result has the list.
     */
    items: Pointer,
    /**
     * Where an element of the list has the value.
     */
    value: Pointer,
  }
  /**
   * Where suggestions for an argument come from.
   */
  export type CompletionSource = CompletionSourceValues | CompletionSourceStoreViews | CompletionSourceQuery | CompletionSourceOther;
  /**
   * One of these.
   */
  export interface CompletionSourceValues {
    tag: 'values',
    val: Array<string>,
  }
  /**
   * The codes of the store's views.
   */
  export interface CompletionSourceStoreViews {
    tag: 'store-views',
  }
  /**
   * What this action answers.
   */
  export interface CompletionSourceQuery {
    tag: 'query',
    val: CompletionQuery,
  }
  /**
   * A source that is newer than this contract, by its name. A host that does
   * not know it suggests nothing.
   */
  export interface CompletionSourceOther {
    tag: 'other',
    val: string,
  }
  /**
   * Suggestions for one argument.
   */
  export interface Completion {
    /**
     * The argument, by its name.
     */
    argument: string,
    /**
     * Where they come from.
     */
    source: CompletionSource,
  }
  /**
   * Something that this version of the contract has no field for. A host that
   * does not know the name leaves it alone.
   */
  export interface Extension {
    /**
     * `[a-z0-9-]+`.
     */
    name: string,
    /**
     * What it says.
     */
    value: Json,
  }
  /**
   * What most actions leave out.
   */
  export interface ActionDetails {
    /**
     * Suggestions, by argument.
     */
    completions: Array<Completion>,
    /**
     * Where the result holds texts that strangers wrote (a customer's comment):
     * clients are told not to take them for instructions.
     */
    untrusted: Array<PointerPattern>,
    /**
     * Words by which a person would look for it, beside those of its name, title
     * and description.
     */
    keywords: Array<string>,
    /**
     * Why it should no longer be used, and what to use instead.
     */
    deprecated?: string,
    /**
     * What newer hosts may know.
     */
    extensions: Array<Extension>,
  }
  /**
   * One tool.
   */
  export interface Action {
    /**
     * `[a-z0-9_]+`; the tool is `GROUP_NAME`, at most 45 characters.
     */
    name: string,
    /**
     * For people, in a few words.
     */
    title: string,
    /**
     * For models: what it does, what it needs, what it answers.
     */
    description: string,
    /**
     * How much harm it can do.
     */
    tier: RiskTier,
    /**
     * What it does to the world.
     */
    effect: Effect,
    /**
     * Without a session the host refuses the call before the plugin runs.
     */
    needsSession: boolean,
    /**
     * JSON Schema 2020-12 of an object, flat, without remote `$ref`. The names
     * `params`, `confirm`, `reason`, `idempotency_key` and `preview` are the
     * host's: it adds those that apply, checks them and keeps them to itself.
     * An argument with `writeOnly: true` is sealed: see
     * `session-control.credentials`.
     */
    input: Json,
    /**
     * JSON Schema 2020-12 of an object. Leave what the store answers open.
     */
    output: Json,
    /**
     * The requests it may make.
     */
    grants: Array<Grant>,
    /**
     * The rest.
     */
    details?: ActionDetails,
  }
  /**
   * An argument of a prompt.
   */
  export interface PromptArgument {
    /**
     * `[a-z0-9_]+`.
     */
    name: string,
    /**
     * For people.
     */
    description: string,
    /**
     * It cannot be left out.
     */
    required: boolean,
    /**
     * Suggestions for it.
     */
    completion?: CompletionSource,
  }
  /**
   * A task that a person can pick in a client, put into words.
   */
  export interface Prompt {
    /**
     * `[a-z0-9_]+`; callers see `GROUP_NAME`.
     */
    name: string,
    /**
     * For people, in a few words.
     */
    title: string,
    /**
     * For people.
     */
    description: string,
    /**
     * What goes into the text.
     */
    arguments: Array<PromptArgument>,
    /**
     * The text, with each argument's place as `{name}`; a brace of its own is
     * written twice.
     */
    text: string,
  }
  /**
   * A family of resources, each of which one action answers.
   */
  export interface ResourceTemplate {
    /**
     * `souk://GROUP/…`, with exactly one `{argument}`, a whole segment that is
     * named as the action's argument which takes it: `souk://orders/{increment_id}`.
     */
    uri: string,
    /**
     * For people, in a few words.
     */
    title: string,
    /**
     * For people.
     */
    description: string,
    /**
     * The query action, by its name without the group's, whose result it is. It
     * needs no other argument.
     */
    action: string,
  }
  /**
   * What most groups leave out.
   */
  export interface GroupDetails {
    /**
     * Tasks that people can pick.
     */
    prompts: Array<Prompt>,
    /**
     * Results that can be read as resources.
     */
    resourceTemplates: Array<ResourceTemplate>,
    /**
     * JSON Schema 2020-12 of an object: what `[plugins.NAME.settings]` may hold.
     * Absent: anything, unchecked.
     */
    settingsSchema?: Json,
    /**
     * The least version of this contract that the host must serve: `0.1.3`.
     * Absent: any.
     */
    leastContract?: string,
    /**
     * Where people find out more about the plugin: an https address.
     */
    homepage?: string,
    /**
     * What newer hosts may know.
     */
    extensions: Array<Extension>,
  }
  /**
   * An action group.
   */
  export interface Group {
    /**
     * `[a-z0-9]+`, unique among the loaded groups.
     */
    name: string,
    /**
     * Semantic version.
     */
    version: string,
    /**
     * For people, in a few words.
     */
    title: string,
    /**
     * For people.
     */
    description: string,
    /**
     * At least one.
     */
    actions: Array<Action>,
    /**
     * The rest.
     */
    details?: GroupDetails,
  }
  /**
   * A picture.
   */
  export interface Image {
    /**
     * `image/png`, `image/jpeg`, `image/webp` or `image/gif`.
     */
    mediaType: string,
    /**
     * Its bytes. At most 1 MiB; all of one response within the operator's limit
     * on a result.
     */
    data: Uint8Array,
    /**
     * What it shows, for those who cannot see it.
     */
    description: string,
  }
  /**
   * A link to a document of this call.
   */
  export interface DocumentBlock {
    /**
     * Its `uri`.
     */
    uri: string,
    /**
     * What it is, for people.
     */
    description?: string,
  }
  /**
   * What stands beside a result's JSON.
   */
  export type ContentBlock = ContentBlockImage | ContentBlockDocument;
  /**
   * A picture.
   */
  export interface ContentBlockImage {
    tag: 'image',
    val: Image,
  }
  /**
   * A link to a document that this call kept.
   */
  export interface ContentBlockDocument {
    tag: 'document',
    val: DocumentBlock,
  }
  /**
   * What an action answers.
   */
  export interface Response {
    /**
     * The result: an object that conforms to the action's output schema.
     */
    json: Json,
    /**
     * What is shown beside it; for most actions nothing.
     */
    content: Array<ContentBlock>,
  }
}
