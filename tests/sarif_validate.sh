#!/bin/sh
# Validates SARIF files against the OASIS schema, and with Microsoft's SARIF Multitool, GitHub's
# rules included. Both are needed: the Multitool does not look at the schema.
#
#   tests/sarif_validate.sh FILE.sarif...
#
# Exit: 0 no error and no warning, 1 some, 2 the tools could not run. The tools (190 MB with what other
# scripts use) are installed once from npm, at the versions and hashes of tests/package-lock.json, into
# target/sarif-multitool or the folder SARIF_MULTITOOL_DIR names.
set -eu

if [ "$#" -eq 0 ]; then
    echo "usage: tests/sarif_validate.sh FILE.sarif..." >&2
    exit 2
fi

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
tools=${SARIF_MULTITOOL_DIR:-$here/../target/sarif-multitool}
package=$tools/node_modules/@microsoft/sarif-multitool-linux
multitool=$package/Sarif.Multitool
if ! cmp -s "$here/package-lock.json" "$tools/package-lock.json" || [ ! -f "$multitool" ]; then
    mkdir -p "$tools"
    cp "$here/package.json" "$here/package-lock.json" "$tools/"
    # No install script is run; the only one there sets the bit that is set below.
    (cd "$tools" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund >&2) || exit 2
fi
chmod u+x "$multitool"

# The program below is node's: the shell expands nothing in it.
# shellcheck disable=SC2016
NODE_PATH=$tools/node_modules node -e '
const fs = require("fs");
const Ajv = require("ajv/dist/2020"); // the dialect the schema is written in
const [schema, ...files] = process.argv.slice(1);
const ajv = new Ajv({ strict: false, allErrors: true });
require("ajv-formats")(ajv);
const valid = ajv.compile(JSON.parse(fs.readFileSync(schema, "utf8")));
for (const file of files) {
  if (!valid(JSON.parse(fs.readFileSync(file, "utf8")))) {
    process.exitCode = 1;
    for (const e of valid.errors) console.log(`${file}: schema: ${e.instancePath} ${e.message}`);
  }
}
' "$package/sarif-2.1.0.json" "$@" || exit 1

log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
# The tool exits 0 on findings of its own, so its words are read. It reports an unreadable file as
# a failed analysis.
DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$multitool" validate "$@" \
    --rule-kind 'Sarif;Ghas' --level 'Error;Warning' \
    --output "$log/validation.sarif" --log ForceOverwrite >"$log/words" 2>&1 || {
    cat "$log/words"
    exit 1
}
cat "$log/words"
grep -q 'Analysis completed successfully' "$log/words" || exit 2
if grep -Eq ': (error|warning) [A-Z]+[0-9]+' "$log/words"; then
    exit 1
fi
