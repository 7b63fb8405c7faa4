// Takes over wit/souk.wit and renders its types anew: `npm run types`.
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const types = dirname(fileURLToPath(import.meta.url));
// A copy, for what is installed of a package is what stands in its folder.
const contract = join(types, "../wit/souk.wit");
copyFileSync(join(types, "../../../wit/souk.wit"), contract);
execFileSync("jco", [
  "guest-types", contract, "--world-name", "action-group", "--out-dir", types, "--quiet",
], { stdio: "inherit" });

// A pattern like `/prices/*/price` in the contract's words would end a comment.
const interfaces = join(types, "interfaces");
for (const file of readdirSync(interfaces)) {
  const path = join(interfaces, file);
  const whole = readFileSync(path, "utf8");
  writeFileSync(path, whole.replaceAll(/^(\s*\* .*)$/gm, (line) => line.replaceAll("*/", "*\\/")));
}
