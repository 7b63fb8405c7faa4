// The review of a plan as a client draws it: the page `ui://souk/plan` in Chromium, in a frame that may do
// nothing but run its script, before the host side of MCP Apps' own package (`AppBridge`) and a host that
// serves it over HTTP. `node plan_view.mjs SOUK PLUGINS [SHOTS]`
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { AppBridge, RESOURCE_MIME_TYPE, getToolUiResourceUri } from "@modelcontextprotocol/ext-apps/app-bridge";
import { chromium } from "playwright-core";

const [souk, plugins, shots] = process.argv.slice(2);
const home = await mkdtemp(path.join(tmpdir(), "souk-plan-view-"));
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(SOUK|MAGENTO|MCP|XDG)_/.test(name)));
Object.assign(env, {
  HOME: home, SOUK_STATE_DIR: `${home}/state`, SOUK_PLUGINS: plugins, SOUK_PROBE: "false", SOUK_PLUGINS_TRUST: "open",
});
const child = spawn(souk, ["serve", "--demo", "--tools", "all", "--http", "127.0.0.1:0"], { env, stdio: ["ignore", "ignore", "pipe"] });
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => { child.kill("SIGKILL"); process.exit(1); });
const deadline = setTimeout(() => { child.kill("SIGKILL"); process.exit(1); }, 120_000);

/** What a sandbox that a host puts around a view allows it, where the resource asks for nothing. */
const CSP = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data:; media-src 'self' data:; connect-src 'none'";

