// A person at the console, in Chromium: sets a passphrase, reviews five thousand items, approves all but
// two, sees them carried out, undoes them, rejects, approves a refund as another person; on a phone, in
// the dark, by keyboard; and axe finds nothing on any page. `node console.mjs SOUK PLUGINS [SHOTS]`
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

const [souk, plugins, shots] = process.argv.slice(2);
const run = promisify(execFile);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const home = await mkdtemp(path.join(tmpdir(), "souk-console-"));
const ITEMS = Number(process.env.SOUK_CONSOLE_ITEMS ?? 5_000);
const ANNA = "correct horse battery", BERT = "a second long passphrase";
const children = [];
const begun = Date.now();
const say = (text) => console.log(`${((Date.now() - begun) / 1_000).toFixed(1).padStart(6)} s  ${text}`);

const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(SOUK|MAGENTO|MCP|XDG)_/.test(name)));
Object.assign(env, {
  HOME: home, SOUK_STATE_DIR: `${home}/state`, SOUK_PLUGINS: plugins, SOUK_PROBE: "false",
  SOUK_PLUGINS_TRUST: "open", MCP_MAX_SKUS_PER_BULK: String(ITEMS), SOUK_MAX_TIER: "critical",
});

/** Starts a program, and answers the first line of what it writes that matches. */
const start = (args, pattern, more = {}) => new Promise((resolve, reject) => {
  const child = spawn(souk, args, { env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let text = "";
  const look = (chunk) => {
    text += chunk;
    const found = pattern.exec(text);
    if (found) resolve({ found, text: () => text });
  };
  child.stdout.on("data", look);
  child.stderr.on("data", look);
  child.on("exit", (code) => reject(new Error(`souk ${args.join(" ")} ended with ${code}:\n${text}`)));
});

const command = async (...args) => (await run(souk, args, { env, maxBuffer: 1 << 26 })).stdout;

/** A call that is refused: what it says. */
const refused = async (...args) => {
  try {
    await command(...args);
  } catch (error) {
    return `${error.stdout}${error.stderr}`;
  }
  throw new Error(`souk ${args.join(" ")} was not refused`);
};

const file = async (name, text) => {
  await writeFile(`${home}/${name}`, text, { mode: 0o600 });
  return `${home}/${name}`;
};

// Also where the time of a test run is over.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    children.forEach((child) => child.kill("SIGKILL"));
    process.exit(1);
  });
}

