// Validates GraphQL against GitHub's schema.
//
//   node validate.mjs NODE_MODULES [OPERATIONS.jsonl...]
//
// Always: every type, field, argument and enum value of subset.graphql is GitHub's, with the same
// type. With files: every operation a test recorded (`Hub::record_graphql`), one JSON object with
// `query` and `variables` a line. Exit: 0 all valid, 1 some not, 2 usage.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [modules, ...files] = process.argv.slice(2);
if (!modules) {
  console.error("usage: node validate.mjs NODE_MODULES [OPERATIONS.jsonl...]");
  process.exit(2);
}
const root = resolve(modules);
const { buildSchema, coerceInputValue, parse, print, typeFromAST, validate } = createRequire(join(root, "x.js"))("graphql");
const schema = buildSchema(readFileSync(join(root, "@octokit/graphql-schema/schema.graphql"), "utf8"), { assumeValid: true });

const faults = [];
function same(place, ours, theirs) {
  if (!theirs) faults.push(`${place}: GitHub has none`);
  else if (print(ours) !== String(theirs)) faults.push(`${place}: ${print(ours)} here, ${theirs} at GitHub`);
}
for (const definition of parse(readFileSync(join(here, "subset.graphql"), "utf8")).definitions) {
  const name = definition.name.value;
  const type = schema.getType(name);
  if (!type) {
    faults.push(`${name}: GitHub has no such type`);
    continue;
  }
  for (const value of definition.values ?? []) {
    if (!type.getValue(value.name.value)) faults.push(`${name}.${value.name.value}: GitHub has none`);
  }
  for (const field of definition.fields ?? []) {
    const theirs = type.getFields()[field.name.value];
    same(`${name}.${field.name.value}`, field.type, theirs?.type);
    for (const argument of field.arguments ?? []) {
      const known = theirs?.args.find((one) => one.name === argument.name.value);
      same(`${name}.${field.name.value}(${argument.name.value})`, argument.type, known?.type);
    }
  }
  for (const one of definition.interfaces ?? []) {
    const known = type.getInterfaces().map((known) => known.name);
    if (!known.includes(one.name.value)) faults.push(`${name}: is no ${one.name.value} at GitHub`);
  }
  if (definition.kind === "InputObjectTypeDefinition") {
    const ours = definition.fields.map((field) => field.name.value);
    for (const field of Object.values(type.getFields())) {
      const required = String(field.type).endsWith("!") && field.defaultValue === undefined;
      if (required && !ours.includes(field.name)) faults.push(`${name}.${field.name}: required at GitHub`);
    }
  }
}

let operations = 0;
for (const file of files) {
  for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
    const { query, variables } = JSON.parse(line);
    operations += 1;
    const document = parse(query);
    for (const error of validate(schema, document)) faults.push(`${file}:${operations}: ${error.message}`);
    for (const definition of document.definitions) {
      for (const variable of definition.variableDefinitions ?? []) {
        const type = typeFromAST(schema, variable.type);
        const value = variables?.[variable.variable.name.value];
        if (!type || value === undefined) continue;
        coerceInputValue(value, type, (path, _, error) => {
          faults.push(`${file}:${operations}: $${variable.variable.name.value} ${path.join(".")}: ${error.message}`);
        });
      }
    }
  }
}
for (const fault of faults) console.error(fault);
console.error(`${operations} operations, ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
