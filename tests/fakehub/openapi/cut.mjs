// Cuts GitHub's OpenAPI descriptions of its REST API and of its webhooks to the operations of
// operations.txt and to facts: names, types, enums, required, limits. Prose (descriptions, summaries,
// examples, titles, extensions) is dropped. Writes github.json and webhooks.json beside this file.
//
//   node cut.mjs NODE_MODULES
//
// An operation or a webhook named in operations.txt that the descriptions lack is an error.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = process.argv[2];
if (!modules) {
  console.error("usage: node cut.mjs NODE_MODULES");
  process.exit(2);
}
const json = (...path) => JSON.parse(readFileSync(join(...path), "utf8"));

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

// An empty document of a package, and what fills it: `take` keeps a part and all it refers to.
function cutter(name, title) {
  const pkg = join(modules, "@octokit", name);
  const api = json(pkg, "generated", "api.github.com.json");
  const version = json(pkg, "package.json").version;
  const cut = {
    openapi: api.openapi,
    info: { title, version: `@octokit/${name} ${version}`, license: { name: "MIT" } },
    servers: [{ url: "/" }],
    paths: {},
    components: {},
  };
  const look = (reference) => reference.slice(2).split("/").reduce((at, key) => at?.[key], api);
  const open = [];
  const seen = new Set();
  const follow = (value) => {
    if (Array.isArray(value)) value.forEach(follow);
    else if (value && typeof value === "object") {
      if (typeof value.$ref === "string" && !seen.has(value.$ref)) {
        seen.add(value.$ref);
        open.push(value.$ref);
      }
      Object.values(value).forEach(follow);
    }
  };
  const take = (part) => {
    follow(part);
    while (open.length > 0) {
      const reference = open.pop();
      const [, , kind, name] = reference.split("/");
      const kept = facts(look(reference));
      if (kind === "responses") kept.description = "";
      if (kind === "examples") continue;
      (cut.components[kind] ??= {})[name] = kept;
      follow(kept);
    }
    return part;
  };
  return { api, cut, take };
}

function write(cut, file) {
  for (const kind of Object.keys(cut.components)) {
    cut.components[kind] = Object.fromEntries(Object.entries(cut.components[kind]).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  writeFileSync(join(here, file), JSON.stringify(cut) + "\n");
}

const rest = cutter("openapi", "GitHub REST API, cut");
const hooks = cutter("openapi-webhooks", "GitHub webhooks, cut");
hooks.cut.webhooks = {};
const lines = readFileSync(join(here, "operations.txt"), "utf8").split("\n");
for (const line of lines.filter((text) => text && !text.startsWith("#"))) {
  const [method, path] = line.split(" ");
  if (method === "EVENT") {
    const operation = hooks.api.webhooks[path]?.post;
    if (!operation) throw new Error(`GitHub's description has no ${line}`);
    const schema = facts(operation.requestBody.content["application/json"].schema);
    hooks.cut.webhooks[path] = hooks.take(schema);
    continue;
  }
  const operation = rest.api.paths[path]?.[method.toLowerCase()];
  if (!operation) throw new Error(`GitHub's description has no ${line}`);
  const kept = facts(operation);
  // A response is described by its JSON alone; a `+json` media type has the same schema.
  for (const response of Object.values(kept.responses)) {
    if (response.content) {
      response.content = Object.fromEntries(Object.entries(response.content).filter(([type]) => type === "application/json"));
    }
    if (!response.$ref) response.description = "";
  }
  (rest.cut.paths[path] ??= {})[method.toLowerCase()] = rest.take(kept);
}
// GitHub's servers send null for the line of an outdated comment; its description says integer.
for (const [schema, property] of [
  ["pull-request-review-comment", "position"],
  ["pull-request-review-comment", "line"],
  ["pull-request-review-comment", "original_line"],
  ["review-comment", "line"],
  ["review-comment", "original_line"],
]) {
  rest.cut.components.schemas[schema].properties[property].nullable = true;
}
// And null for the repository of a head whose fork is gone; their descriptions say object.
for (const { cut } of [rest, hooks]) {
  for (const schema of ["pull-request", "pull-request-simple"]) {
    const head = cut.components.schemas[schema]?.properties.head;
    if (head) head.properties.repo = { ...head.properties.repo, nullable: true };
  }
  for (const schema of Object.values(cut.components.schemas)) {
    const head = schema.properties?.pull_request?.properties?.head;
    if (head?.properties?.repo) head.properties.repo.nullable = true;
  }
}
write(rest.cut, "github.json");
write(hooks.cut, "webhooks.json");
