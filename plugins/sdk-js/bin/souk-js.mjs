#!/usr/bin/env node
// souk-js build src/greet.ts -o greet.wasm: TypeScript or JavaScript in, a component out.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, copyFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const USAGE = `souk-js check
    look for mistakes of types, by tsconfig.json

souk-js build ENTRY [--out FILE] [--engine quickjs|starlingmonkey]
    make a component of ENTRY and what it imports

    --out FILE      where it goes: ENTRY's name with .wasm
    --engine NAME   quickjs: small, the default. starlingmonkey: more of the web's API, 13 MB`;

const STARLINGMONKEY =
  "npm install @bytecodealliance/componentize-js@0.23.0 @bytecodealliance/preview2-shim@0.17.9";

const ENGINES = { quickjs, starlingmonkey };
const CONTRACT = /^souk:plugin\/(.*)@/;

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      out: { type: "string", short: "o" },
      engine: { type: "string", default: "quickjs" },
      help: { type: "boolean", short: "h" },
    },
  });
  const [command, entry, ...more] = positionals;
  const engine = Object.hasOwn(ENGINES, values.engine) && ENGINES[values.engine];
  if (values.help) return console.log(USAGE);
  if (command === "check" && !entry) return check();
  if (command !== "build" || !entry || more.length || !engine) throw new Error(USAGE);

  const work = mkdtempSync(join(tmpdir(), "souk-js-"));
  try {
    const { source, imports } = await bundled(entry, engine);
    const used = imports.map((path) => CONTRACT.exec(path)?.[1]).filter(Boolean).sort();
    const out = values.out ?? basename(entry).replace(/\.\w+$/, ".wasm");
    const jsPath = join(work, "plugin.js");
    writeFileSync(jsPath, source);
    const component = await engine({ source, jsPath, wit: world(work, used) });
    writeFileSync(out, component);
    console.log(`${out}: ${component.length} bytes, ${values.engine}, imports ${used.join(", ")}`);
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** The compiler that the SDK brings along. */
function check() {
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  process.exitCode = spawnSync(process.execPath, [tsc, "--noEmit"], { stdio: "inherit" }).status;
}

/** One module of everything, and what it imports of the host. */
async function bundled(entry, engine) {
  const { outputFiles, metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    target: "es2022",
    keepNames: true,
    charset: "utf8",
    external: ["souk:*", "wasi:*"],
    define: { SOUK_U64: engine === quickjs ? "Number" : "BigInt" },
    logLevel: "silent",
    metafile: true,
    write: false,
  });
  const [output] = Object.values(metafile.outputs);
  if (!output.exports.includes("actions")) {
    throw new Error(`${entry} exports no \`actions\`: end it with \`export const actions = group({ … })\``);
  }
  return { source: outputFiles[0].text, imports: output.imports.map((one) => one.path) };
}

/** A world of the contract that has what is used, and the log: a file then shows what it can do. */
function world(work, used) {
  const kept = join(dirname(fileURLToPath(import.meta.url)), "../wit");
  const wit = join(work, "wit");
  for (const name of ["souk", "wasi"]) {
    mkdirSync(join(wit, "deps", name), { recursive: true });
    copyFileSync(join(kept, `${name}.wit`), join(wit, "deps", name, `${name}.wit`));
  }
  writeFileSync(join(wit, "world.wit"), `package souk:build;
world plugin {
${used.map((name) => `  import souk:plugin/${name}@0.1.0;\n`).join("")}
  import wasi:cli/stderr@0.2.12;
  export souk:plugin/actions@0.1.0;
}
`);
  return wit;
}

async function quickjs({ source, wit, jsPath }) {
  const { componentize } = await import("componentize-qjs");
  const made = await componentize({
    witPath: wit,
    jsSource: source,
    jsPath,
    moduleRoot: dirname(jsPath),
    world: "plugin",
    sync: true,
  });
  return made.component;
}

async function starlingmonkey({ wit, jsPath }) {
  const { componentize } = await import("@bytecodealliance/componentize-js").catch((error) => {
    throw new Error(`the engine is missing: ${STARLINGMONKEY}\n${error.message}`);
  });
  // What a plugin may not have anyway: connections. Souk refuses files that import them.
  const made = await componentize({
    sourcePath: jsPath,
    witPath: wit,
    worldName: "plugin",
    disableFeatures: ["http", "fetch-event"],
  });
  return made.component;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
