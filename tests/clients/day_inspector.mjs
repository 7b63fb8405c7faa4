// The merchant's day with the Inspector's command line, a process for each step, so over HTTP alone:
// day_inspector.mjs INSPECTOR URL
//
// Unless it is told to try the newer era, each process ends its session, and with that its login.

import { execFile } from "node:child_process";

import { day, told } from "./steps.mjs";

const [inspector, url] = process.argv.slice(2);

const era = ["--protocol-era", "auto"];

const run = (...args) =>
  new Promise((resolve) =>
    execFile(process.execPath, [inspector, "--cli", url, "--transport", "http", ...era, ...args], (error, out, err) =>
      resolve({ error, out, err }),
    ),
  );

const call = (name, given) => {
  const pairs = Object.entries(given).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const pass = pairs.length > 0 ? ["--tool-arg", ...pairs] : [];
  return run("--method", "tools/call", "--tool-name", name, ...pass);
};

await day(async (name, given) => {
  let { out, err } = await call(name, given);
  // It calls nothing that is not listed; what is not is run by another tool.
  if (err.includes("tool_not_found")) ({ out, err } = await call("tools_write", { name, arguments: given }));
  try {
    return told(JSON.parse(out));
  } catch {
    throw new Error(`${name}: ${out}${err}`);
  }
});
