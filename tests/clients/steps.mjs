// The merchant's day, for whatever can call a tool: `call(tool, arguments)` answers
// {isError, text, structured}.

import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

const { steps } = JSON.parse(readFileSync(new URL("day.json", import.meta.url)));

const at = (value, pointer) =>
  pointer
    .split("/")
    .slice(1)
    .reduce((inner, token) => inner?.[token.replaceAll("~1", "/").replaceAll("~0", "~")], value);

const filled = (value, saved) => {
  if (typeof value === "string" && value.startsWith("${")) return saved[value.slice(2, -1)];
  if (Array.isArray(value)) return value.map((item) => filled(item, saved));
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, filled(inner, saved)]));
  return value;
};

function check(holds, step, why) {
  if (!holds) throw new Error(`${step.does}: ${why}`);
}

export async function day(call) {
  const saved = {};
  for (const step of steps) {
    const { isError, text, structured } = await call(step.tool, filled(step.arguments, saved));
    if (step.fails) {
      check(isError && text.startsWith(step.fails), step, text);
      continue;
    }
    check(!isError, step, text);
    for (const [pointer, wanted] of Object.entries(step.expect ?? {})) {
      const found = at(structured, pointer);
      check(isDeepStrictEqual(found, filled(wanted, saved)), step, `${pointer} is ${JSON.stringify(found)}`);
    }
    for (const [name, pointer] of Object.entries(step.save ?? {})) saved[name] = at(structured, pointer);
  }
  console.log(`${steps.length} steps`);
}

export const told = (result) => ({
  isError: result.isError === true,
  text: result.content?.[0]?.text ?? "",
  structured: result.structuredContent,
});

// The day by a client of an SDK, connected to `server`: a URL, or a program to start. `Http` and `Stdio`
// are the SDK's transports.
export async function dayOf(client, { Http, Stdio }, [server, ...args]) {
  await client.connect(
    server.startsWith("http")
      ? new Http(new URL(server))
      : new Stdio({ command: server, args, env: process.env, stderr: "ignore" }),
  );
  // A list that was fetched gives the client the output schemas, which it then holds results to.
  await client.listTools();
  await day(async (name, given) => told(await client.callTool({ name, arguments: given })));
  await client.close();
}
