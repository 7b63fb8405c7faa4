// CMS blocks: a search, a get, and a new title that is reviewed before it is written.
//
// The contract as it is, without an SDK: `wit-bindgen c` makes plugin.h of it. What a function answers
// is freed by the caller, so it stands on the heap; what else is there goes with the instance.

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "plugin.h"

typedef plugin_string_t String;
typedef souk_plugin_types_failure_t Failure;
typedef souk_plugin_types_binding_t Binding;
typedef exports_souk_plugin_actions_action_t Action;
typedef exports_souk_plugin_actions_grant_t Grant;

static void *kept(const void *from, size_t size) { return memcpy(malloc(size), from, size); }

static String string(Text text) { return (String){kept(text.at, text.len), text.len}; }
static String literal(const char *text) { return string((Text){text, strlen(text)}); }
static String written(Buffer buffer) { return (String){(uint8_t *)buffer.at, buffer.len}; }
static Text text(String string) { return (Text){(const char *)string.ptr, string.len}; }
static plugin_option_string_t some(String string) { return (plugin_option_string_t){true, string}; }

// A list of the contract's, on the heap: {.ptr, .len}.
#define LIST(type, ...)                       \
  {                                           \
    kept((type[]){__VA_ARGS__}, sizeof((type[]){__VA_ARGS__})), \
        sizeof((type[]){__VA_ARGS__}) / sizeof(type)            \
  }

#define SEARCH "/V1/cmsBlock/search"
#define BLOCK "/V1/cmsBlock/{blockId}"
#define WRITE "/V1/cmsBlock/{id}"

static souk_plugin_types_route_t route(const char *template) {
  return (souk_plugin_types_route_t){.template_ = literal(template)};
}

static Binding bound(const char *name, Text value) {
  return (Binding){literal(name), {SOUK_PLUGIN_TYPES_BINDING_SOURCE_TEXT, {.text = string(value)}}};
}

static Binding subject(const char *name) {
  return (Binding){literal(name), {.tag = SOUK_PLUGIN_TYPES_BINDING_SOURCE_SUBJECT}};
}

static const souk_plugin_types_store_view_t GLOBAL = {.tag = SOUK_PLUGIN_TYPES_STORE_VIEW_GLOBAL};

// --- What it offers

#define ID "\"block_id\":{\"type\":\"integer\",\"minimum\":1,\"description\":\"The block's id.\"}"
#define FIELDS                                                                       \
  "\"id\":{\"type\":\"integer\"},\"identifier\":{\"type\":\"string\"},"               \
  "\"title\":{\"type\":\"string\"}"
#define ARGUMENTS(members, required)                                                 \
  "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" members "}," \
  "\"required\":[" required "]}"
#define RESULT(members) "{\"type\":\"object\",\"properties\":{" members "}}"

static Grant reads(const char *template) {
  return (Grant){EXPORTS_SOUK_PLUGIN_ACTIONS_GRANT_READ, {.read = route(template)}};
}

void exports_souk_plugin_actions_describe(exports_souk_plugin_actions_group_t *group) {
  Action search = {
      .name = literal("search_blocks"),
      .title = literal("Search CMS blocks"),
      .description = literal("Finds CMS blocks by a part of their title, sorted by id."),
      .needs_session = true,
      .input = literal(ARGUMENTS(
          "\"title\":{\"type\":\"string\",\"description\":\"A part of the title.\"},"
          "\"page_size\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":100,\"default\":20,"
          "\"description\":\"How many to answer at most.\"}",
          "")),
      .output = literal(RESULT("\"items\":{\"type\":\"array\",\"items\":" RESULT(
          FIELDS) "},\"total_count\":{\"type\":\"integer\"}")),
      .grants = LIST(Grant, reads(SEARCH)),
  };
  Action get = {
      .name = literal("get_block"),
      .title = literal("Get a CMS block"),
      .description = literal("Reads one CMS block by its id."),
      .needs_session = true,
      .input = literal(ARGUMENTS(ID, "\"block_id\"")),
      .output = literal(RESULT(FIELDS ",\"content\":{\"type\":\"string\"}")),
      .grants = LIST(Grant, reads(BLOCK)),
  };
  Action retitle = {
      .name = literal("prepare_retitle"),
      .title = literal("Plan a new title for a CMS block"),
      .description = literal("Plans to set the title of a CMS block. Changes nothing yet; commit the "
                             "plan with blocks_commit_retitle."),
      .tier = SOUK_PLUGIN_TYPES_RISK_TIER_RISK,
      .effect = {EXPORTS_SOUK_PLUGIN_ACTIONS_EFFECT_PREPARE,
                 {.prepare = {
                      .name = literal("commit_retitle"),
                      .title = literal("Commit a new title for a CMS block"),
                      .description = literal(
                          "Carries out a plan of blocks_prepare_retitle: writes each subject as the "
                          "plan shows it, leaves out those that changed since, and reads every one "
                          "back."),
                      .tier = SOUK_PLUGIN_TYPES_RISK_TIER_RISK,
                  }}},
      .needs_session = true,
      .input = literal(ARGUMENTS(
          ID ",\"title\":{\"type\":\"string\",\"maxLength\":255,\"description\":\"Its new title.\"}",
          "\"block_id\",\"title\"")),
      .output = literal(RESULT(
          "\"plan_id\":{\"type\":\"string\"},\"expires_at\":{\"type\":\"string\"},"
          "\"affected_count\":{\"type\":\"integer\"},\"message\":{\"type\":\"string\"},"
          "\"sample_diffs\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},"
          "\"warnings\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}")),
      .grants = LIST(Grant, reads(BLOCK),
                     (Grant){EXPORTS_SOUK_PLUGIN_ACTIONS_GRANT_WRITE,
                             {.write = {SOUK_PLUGIN_TYPES_WRITE_METHOD_PUT,
                                        route(WRITE),
                                        {true, LIST(String, literal("/block/title"))}}}}),
  };
  *group = (exports_souk_plugin_actions_group_t){
      .name = literal("blocks"),
      .version = literal("0.1.0"),
      .title = literal("Blocks"),
      .description = literal("Find, read and retitle CMS blocks."),
      .actions = LIST(Action, search, get, retitle),
  };
}

