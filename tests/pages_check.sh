#!/bin/sh
# Looks at the pages that people print and sign, in headless Chromium: tests/pages_check.mjs.
#
#   tests/pages_check.sh [BINARY [FOLDER_FOR_PDFS]]
#
# Pages of the dashboard are written by a test and looked at as well where a folder is named:
#
#   SCRUBIN_PAGES_DIR=DIR cargo test --features service --lib service::pages::tests::export
#   SCRUBIN_PAGES_DIR=DIR tests/pages_check.sh
#
# Exit: 0 in order, or no Chromium here (PAGES_CHECK=require makes that an error), 1 problems, 2 axe-core could not
# be installed. It comes from npm, at the version of tests/package-lock.json, into target/.
set -eu
cd "$(dirname -- "$0")/.."

# The npm packages are shared with the other scripts here.
npm=${FAKEHUB_TOOLS_DIR:-target/npm}
if ! cmp -s tests/package-lock.json "$npm/package-lock.json" || [ ! -d "$npm/node_modules/axe-core" ]; then
    mkdir -p "$npm"
    cp tests/package.json tests/package-lock.json "$npm/"
    (cd "$npm" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund >&2) || exit 2
fi
exec node tests/pages_check.mjs "$npm/node_modules/axe-core/axe.min.js" "$@"
