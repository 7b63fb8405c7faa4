// The merchant's day with the TypeScript SDK of both eras: day_v2.mjs MODE SERVER [ARGUMENT…]
//
// MODE is `auto`, which asks for the newest and falls back, or `legacy`.

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

import { day, told } from "./steps.mjs";

const [mode, server, ...args] = process.argv.slice(2);
const client = new Client({ name: "day", version: "1.0.0" }, { versionNegotiation: { mode } });
await client.connect(
  server.startsWith("http")
    ? new StreamableHTTPClientTransport(new URL(server))
    : new StdioClientTransport({ command: server, args, env: process.env, stderr: "ignore" }),
);
await client.listTools();
await day(async (name, given) => told(await client.callTool({ name, arguments: given })));
await client.close();