// --- What it does. Each answers true and a text, or false and a failure.

static void short_block(Buffer *into, Text block) {
  buffer_add(into, "{\"id\":", NULL);
  buffer_text(into, json_member(block, "id"));
  buffer_add(into, ",\"identifier\":", NULL);
  buffer_text(into, json_member(block, "identifier"));
  buffer_add(into, ",\"title\":", NULL);
  buffer_text(into, json_member(block, "title"));
}

static bool search_blocks(Text args, Buffer *answer, Failure *failure) {
  Text title = json_member(args, "title"), size = json_member(args, "page_size");
  if (size.len == 0) size = (Text){"20", 2};
  Binding query[8] = {
      bound("searchCriteria[sortOrders][0][field]", (Text){"block_id", 8}),
      bound("searchCriteria[sortOrders][0][direction]", (Text){"ASC", 3}),
      bound("searchCriteria[pageSize]", size),
      bound("searchCriteria[currentPage]", (Text){"1", 1}),
  };
  size_t length = 4;
  if (title.len) {
    // Wildcards in it are taken literally.
    Buffer like = {0};
    Text part = json_decoded(title);
    buffer_add(&like, "%", NULL);
    for (size_t at = 0; at < part.len; at++) {
      if (strchr("%_\\", part.at[at])) buffer_add(&like, "\\", NULL);
      buffer_text(&like, (Text){part.at + at, 1});
    }
    buffer_add(&like, "%", NULL);
#define FILTER "searchCriteria[filter_groups][0][filters][0]"
    query[length++] = bound(FILTER "[field]", (Text){"title", 5});
    query[length++] = bound(FILTER "[value]", (Text){like.at, like.len});
    query[length++] = bound(FILTER "[condition_type]", (Text){"like", 4});
  }
  souk_plugin_types_read_t read = {.route = route(SEARCH), .query = {query, length}};
  String page;
  if (!souk_plugin_upstream_get(&read, &page, failure)) return false;
  buffer_add(answer, "{\"items\":[", NULL);
  Text items = json_member(text(page), "items"), item;
  for (bool first = true; json_next(&items, &item); first = false) {
    if (!first) buffer_add(answer, ",", NULL);
    short_block(answer, item);
    buffer_add(answer, "}", NULL);
  }
  buffer_add(answer, "],\"total_count\":", NULL);
  buffer_text(answer, json_member(text(page), "total_count"));
  buffer_add(answer, "}", NULL);
  return true;
}

static bool read_block(Text id, String *block, Failure *failure) {
  souk_plugin_types_read_t read = {.route = route(BLOCK), .path = LIST(Binding, bound("blockId", id))};
  if (souk_plugin_upstream_get(&read, block, failure)) return true;
  if (failure->status.is_some && failure->status.val == 404) {
    Buffer message = {0};
    buffer_add(&message, "no block has the id `", NULL);
    buffer_text(&message, id);
    buffer_add(&message, "`", NULL);
    failure->code.tag = SOUK_PLUGIN_TYPES_FAILURE_CODE_NOT_FOUND;
    failure->message = written(message);
    failure->remedy = some(literal("search for it with `blocks_search_blocks`"));
    failure->argument = (souk_plugin_types_option_pointer_t){true, literal("/block_id")};
  }
  return false;
}

