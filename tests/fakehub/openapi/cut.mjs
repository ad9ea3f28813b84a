// Cuts GitHub's OpenAPI description to the operations of operations.txt and to facts: names, types,
// enums, required, limits. Prose (descriptions, summaries, examples, titles, extensions) is dropped.
//
//   node cut.mjs NODE_MODULES/@octokit/openapi > github.json
//
// A schema or operation named in operations.txt that the description lacks is an error.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const pkg = process.argv[2];
if (!pkg) {
  console.error("usage: node cut.mjs NODE_MODULES/@octokit/openapi > github.json");
  process.exit(2);
}
const api = JSON.parse(readFileSync(join(pkg, "generated", "api.github.com.json"), "utf8"));
const version = JSON.parse(readFileSync(join(pkg, "package.json"), "utf8")).version;

const PROSE = new Set(["description", "summary", "example", "examples", "externalDocs", "title", "tags", "deprecated", "servers", "callbacks", "headers"]);

// `names` is true where the keys are names chosen by GitHub (a property may be called "title").
function facts(value, names = false) {
  if (Array.isArray(value)) return value.map((item) => facts(item));
  if (value === null || typeof value !== "object") return value;
  const kept = {};
  for (const [key, inner] of Object.entries(value)) {
    if (!names && (PROSE.has(key) || key.startsWith("x-"))) continue;
    if (!names && (key === "enum" || key === "required" || key === "default")) kept[key] = inner;
    else kept[key] = facts(inner, !names && (key === "properties" || key === "responses" || key === "content"));
  }
  return kept;
}

function look(reference) {
  return reference.slice(2).split("/").reduce((at, key) => at?.[key], api);
}

const cut = {
  openapi: api.openapi,
  info: { title: "GitHub REST API, cut", version: `@octokit/openapi ${version}`, license: { name: "MIT" } },
  servers: [{ url: "/" }],
  paths: {},
  components: {},
};
const open = [];
const seen = new Set();
function follow(value) {
  if (Array.isArray(value)) value.forEach(follow);
  else if (value && typeof value === "object") {
    if (typeof value.$ref === "string" && !seen.has(value.$ref)) {
      seen.add(value.$ref);
      open.push(value.$ref);
    }
    Object.values(value).forEach(follow);
  }
}

const lines = readFileSync(join(here, "operations.txt"), "utf8").split("\n");
for (const line of lines.filter((text) => text && !text.startsWith("#"))) {
  const [method, path] = line.split(" ");
  const operation = api.paths[path]?.[method.toLowerCase()];
  if (!operation) throw new Error(`GitHub's description has no ${line}`);
  const kept = facts(operation);
  // A response is described by its JSON alone; a `+json` media type has the same schema.
  for (const response of Object.values(kept.responses)) {
    if (response.content) {
      response.content = Object.fromEntries(Object.entries(response.content).filter(([type]) => type === "application/json"));
    }
    if (!response.$ref) response.description = "";
  }
  (cut.paths[path] ??= {})[method.toLowerCase()] = kept;
  follow(kept);
}
while (open.length > 0) {
  const reference = open.pop();
  const [, , kind, name] = reference.split("/");
  const kept = facts(look(reference));
  if (kind === "responses") kept.description = "";
  if (kind === "examples") continue;
  (cut.components[kind] ??= {})[name] = kept;
  follow(kept);
}
// GitHub's servers send null for the line of an outdated comment; its description says integer.
for (const [schema, property] of [
  ["pull-request-review-comment", "position"],
  ["pull-request-review-comment", "line"],
  ["pull-request-review-comment", "original_line"],
  ["review-comment", "line"],
  ["review-comment", "original_line"],
]) {
  cut.components.schemas[schema].properties[property].nullable = true;
}
for (const kind of Object.keys(cut.components)) {
  cut.components[kind] = Object.fromEntries(Object.entries(cut.components[kind]).sort(([a], [b]) => (a < b ? -1 : 1)));
}
process.stdout.write(JSON.stringify(cut) + "\n");
