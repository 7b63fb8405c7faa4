// A client of MCP logs in with a real authorization server (oidc-provider), as its SDK does by itself:
// it reads from a 401 where that is, goes through authorization code and PKCE, and comes again
// for one scope more when a call needs it. All of it on this machine.
//
//   node oauth.mjs SOUK PLUGINS

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import Provider from "oidc-provider";

const [souk, plugins] = process.argv.slice(2);
const REDIRECT = "http://127.0.0.1:9/callback";
const SCOPES = "souk:read souk:orders";
const CLIENT = "a-client-of-the-tests";
const METADATA = {
  redirect_uris: [REDIRECT],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
};
const SUBJECT = "ann@example.com";

/** An authorization server in which Ann logs in and says yes to everything. */
async function authorizationServer() {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "one" };
  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    cookies: { keys: ["a key of the test's"] },
    scopes: ["openid", "offline_access", ...SCOPES.split(" ")],
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (_, interaction) => `/say-yes/${interaction.uid}` },
    clients: [{ client_id: CLIENT, application_type: "native", ...METADATA }],
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => "http://127.0.0.1:1/none",
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => ({
          scope: SCOPES,
          audience: resource,
          accessTokenTTL: 300,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  });
  const answer = provider.callback();
  server.on("request", (request, response) => {
    if (!request.url.startsWith("/say-yes/")) return answer(request, response);
    sayYes(provider, request, response).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  return { issuer, close: () => server.close() };
}

async function sayYes(provider, request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  let result = { login: { accountId: SUBJECT } };
  if (prompt.name === "consent") {
    const fresh = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    const grant = (grantId && (await provider.Grant.find(grantId))) || fresh;
    const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details;
    if (missingOIDCScope.length > 0) grant.addOIDCScope(missingOIDCScope.join(" "));
    for (const [resource, scopes] of Object.entries(missingResourceScopes)) {
      grant.addResourceScope(resource, scopes.join(" "));
    }
    result = { consent: { grantId: await grant.save() } };
  }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

/** Goes where a browser would, and answers with what the client's own address is given. */
async function browse(address) {
  const cookies = new Map();
  let at = new URL(address);
  for (let step = 0; step < 20; step += 1) {
    if (at.href.startsWith(REDIRECT)) return at.searchParams;
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(at, { redirect: "manual", headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(";")[0].split(/=(.*)/s);
      cookies.set(name, value);
    }
    const next = answer.headers.get("location");
    assert(next, `${at} answers ${answer.status}: ${await answer.text()}`);
    at = new URL(next, at);
  }
  throw new Error("the login goes in circles");
}

/** What the SDK keeps of a login, in memory. */
class Login {
  redirectUrl = REDIRECT;
  clientMetadata = METADATA;
  information = { client_id: CLIENT };
  asked = [];
  clientInformation = () => this.information;
  tokens = () => this.kept;
  saveTokens = (tokens) => void (this.kept = tokens);
  redirectToAuthorization = (url) => void this.asked.push(new URL(url));
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  codeVerifier = () => this.verifier;
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function startSouk(home, issuer, port) {
  const config = join(home, "souk.toml");
  writeFileSync(
    config,
    `[policy]
max_tier = "critical"
[roles.reader]
max_tier = "safe"
[roles.orders]
groups = ["auth", "orders", "plans"]
[oauth]
issuer = "${issuer}"
audience = ["http://127.0.0.1:${port}/mcp"]
first_scopes = ["souk:read"]
[oauth.scopes]
"souk:read" = ["reader"]
"souk:orders" = ["orders"]
`,
    { mode: 0o600 },
  );
  const words = ["serve", "--demo", "--http", `127.0.0.1:${port}`, "--config", config, "--plugins", plugins];
  const state = { SOUK_STATE_DIR: join(home, "state"), XDG_CACHE_HOME: join(home, "cache") };
  const environment = { PATH: process.env.PATH, HOME: home, ...state };
  const child = spawn(souk, words, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (text) => (log += text));
  for (let tries = 0; tries < 200; tries += 1) {
    assert(child.exitCode === null, `souk ended: ${log}`);
    const alive = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    if (alive?.ok) return { child, log: () => log };
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`souk does not answer: ${log}`);
}

/** Connects, and logs in where that is asked for. */
async function connect(url, login) {
  const client = new Client({ name: "oauth-test", version: "1" });
  const first = new StreamableHTTPClientTransport(url, { authProvider: login });
  await assert.rejects(client.connect(first), UnauthorizedError);
  await first.finishAuth(await browse(login.asked.at(-1)));
  const transport = new StreamableHTTPClientTransport(url, { authProvider: login });
  const again = new Client({ name: "oauth-test", version: "1" });
  await again.connect(transport);
  return { client: again, transport };
}

const textOf = (result) => result.content.map((block) => block.text ?? "").join("\n");

async function logsInAndStepsUp(url, home) {
  const login = new Login();
  const { client, transport } = await connect(url, login);
  const scopes = login.asked[0].searchParams.get("scope").split(" ");
  assert(scopes.includes("souk:read") && !scopes.includes("souk:orders"), "the first scope alone is asked for");
  assert.equal(login.asked[0].searchParams.get("code_challenge_method"), "S256");
  assert.equal(login.asked[0].searchParams.get("resource"), url.href);
  const call = (name, args) => client.callTool({ name, arguments: args });
  const session = await call("auth_login", {});
  assert(!session.isError, textOf(session));
  const found = await call("orders_search", { page_size: 1 });
  assert(!found.isError, textOf(found));

  // One scope more, for a call that needs it: the client is told which, and comes again.
  const comment = { order_id: 1, comment: "a test", confirm: true, reason: "a test" };
  await assert.rejects(call("orders_comment", comment), UnauthorizedError);
  const asked = login.asked.at(-1).searchParams.get("scope").split(" ");
  assert(["souk:orders", "souk:read"].every((scope) => asked.includes(scope)), "what it had and what it lacks");
  await transport.finishAuth(await browse(login.asked.at(-1)));
  const commented = await call("orders_comment", comment);
  assert(!textOf(commented).includes("FORBIDDEN"), textOf(commented));
  // What no scope stands for is refused in words, and nobody is sent to log in for it.
  const logins = login.asked.length;
  const none = await call("cache_purge_by_url", { confirm: true, reason: "a test" }).catch((error) => error);
  assert(none instanceof Error || none.isError, "nobody may do that");
  assert.equal(login.asked.length, logins);
  await client.close();

  const trail = readFileSync(join(home, "state", "audit.jsonl"), "utf8");
  const lines = trail.trim().split("\n").map((line) => JSON.parse(line));
  const of = (tool) => lines.filter((line) => line.action === tool);
  assert(of("orders_search").every((line) => line.principal.startsWith("oauth:[e-mail ")));
  const outcomes = of("orders_comment").map((line) => line.outcome);
  assert(JSON.stringify(outcomes[0]).includes("FORBIDDEN"), "the refused call is on the trail");
  return login;
}

/** A token that the same server made for somebody else opens nothing here. */
async function refusesTokensForOthers(issuer, url) {
  const other = new URL("http://127.0.0.1:1/another");
  const verifier = "a".repeat(43);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  const challenge = Buffer.from(digest).toString("base64url");
  const ask = new URL(`${issuer}/auth`);
  const parameters = {
    client_id: CLIENT, response_type: "code", redirect_uri: REDIRECT, scope: "souk:read",
    code_challenge: challenge, code_challenge_method: "S256", resource: other.href,
  };
  for (const [name, value] of Object.entries(parameters)) ask.searchParams.set(name, value);
  const code = (await browse(ask)).get("code");
  const exchange = { grant_type: "authorization_code", code, client_id: CLIENT, redirect_uri: REDIRECT };
  const got = await fetch(`${issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({ ...exchange, code_verifier: verifier, resource: other.href }),
  });
  const { access_token } = await got.json();
  assert(access_token, "the server makes tokens for others");
  const answer = await fetch(url, { method: "POST", headers: { authorization: `Bearer ${access_token}` } });
  assert.equal(answer.status, 401);
  assert.match(answer.headers.get("www-authenticate"), /error="invalid_token".*another server/);
}

const home = mkdtempSync(join(tmpdir(), "souk-oauth-"));
const server = await authorizationServer();
const port = await freePort();
const url = new URL(`http://127.0.0.1:${port}/mcp`);
const running = await startSouk(home, server.issuer, port);
try {
  await logsInAndStepsUp(url, home);
  await refusesTokensForOthers(server.issuer, url);
  console.log("a client logs in, steps up, and is refused with another server's token");
} catch (error) {
  console.error(running.log());
  throw error;
} finally {
  running.child.kill("SIGKILL");
  server.close();
  rmSync(home, { recursive: true, force: true });
}
process.exit(0);
