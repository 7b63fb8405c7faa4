// The merchant's day with the TypeScript SDK of the older era: day_v1.mjs SERVER [ARGUMENT…]

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

import { day, told } from "./steps.mjs";

const [server, ...args] = process.argv.slice(2);
const client = new Client({ name: "day", version: "1.0.0" });
await client.connect(
  server.startsWith("http")
    ? new StreamableHTTPClientTransport(new URL(server))
    : new StdioClientTransport({ command: server, args, env: process.env, stderr: "ignore" }),
);
// A list that was fetched gives the client the output schemas, which it then holds results to.
await client.listTools();
await day(async (name, given) => told(await client.callTool({ name, arguments: given })));
await client.close();
