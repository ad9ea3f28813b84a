#!/bin/sh
# Has the fake judged by others than its author: its tests once more with prism in front where a test
# asks for it, those of `scrubin review` likewise, faults included, and every GraphQL operation of the
# run, and the subset itself, against GitHub's schema.
#
#   tests/fakehub/judges.sh [PACKAGE]...     packages whose tests are run; default fakehub
#
# Tests that use `fakehub::Proxy` do so when FAKEHUB_PRISM is set, which this script does.
# FAKEHUB_TOOLS_DIR: where the npm packages of tests/package.json are installed (default target/npm).
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH='' cd -- "$here/../.." && pwd)
FAKEHUB_TOOLS_DIR=${FAKEHUB_TOOLS_DIR:-$root/target/npm}
export FAKEHUB_TOOLS_DIR
if ! cmp -s "$here/../package-lock.json" "$FAKEHUB_TOOLS_DIR/package-lock.json"; then
    mkdir -p "$FAKEHUB_TOOLS_DIR"
    cp "$here/../package.json" "$here/../package-lock.json" "$FAKEHUB_TOOLS_DIR/"
    (cd "$FAKEHUB_TOOLS_DIR" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund >&2)
fi

log=$root/target/fakehub-graphql.jsonl
rm -f "$log"
for package in "${@:-fakehub}"; do
    FAKEHUB_PRISM=1 FAKEHUB_GRAPHQL_LOG=$log cargo test --manifest-path "$root/Cargo.toml" --package "$package"
done
# The reviewer itself: whatever runs the binary, and its faults. The rest goes past prism.
if [ "$#" -eq 0 ]; then
    FAKEHUB_PRISM=1 FAKEHUB_GRAPHQL_LOG=$log cargo test --manifest-path "$root/Cargo.toml" --workspace --all-features \
        --test review -- living:: events:: forks:: deviations:: faults::
fi
node "$here/graphql/validate.mjs" "$FAKEHUB_TOOLS_DIR/node_modules" "$log"
