// The merchant's day with the Inspector's command line, a process for each step, so over HTTP alone:
// day_inspector.mjs INSPECTOR URL

import { execFile } from "node:child_process";

import { day, told } from "./steps.mjs";

const [inspector, url] = process.argv.slice(2);

const run = (...args) =>
  new Promise((resolve) =>
    execFile(process.execPath, [inspector, "--cli", url, "--transport", "http", ...args], (error, out, err) =>
      resolve({ error, out, err }),
    ),
  );

await day(async (name, given) => {
  const pairs = Object.entries(given).map(
    ([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const pass = pairs.length > 0 ? ["--tool-arg", ...pairs] : [];
  const { out, err } = await run("--method", "tools/call", "--tool-name", name, ...pass);
  try {
    return told(JSON.parse(out));
  } catch {
    throw new Error(`${name}: ${out}${err}`);
  }
});