static bool get_block(Text args, Buffer *answer, Failure *failure) {
  String block;
  if (!read_block(json_member(args, "block_id"), &block, failure)) return false;
  short_block(answer, text(block));
  buffer_add(answer, ",\"content\":", NULL);
  buffer_text(answer, json_member(text(block), "content"));
  buffer_add(answer, "}", NULL);
  return true;
}

static bool is_blank(Text text) {
  for (size_t at = 0; at < text.len; at++) {
    if (text.at[at] != ' ') return false;
  }
  return true;
}

static bool prepare_retitle(Text args, Buffer *answer, Failure *failure) {
  Text id = json_member(args, "block_id"), title = json_member(args, "title");
  String block;
  if (!read_block(id, &block, failure)) return false;
  if (is_blank(json_decoded(title))) {
    *failure = (Failure){
        .code = {.tag = SOUK_PLUGIN_TYPES_FAILURE_CODE_VALIDATION_ERROR},
        .message = literal("the title is empty"),
        .argument = {true, literal("/title")},
    };
    return false;
  }
  Buffer body = {0};
  buffer_add(&body, "{\"block\":{\"title\":", NULL);
  buffer_text(&body, title);
  buffer_add(&body, "}}", NULL);
  souk_plugin_plans_change_t change = {
      .subject = {literal("cms-block"), string(id),
                  some(string(json_decoded(json_member(text(block), "identifier"))))},
      // The field in the review, its place in what the lookup answers, and its place in the body.
      .edits = LIST(souk_plugin_plans_edit_t,
                    {literal("title"),
                     literal("/title"),
                     {SOUK_PLUGIN_PLANS_EXPECTATION_AS_SENT,
                      {.as_sent = LIST(souk_plugin_plans_body_pointer_t,
                                       {0, literal("/block/title")})}}}),
      .steps = LIST(souk_plugin_plans_step_t,
                    {.method = SOUK_PLUGIN_TYPES_WRITE_METHOD_PUT,
                     .route = route(WRITE),
                     .path = LIST(Binding, subject("id")),
                     .view = GLOBAL,
                     .body = {true, written(body)}}),
      .retry = SOUK_PLUGIN_PLANS_RETRY_IDEMPOTENT,
      .undo = {.tag = SOUK_PLUGIN_PLANS_UNDO_RESTORE},
  };
  souk_plugin_plans_intent_t intent = {
      literal("retitle a block"),
      GLOBAL,
      {.one = {route(BLOCK), LIST(Binding, subject("blockId")), {0}, GLOBAL}},
  };
  souk_plugin_plans_borrow_draft_t draft =
      souk_plugin_plans_borrow_draft(souk_plugin_plans_constructor_draft(&intent));
  souk_plugin_plans_list_change_t changes = {&change, 1};
  souk_plugin_plans_plan_t plan;
  if (!souk_plugin_plans_method_draft_add(draft, &changes, failure)) return false;
  if (!souk_plugin_plans_method_draft_propose(draft, &plan, failure)) return false;
  buffer_add(answer, "{\"plan_id\":", NULL);
  buffer_string(answer, text(plan.id));
  buffer_add(answer, ",\"expires_at\":", NULL);
  buffer_string(answer, text(plan.expires_at));
  // It proposes one change, or nothing.
  buffer_add(answer, ",\"affected_count\":1,\"warnings\":[", NULL);
  for (size_t at = 0; at < plan.warnings.len; at++) {
    if (at) buffer_add(answer, ",", NULL);
    buffer_string(answer, text(plan.warnings.ptr[at]));
  }
  buffer_add(answer, "],\"sample_diffs\":", NULL);
  buffer_text(answer, text(plan.sample_diffs));
  buffer_add(answer,
             ",\"message\":\"1 change is planned, nothing changed yet: review the plan, then commit it "
             "with `blocks_commit_retitle`\"}",
             NULL);
  return true;
}

bool exports_souk_plugin_actions_invoke(String *action, String *arguments,
                                        exports_souk_plugin_actions_response_t *response,
                                        Failure *failure) {
  static const struct {
    const char *name;
    bool (*run)(Text, Buffer *, Failure *);
  } TABLE[] = {
      {"search_blocks", search_blocks},
      {"get_block", get_block},
      {"prepare_retitle", prepare_retitle},
  };
  for (size_t at = 0; at < sizeof TABLE / sizeof *TABLE; at++) {
    Buffer answer = {0};
    if (strlen(TABLE[at].name) != action->len ||
        memcmp(TABLE[at].name, action->ptr, action->len) != 0) continue;
    if (!TABLE[at].run(text(*arguments), &answer, failure)) return false;
    *response = (exports_souk_plugin_actions_response_t){.json = written(answer)};
    return true;
  }
  *failure = (Failure){
      .code = {.tag = SOUK_PLUGIN_TYPES_FAILURE_CODE_INTERNAL_ERROR},
      .message = literal("there is no such action"),
  };
  return false;
}
