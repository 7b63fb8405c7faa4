// The merchant's day with the TypeScript SDK of both eras: day_v2.mjs MODE SERVER [ARGUMENT…]
//
// MODE is `auto`, which asks for the newest and falls back, or `legacy`.

import { Client, StreamableHTTPClientTransport as Http } from "@modelcontextprotocol/client";
import { StdioClientTransport as Stdio } from "@modelcontextprotocol/client/stdio";

import { dayOf } from "./steps.mjs";

const [mode, ...server] = process.argv.slice(2);
const client = new Client({ name: "day", version: "1.0.0" }, { versionNegotiation: { mode } });
await dayOf(client, { Http, Stdio }, server);
