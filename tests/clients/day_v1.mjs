// The merchant's day with the TypeScript SDK of the older era: day_v1.mjs SERVER [ARGUMENT…]

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as Stdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as Http } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { dayOf } from "./steps.mjs";

await dayOf(new Client({ name: "day", version: "1.0.0" }), { Http, Stdio }, process.argv.slice(2));
