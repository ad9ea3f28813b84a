#!/usr/bin/env bash
# Instruction counts of a full scan and of a bare parse over a fixed sample: a figure that does not
# depend on the machine's load. Needs valgrind and python3.
#
#   benches/instructions.sh [SCRUBIN]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
scrubin=${1:-$root/target/release/scrubin}
[ -x "$scrubin" ] || { echo "no scrubin at $scrubin: cargo build --release" >&2; exit 2; }
command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2; exit 2; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The sample: the demo's own files, each repeated eight times under four names, so that start-up
# weighs little. Fixed as long as the demo is.
mkdir "$work/sample"
for side in base head; do
    for file in "$root/src/cli/demo/$side"/*/*.c "$root/src/cli/demo/$side"/*/*.rs; do
        for copy in 1 2 3 4; do
            target=$work/sample/$side-$copy-$(basename "$file")
            for _ in 1 2 3 4 5 6 7 8; do cat "$file"; done >"$target"
        done
    done
done
mkdir "$work/empty"
echo 'int empty;' >"$work/empty/empty.c"
find "$work/sample" -type f | sort >"$work/files"
bytes=$(cat "$work"/sample/* | wc -c)

cargo build --quiet --release --locked --manifest-path "$root/benches/bare-parse/Cargo.toml" --target-dir "$root/target/bare-parse"

# Prints the number of instructions of a command.
count() {
    valgrind --tool=callgrind --callgrind-out-file="$work/out" "$@" >/dev/null 2>"$work/log" ||
        { cat "$work/log" >&2; exit 2; }
    sed -n 's/^==[0-9]*== Collected : *\([0-9]\{1,\}\).*/\1/p' "$work/log" | grep . ||
        { echo "valgrind counted nothing: is $1 a compiled program?" >&2; exit 2; }
}

parse=$(count "$root/target/bare-parse/release/bare-parse" "$work/files")
cd "$work"
scan=$(count "$scrubin" check --all --jobs 1 --fail-on never --format json --output /dev/null -- sample)
start=$(count "$scrubin" check --all --jobs 1 --fail-on never --format json --output /dev/null -- empty)
python3 - "$bytes" "$parse" "$scan" "$start" <<'PY'
import sys
size, parse, scan, start = map(int, sys.argv[1:])
print(f"{size} bytes")
for name, count in (("bare parse", parse), ("scrubin, all rules", scan)):
    print(f"{name}: {count / 1e6:.1f} M instructions, {count / size:.0f} a byte")
print(f"scrubin on one empty file: {start / 1e6:.1f} M instructions")
print(f"ratio: {scan / parse:.2f}; without start-up {(scan - start) / parse:.2f}")
PY
