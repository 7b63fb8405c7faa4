// The review of a plan inside a client's conversation: an MCP App (2026-01-26). It only shows. Whoever
// decides does so on the console, which a button opens: a page that a client draws proves nobody.
"use strict";
(() => {
  const PROTOCOL = "2026-01-26";
  const PAGE = 50;
  const view = document.getElementById("view");
  const waiting = new Map();
  let next = 1;
  let host = {};
  let shown = null;

  // Messages of JSON-RPC, to the window that embeds this one and from no other.
  const post = (message) => window.parent.postMessage({ jsonrpc: "2.0", ...message }, "*");
  const notify = (method, params = {}) => post({ method, params });
  const ask = (method, params) =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      post({ id, method, params });
    });
  const notified = {
    "ui/notifications/tool-result": (result) => take(result),
    "ui/notifications/tool-cancelled": () => say("The call was cancelled; nothing was proposed."),
    "ui/notifications/host-context-changed": (context) => dress(context),
  };
  const answers = { ping: () => ({}), "ui/resource-teardown": () => ({}) };
  window.addEventListener("message", (event) => {
    const message = event.data;
    if (event.source !== window.parent || !message || message.jsonrpc !== "2.0") return;
    if (typeof message.method !== "string") {
      const one = waiting.get(message.id);
      waiting.delete(message.id);
      if (one) message.error ? one.reject(new Error(message.error.message)) : one.resolve(message.result);
    } else if (message.id === undefined) {
      if (Object.hasOwn(notified, message.method)) notified[message.method](message.params ?? {});
    } else if (Object.hasOwn(answers, message.method)) {
      post({ id: message.id, result: answers[message.method]() });
    } else {
      post({ id: message.id, error: { code: -32601, message: "this view answers no such request" } });
    }
  });

  // Every text is set as text: what a store or a plugin says is never markup.
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };
  const say = (text) => view.replaceChildren(make("p", { class: "empty", role: "status" }, text));
  const text = (value) => {
    if (value === null || value === undefined) return "nothing";
    return typeof value === "string" ? value : JSON.stringify(value);
  };

  const dress = (context) => {
    if (context.theme !== "dark" && context.theme !== "light") return;
    document.documentElement.style.colorScheme = context.theme;
    for (const rule of document.styleSheets[0].cssRules) {
      if (rule instanceof CSSMediaRule && rule.dataTheme === undefined) {
        rule.dataTheme = rule.media.mediaText.includes("prefers-color-scheme: dark");
      }
      if (rule.dataTheme) rule.media.mediaText = context.theme === "dark" ? "all" : "not all";
    }
  };

  // What a tool answered: a whole review (`plans_get`), or a proposal with a sample of it. Which of the two
  // it is, and of which plan, is the host's word in `_meta`: an answer of a plugin's is not taken for a review.
  const review = (result) => {
    const answer = result.structuredContent;
    const of = result._meta?.["souk/plan"];
    return !result.isError && of?.hosts_own && answer?.plan?.plan_id === of.plan_id ? answer : null;
  };
  const take = (result) => {
    const answer = result.structuredContent;
    const console_ = result._meta?.["souk/console"];
    const id = result._meta?.["souk/plan"]?.plan_id;
    if (result.isError || !answer || typeof answer !== "object") {
      const said = (result.content ?? []).find((block) => block.type === "text");
      return say(said ? said.text : "There is no plan to show.");
    }
    const reviewed = review(result);
    const proposed = reviewed?.plan ?? {
      plan_id: id,
      count: answer.affected_count,
      expires_at: answer.expires_at,
      warnings: answer.warnings,
      state: "proposed",
    };
    if (!proposed.plan_id) return say("Nothing was proposed: there is nothing to change.");
    shown = { plan: proposed, items: reviewed ? whole(reviewed) : [], console: console_ };
    shown.reviewed = Boolean(reviewed);
    shown.sample = reviewed ? [] : (answer.sample_diffs ?? []);
    shown.next = reviewed ? reviewed.next_after : 0;
    draw();
    if (!reviewed && host.serverTools) more(null);
  };

  // An item names what it has of its own; what most have is said once.
  const whole = (answer) =>
    (answer.items ?? []).map((item) => ({ ...(answer.every_item ?? {}), ...item }));

  const more = async (after) => {
    const args = { plan_id: shown.plan.plan_id, page_size: PAGE };
    if (after !== null) args.after = after;
    const of = shown;
    try {
      const result = await ask("tools/call", { name: "plans_get", arguments: args });
      const answer = review(result);
      if (!answer || answer.plan.plan_id !== of.plan.plan_id || of !== shown) return;
      Object.assign(shown, { plan: answer.plan, next: answer.next_after, sample: [], reviewed: true });
      shown.items = after === null ? whole(answer) : shown.items.concat(whole(answer));
      shown.console ??= result._meta?.["souk/console"];
      draw();
    } catch {
      // The client lets no view call tools: the sample is shown.
    }
  };

  // Somebody's words, in quotes that they cannot close.
  const says = (who, said) => `${who}: “${text(said).replace(/[“”]/g, '"')}”`;

  const fact = (name, value) =>
    value === undefined || value === null || value === ""
      ? null
      : make("div", {}, make("dt", {}, name), make("dd", {}, text(value)));

  const change = (one) => {
    const before = make("del", {}, make("span", { class: "hidden" }, "before: "), text(one.before));
    if (one.inherited) before.append(" ", make("span", { class: "sub" }, "(inherited)"));
    const removed = one.expectation === "removed";
    const after = make("ins", {}, make("span", { class: "hidden" }, "after: "));
    after.append(removed ? "nothing" : text(one.after));
    const arrow = make("span", { class: "arrow", "aria-hidden": "true" }, "→");
    return make(
      "div", { class: "change" },
      make("dt", {}, one.field),
      make("dd", {}, before, " ", arrow, " ", after),
      one.note ? make("dd", { class: "sub" }, one.note) : null,
    );
  };

  const place = (at) => (at === "" ? "the whole" : at);
  const sent = (item) => {
    const lines = (item.requests ?? []).map((request) => `sends ${request}`);
    for (const one of item.parameters ?? [])
      lines.push(`not the subject, ${one.part} value ${one.name}: ${text(one.value ?? one.source)}`);
    for (const one of item.constants ?? []) lines.push(`also sent, ${place(one.at)}: ${text(one.value)}`);
    for (const one of item.fills ?? [])
      lines.push(`filled in, ${place(one.at)}: ${one.source}${one.value === undefined ? "" : `: ${text(one.value)}`}`);
    const undo = item.undo?.how === "none" ? `cannot be undone: ${text(item.undo.why)}` : "can be undone";
    const list = make("ul", {}, ...lines.map((line) => make("li", {}, make("code", { class: "wrap" }, line))));
    return make("details", { class: "sent" }, make("summary", {}, `Everything that is sent; ${undo}`), list);
  };

  const item = (one) =>
    make(
      "li", { class: "item" },
      make(
        "div", { class: "item-head" },
        make(
          "h3", {}, make("span", { class: "kind" }, `#${one.n} ${one.kind ?? ""}`), ` ${one.subject}`,
          one.label ? make("span", { class: "label" }, ` “${one.label}”`) : null,
        ),
        make("span", { class: `state ${one.state}` }, one.state),
      ),
      one.failure ? make("p", { class: "alert" }, `${one.failure.code}: ${one.failure.message}`) : null,
      ...(one.warnings ?? []).map((warning) => make("p", { class: "alert" }, warning)),
      ...(one.plugin_warnings ?? []).map((said) => make("p", { class: "aside" }, says("The plugin says", said))),
      make("dl", { class: "changes" }, ...(one.changes ?? []).map(change)),
      sent(one),
    );

  const sampled = (rows) => {
    const subjects = new Map();
    for (const row of rows) subjects.set(row.subject, [...(subjects.get(row.subject) ?? []), row]);
    return [...subjects].map(([subject, changes]) =>
      make(
        "li", { class: "item" },
        make("div", { class: "item-head" }, make("h3", {}, text(subject))),
        make("dl", { class: "changes" }, ...changes.map(change)),
      ),
    );
  };

  const draw = () => {
    const { plan, items, sample } = shown;
    const total = plan.count ?? items.length;
    const name = `${total} ${total === 1 ? "change" : "changes"}${plan.proposed_by ? ` by ${plan.proposed_by}` : ""}`;
    const left = total - (items.length || new Set(sample.map((row) => row.subject)).size);
    const parts = [
      make("h1", {}, name, " ", make("span", { class: `state ${plan.state}` }, plan.state)),
      plan.summary ? make("p", { class: "aside" }, says("The plugin says", plan.summary)) : null,
      // Before the review is there, warnings of the host and of the plugin are one list.
      ...(plan.warnings ?? []).map((warning) =>
        make("p", { class: "alert" }, shown.reviewed ? warning : says("With the proposal", warning))),
      ...(plan.plugin_warnings ?? []).map((said) => make("p", { class: "aside" }, says("The plugin says", said))),
      make(
        "dl", { class: "facts" },
        fact("Items", total),
        fact("Done", plan.done || null),
        fact("Store", plan.store && `${plan.store} (${plan.environment}), view ${plan.view}`),
        fact("Tool", plan.proposed_by),
        fact("Tier", plan.tier),
        fact("Expires", plan.expires_at),
        fact("Plan", plan.plan_id),
        fact("Digest", plan.digest),
      ),
      make("ul", { class: "items" }, ...(items.length ? items.map(item) : sampled(sample))),
    ];
    if (left > 0) parts.push(make("p", { class: "empty" }, `${left} more are not shown here.`));
    const buttons = make("p", { class: "view-more" });
    if (left > 0 && items.length && host.serverTools && shown.next !== null) {
      const button = make("button", { type: "button", id: "more" }, "Show more items");
      button.addEventListener("click", () => more(shown.next));
      buttons.append(button, " ");
    }
    if (shown.console) buttons.append(...console_(shown.console));
    if (buttons.hasChildNodes()) parts.push(buttons);
    view.replaceChildren(...parts.filter((part) => part !== null));
  };

  // Decisions are made there, by a person with a passphrase.
  const console_ = (url) => {
    const address = make("code", { class: "wrap" }, url);
    if (!host.openLinks) return ["Review and decide at ", address];
    const button = make("button", { type: "button", class: "primary", id: "console" }, "Open the console");
    button.addEventListener("click", async () => {
      let opened = false;
      try {
        opened = !(await ask("ui/open-link", { url }))?.isError;
      } catch {
        opened = false;
      }
      if (!opened) button.replaceWith("Review and decide at ", address);
    });
    return [button];
  };

  const resize = () =>
    notify("ui/notifications/size-changed", {
      width: Math.ceil(document.documentElement.scrollWidth),
      height: Math.ceil(view.getBoundingClientRect().height),
    });

  ask("ui/initialize", {
    protocolVersion: PROTOCOL,
    appInfo: { name: "souk-plan", version: "1" },
    appCapabilities: { availableDisplayModes: ["inline", "fullscreen"] },
  }).then((started) => {
    host = started.hostCapabilities ?? {};
    dress(started.hostContext ?? {});
    notify("ui/notifications/initialized");
    new ResizeObserver(resize).observe(view);
  }, (error) => say(`The client does not show this: ${error.message}`));
})();
