#!/usr/bin/env bash
# Time of a whole pull-request review: 50 changed C files, reviewed and posted to the fake GitHub of
# the tests without pauses between writes. Wall time of the scrubin process, release build.
#
#   benches/review.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cargo build --quiet --release --locked --all-features --manifest-path "$root/Cargo.toml"
SCRUBIN_BIN=$root/target/release/scrubin cargo test --quiet --manifest-path "$root/Cargo.toml" \
    --workspace --all-features --test review -- fifty --nocapture