let browser;
try {
  const url = await new Promise((resolve, reject) => {
    let text = "";
    child.stderr.on("data", (chunk) => {
      text += chunk;
      const found = /Souk serves MCP at (\S+)/.exec(text);
      if (found && / plugins? from /.test(text)) resolve(found[1]);
    });
    child.on("exit", (code) => reject(new Error(`souk ended with ${code}:\n${text}`)));
  });
  const client = new Client({ name: "view-test", version: "1" }, {
    capabilities: { extensions: { "io.modelcontextprotocol/ui": { mimeTypes: [RESOURCE_MIME_TYPE] } } },
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  assert.ok(client.getServerCapabilities().extensions["io.modelcontextprotocol/ui"]);
  await client.callTool({ name: "auth_login", arguments: {} });

  // Every tool that proposes has the view, and so does the one that shows.
  const { tools } = await client.listTools();
  const viewed = tools.filter((tool) => getToolUiResourceUri(tool) !== undefined);
  assert.ok(viewed.every((tool) => getToolUiResourceUri(tool) === "ui://souk/plan"));
  const names = viewed.map((tool) => tool.name);
  for (const name of ["plans_get", "catalog_prepare_bulk_update"]) assert.ok(names.includes(name), name);
  assert.ok(!names.some((name) => /commit|search|auth_/.test(name)), `${names}`);
  const { contents: [resource] } = await client.readResource({ uri: "ui://souk/plan" });
  assert.equal(resource.mimeType, RESOURCE_MIME_TYPE);
  assert.deepEqual(resource._meta.ui.csp, { connectDomains: [], resourceDomains: [] });

  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const page = await browser.newPage({ viewport: { width: 900, height: 1_200 } });
  const wrong = [];
  page.on("console", (line) => line.type() === "error" && wrong.push(line.text()));
  page.on("pageerror", (error) => wrong.push(`${error}`));
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));

  /** Draws the view as a host does, with what the host can; answers the frame and the bridge. */
  const draw = async (capabilities, context) => {
    await page.goto("about:blank");
    const opened = [], sizes = [];
    const bridge = new AppBridge(client, { name: "host", version: "1" }, capabilities, { hostContext: context });
    bridge.onopenlink = async ({ url }) => { opened.push(url); return {}; };
    bridge.onsizechange = (size) => sizes.push(size);
    const ready = new Promise((resolve) => { bridge.oninitialized = resolve; });
    const transport = {
      start: async () => {}, close: async () => {},
      send: (message) => page.evaluate((sent) =>
        document.querySelector("iframe").contentWindow.postMessage(sent, "*"), message),
    };
    if (!draw.exposed) await page.exposeFunction("toHost", (message) => draw.transport.onmessage?.(message));
    draw.exposed = true;
    draw.transport = transport;
    await bridge.connect(transport);
    await page.setContent("<body></body>");
    await page.evaluate(([html, csp]) => {
      const frame = document.createElement("iframe");
      window.addEventListener("message", (event) => event.source === frame.contentWindow && window.toHost(event.data));
      frame.setAttribute("sandbox", "allow-scripts");
      frame.style.cssText = "width: 100%; height: 1100px; border: 0";
      const meta = `<meta http-equiv="Content-Security-Policy" content="${csp}">`;
      frame.srcdoc = html.replace("<head>", `<head>${meta}`);
      document.body.append(frame);
    }, [resource.text, CSP]);
    await ready;
    return { bridge, opened, sizes, frame: page.frameLocator("iframe") };
  };
  const text = (frame) => frame.locator("#view").innerText();
  const until = async (what, look) => {
    for (let n = 0; n < 200; n++) {
      if (await look()) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`waited in vain until ${what}`);
  };

  // A proposal: the whole review is asked for, page by page, and what is said is never markup.
  const args = {
    match: { search: "TEN" }, updates: { meta_title: "<img src=x onerror=alert(1)> Tents" }, scope: { scope: "global" },
  };
  args.match = { sku_list: ["TEN-001", "TEN-002", "TEN-003"] };
  const proposed = await client.callTool({ name: "catalog_prepare_bulk_update", arguments: args });
  const plan = proposed.structuredContent.plan_id;
  const all = { openLinks: {}, serverTools: {} };
  let host = await draw(all, { theme: "light" });
  assert.equal(host.bridge.getAppVersion().name, "souk-plan");
  await host.bridge.sendToolInput({ arguments: args });
  await host.bridge.sendToolResult(proposed);
  await until("the review is whole", async () => (await host.frame.locator("li.item").count()) === 3
    && (await text(host.frame)).includes("Digest"));
  let shown = await text(host.frame);
  for (const part of ["TEN-001", "TEN-003", plan, "<img src=x onerror=alert(1)> Tents", "proposed", "risk"]) {
    assert.ok(shown.includes(part), `${part} in\n${shown}`);
  }
  assert.equal(await host.frame.locator("img").count(), 0);
  // It only shows: nothing is there to decide by.
  assert.equal(await host.frame.locator("form, input, a").count(), 0);
  assert.deepEqual(await host.frame.locator("button").allInnerTexts(), ["Open the console"]);
  await host.frame.locator("#console").click();
  await until("the console is opened", async () => host.opened.length === 1);
  assert.match(host.opened[0], new RegExp(`^http://souk\\.localhost:\\d+/console/plans/${plan}$`));
  await until("its size is told", async () => host.sizes.some((size) => size.height > 200));
  if (shots) await page.screenshot({ path: `${shots}/plan-view.png` });
  assert.deepEqual(await host.bridge.teardownResource({}), {});

  // Where a view may call nothing, the sample is shown, and the console's address instead of a button.
  host = await draw({}, { theme: "dark" });
  await host.bridge.sendToolResult(proposed);
  await until("the sample is shown", async () => (await host.frame.locator("li.item").count()) === 3);
  shown = await text(host.frame);
  assert.ok(/Review and decide at http:\/\/souk\.localhost/.test(shown), shown);
  assert.equal(await host.frame.locator("button").count(), 0);
  const dark = await host.frame.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
  assert.equal(dark, "rgb(21, 24, 27)");
  if (shots) await page.screenshot({ path: `${shots}/plan-view-dark.png` });

  // A plugin's answer that looks like a review is not taken for one: of what is shown the host has the word.
  const forged = structuredClone(proposed);
  Object.assign(forged.structuredContent, {
    plan_id: `plan_${"1".repeat(22)}`,
    plan: { plan_id: plan, state: "approved", count: 1, digest: "forged", summary: "A harmless change" },
    items: [{ n: 1, subject: "HARMLESS", state: "done", changes: [] }], next_after: null,
  });
  for (const capabilities of [{}, all]) {
    host = await draw(capabilities, {});
    await host.bridge.sendToolResult(forged);
    await until("what the host says is shown", async () => (await host.frame.locator("li.item").count()) === 3);
    shown = await text(host.frame);
    assert.ok(shown.includes(plan) && !/HARMLESS|harmless|approved|forged/.test(shown), shown);
  }

  // What `plans_get` answers, once it was carried out.
  const confirm = { plan_id: plan, confirm: true, reason: "a test" };
  await client.callTool({ name: "catalog_commit_bulk_update", arguments: confirm });
  host = await draw(all, {});
  await host.bridge.sendToolResult(await client.callTool({ name: "plans_get", arguments: { plan_id: plan } }));
  await until("it is done", async () => (await host.frame.locator("li.item .state.done").count()) === 3);

  // A call that failed says so in its words, and one that was cancelled is over.
  const missing = await client.callTool({ name: "plans_get", arguments: { plan_id: `plan_${"1".repeat(22)}` } });
  await host.bridge.sendToolResult(missing);
  await until("the failure is told", async () => (await text(host.frame)).includes("PLAN_NOT_FOUND"));
  await host.bridge.sendToolCancelled({ reason: "user" });
  await until("it is over", async () => (await text(host.frame)).includes("cancelled"));

  assert.deepEqual(wrong, []);
  assert.deepEqual(asked.filter((one) => !/^(about|data):/.test(one)), [], "the view asks for nothing");
  await client.close();
  console.log("the plan's view is drawn, asks for nothing, and only shows");
} finally {
  clearTimeout(deadline);
  await browser?.close();
  child.removeAllListeners("exit");
  const ended = new Promise((resolve) => child.once("exit", resolve));
  if (child.exitCode === null && child.kill("SIGTERM")) await ended;
  await rm(home, { recursive: true, force: true });
}