let browser;
try {
  // A store with five thousand pegs.
  const store = await start(["demo-store", "--listen", "127.0.0.1:0"], /customer[^\n]*\n/);
  const printed = store.text();
  const url = /demo store at (\S+?)\/?\n/.exec(printed)[1];
  for (const [, name, value] of printed.matchAll(/(MAGENTO_[A-Z_]+)=(\S+)/g)) env[name] ??= value;
  env.MAGENTO_BASE_URL = url;
  const admin = await fetch(`${url}/rest/V1/integration/admin/token`, {
    method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ username: env.MAGENTO_ADMIN_USERNAME, password: env.MAGENTO_ADMIN_PASSWORD }),
  });
  const token = await admin.json();
  for (const name of ["MAGENTO_ADMIN_USERNAME", "MAGENTO_ADMIN_PASSWORD"]) delete env[name];
  const rest = async (method, target, body) => {
    const answer = await fetch(`${url}/rest/all/V1${target}`, {
      method, headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    assert.equal(answer.status, 200, `${method} ${target}: ${answer.status}`);
    return answer.json();
  };
  for (let from = 0; from < ITEMS; from += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, n) => rest("POST", "/products", {
      product: { sku: `PEG-${from + n}`, name: `Peg ${from + n}`, price: 1, type_id: "simple", attribute_set_id: 4 },
    })));
  }
  const price = async (n) => (await rest("GET", `/products/PEG-${n}`)).price;
  say(`a store with ${ITEMS} pegs`);

  const config = await file("souk.toml", [
    "[[approvals.rules]]", 'need = "person"', 'groups = ["catalog", "pricing"]',
    "[[approvals.rules]]", 'need = "other"', 'groups = ["orders"]', "",
  ].join("\n"));
  env.SOUK_CONFIG = config;
  const host = await start(["serve", "--http", "127.0.0.1:0"], /(http:\/\/souk\.localhost:\d+\/console)[^]* plugins? from /);
  const address = host.found[1];

  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const context = await browser.newContext({ viewport: { width: 1_200, height: 850 } });
  let page = await context.newPage();
  // What goes wrong in a page is told at the next look at it.
  const wrong = [];
  const watched = (page) => {
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("console", (message) => message.type() === "error" && wrong.push(`${page.url()}: ${message.text()}`));
  };
  const clean = async (what, page) => {
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run(document));
    const lines = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).slice(0, 3).join(" ")}`);
    assert.deepEqual([...lines, ...wrong], [], `axe and the browser on ${what}`);
  };
  const shot = async (name, page) => {
    if (shots) await page.screenshot({ path: `${shots}/${name}.png` });
  };

  // Nobody is set up: the page says how, and then it is done.
  await page.goto(address);
  assert.match(await page.textContent("main"), /souk console setup/);
  await clean("the page without setup", page);
  await command("console", "setup", "--name", "anna", "--passphrase-file", await file("anna", ANNA));
  await command("console", "setup", "--name", "bert", "--passphrase-file", await file("bert", BERT), "--old-passphrase-file", `${home}/anna`);
  say("anna and bert are set up");

  const signIn = async (page, name, passphrase) => {
    const [link] = (await command("console")).split("\n");
    await page.goto(link);
    await clean("the sign-in", page);
    await page.fill("#name", name);
    await page.fill("#passphrase", passphrase);
    await page.press("#passphrase", "Enter");
    await page.waitForSelector("#waiting");
  };
  await signIn(page, "anna", ANNA);
  say("anna has signed in");

  const propose = async (...args) => {
    const printed = await command("call", ...args);
    return /plan_[0-9A-Za-z]{22}/.exec(printed)[0];
  };
  const plan = await propose("catalog_prepare_bulk_update", "match.sku_prefix=PEG-", "updates.price=0.9", "scope.scope=global");
  await page.reload();
  await clean("the list", page);
  await shot("console-plans", page);
  await page.click(`a[href$="/plans/${plan}"]`);
  await page.waitForSelector(".item");
  assert.equal(await page.textContent("#items-title .count"), String(ITEMS));
  await clean("a review", page);
  await shot("console-review", page);

  // Two are marked, on two pages; the first by keyboard alone.
  const peg = (number) => page.locator(".item", { has: page.getByRole("heading", { name: new RegExp(`PEG-${number}\\b`) }) }).first();
  await peg(1).locator('input[name="mark"]').focus();
  await page.keyboard.press("Space");
  await page.fill("#text", "PEG-77");
  await page.press("#text", "Enter");
  await page.waitForURL(/text=PEG-77/);
  await peg(77).locator('input[name="mark"]').check();
  await page.click('button[value="approve"]');
  await page.waitForURL(/decide/);
  assert.match(await page.textContent("h1"), new RegExp(`Approve ${ITEMS - 2} of ${ITEMS}`));
  assert.match(await page.textContent("main"), /PEG-1\b[^]*PEG-77\b/);
  await clean("the decision", page);
  await shot("console-approve", page);
  await page.fill("#reason", "pegs are on sale");
  await page.click("button.primary");
  await page.waitForSelector("text=approved it");
  say(`anna has approved all but two of ${ITEMS}`);

  // It is carried out while she looks on.
  await page.click("text=Run now");
  await page.waitForSelector("[data-progress]");
  await shot("console-running", page);
  const moved = await page.evaluate(() => new Promise((resolve) => {
    const bar = document.querySelector("progress"), first = bar.value;
    new MutationObserver(() => { if (bar.value > first) resolve(true); })
      .observe(document.querySelector("[data-counts]"), { childList: true, characterData: true, subtree: true });
    setTimeout(() => resolve(false), 20_000);
  })).catch(() => true);
  assert.ok(moved, "the progress goes on by itself");
  await page.waitForSelector(".state.done >> nth=0", { timeout: 60_000 });
  await page.waitForFunction((done) => document.querySelector("[data-counts]").textContent.includes(`${done} done`), ITEMS - 2, { timeout: 60_000 });
  assert.deepEqual([await price(0), await price(1), await price(77), await price(ITEMS - 1)], [0.9, 1, 1, 0.9]);
  say("it was carried out, and the two were left alone");

  // It is taken back by a plan of its own.
  await page.click("summary:text-is('Undo')");
  await page.fill("#undo-reason", "the sale is over");
  await page.fill("#undo-passphrase", ANNA);
  await page.click("text=Propose to undo it");
  await page.waitForSelector("p.aside:has-text('undo:')", { timeout: 60_000 });
  await page.click('button[value="approve"]');
  await page.fill("#reason", "the sale is over");
  await page.click("button.primary");
  await page.click("text=Run now");
  await page.waitForFunction((done) => document.querySelector("[data-counts]")?.textContent.includes(`${done} done`), ITEMS - 2, { timeout: 60_000 });
  assert.deepEqual([await price(0), await price(ITEMS - 1)], [1, 1]);
  say("it was undone");

  // Another is rejected.
  const unwanted = await propose("catalog_prepare_bulk_update", 'match={"sku_list":["PEG-1","PEG-2"]}', "updates.price=0.5", "scope.scope=global");
  await page.goto(new URL(page.url()).pathname.replace(/\/plans\/.*/, `/plans/${unwanted}`).replace(/^/, new URL(address).origin));
  await page.click('button[value="reject"]');
  await page.fill("#reason", "half price is too little");
  await page.click("button.danger");
  await page.waitForSelector("text=rejected it");
  assert.match(await refused("plans", "commit", unwanted, "--reason", "x"), /half price is too little|discarded/);
  say("another was rejected");

  // A refund wants somebody else than the one behind the caller.
  const order = (await rest("GET", "/orders?searchCriteria[pageSize]=50")).items.find((order) => order.total_invoiced > 0 && !order.total_refunded);
  const asked = await refused("call", "orders_refund", `increment_id=${order.increment_id}`, "method=offline", "everything=true", "confirm=true", "reason=came back broken");
  assert.match(asked, /APPROVAL_REQUIRED/, asked);
  const refund = /plan_[0-9A-Za-z]{22}/.exec(asked)[0];
  const phone = await browser.newContext({ viewport: { width: 390, height: 800 }, colorScheme: "dark", isMobile: true, hasTouch: true });
  const bert = await phone.newPage();
  watched(bert);
  await signIn(bert, "bert", BERT);
  await clean("the list on a phone in the dark", bert);
  await bert.click(`a[href$="/plans/${refund}"]`);
  await bert.waitForSelector(".item");
  await clean("a review on a phone in the dark", bert);
  await shot("console-phone", bert);
  const wide = await bert.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `the page is ${wide} px wider than a phone`);
  await bert.click('button[value="approve"]');
  await bert.fill("#reason", "it came back broken");
  await bert.fill("#passphrase", BERT);
  await bert.click("button.primary");
  await bert.click("text=Run now");
  await bert.waitForFunction(() => document.querySelector("[data-counts]")?.textContent.includes("1 done"), null, { timeout: 30_000 });
  assert.ok((await rest("GET", `/orders/${order.entity_id}`)).total_refunded > 0);
  say("bert has approved a refund on his phone, and it was made");

  // Every other page, in the light and in the dark.
  const base = new URL(page.url()).pathname.replace(/\/plans\/.*/, "");
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const name of ["", "plugins", "stores", "figures", "audit", "audit/verify", "writes"]) {
      await page.goto(`${new URL(address).origin}${base}/${name}`);
      await page.waitForSelector("h1");
      await clean(`/${name} (${scheme})`, page);
      if (name === "figures" && scheme === "dark") await shot("console-figures", page);
      if (name === "audit/verify") assert.match(await page.textContent("[role=status]"), /unbroken/);
    }
  }
  await page.fill("#reason", "let me look");
  await page.click("text=Stop all writes >> nth=-1");
  await page.waitForSelector("text=All writes are stopped");
  await clean("the stopped state", page);
  const stopped = await propose("catalog_prepare_bulk_update", 'match={"sku_list":["PEG-3"]}', "updates.price=0.5", "scope.scope=global");
  assert.match(await refused("plans", "commit", stopped, "--reason", "x"), /WRITES_STOPPED|APPROVAL_REQUIRED/);
  await page.fill("#reason", "all is well");
  await page.fill("#passphrase", ANNA);
  await page.click("text=Let writes go on");
  await page.waitForSelector("h1:has-text('Stop all writes')");
  say("writes were stopped and go on");

  // Without script the same pages work.
  const plain = await browser.newContext({ javaScriptEnabled: false });
  const still = await plain.newPage();
  await still.goto((await command("console")).split("\n")[0]);
  await still.fill("#name", "anna");
  await still.fill("#passphrase", ANNA);
  await still.click("button.primary");
  await still.click(`a[href$="/plans/${stopped}"]`);
  await still.click('button[value="reject"]');
  await still.fill("#reason", "not now");
  await still.click("button.danger");
  assert.match(await still.textContent("main"), /rejected it/);
  say("without script it works as well");
} finally {
  await browser?.close();
  for (const child of children) {
    child.removeAllListeners("exit");
    child.kill("SIGTERM");
  }
  await rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}
