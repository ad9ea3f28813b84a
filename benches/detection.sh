#!/bin/sh
# Every figure of docs/detection.md, in one configuration: the defaults of `scrubin check`.
#
#     benches/detection.sh CLONES [SCRUBIN]
#
# CLONES holds checkouts of the public repositories, by name: itc-benchmarks, RIOT, lwip, embassy, rust-clippy, and
# clones (bare or not) of those that fixes.csv names. What is missing is skipped and said so.
set -eu

clones=${1:?usage: benches/detection.sh CLONES [SCRUBIN]}
here=$(cd "$(dirname "$0")" && pwd)
scrubin=${2:-$here/../target/release/scrubin}

section() {
    printf '\n## %s\n\n' "$1"
}

# The checkout of that name, whatever its case, or nothing.
checkout() {
    for place in "$clones/$1" "$clones/$(printf %s "$1" | tr '[:upper:]' '[:lower:]')"; do
        if [ -d "$place" ]; then
            printf %s "$place"
            return
        fi
    done
    echo "skipped: no $1 in $clones" >&2
}

section 'Toyota ITC'
suite=$(checkout itc-benchmarks)
if [ -n "$suite" ]; then "$here/itc.py" "$suite" --scrubin "$scrubin"; fi

for language in c rust; do
    section "Repairs of firmware projects, $language"
    "$here/fixes.py" --clones "$clones" --language "$language" --scrubin "$scrubin" || true
done

section 'Noise on firmware'
for project in 'RIOT core drivers sys' 'lwip src/core src/netif' 'embassy .'; do
    # shellcheck disable=SC2086 # a name and folders, none with a space
    set -- $project
    place=$(checkout "$1")
    shift
    if [ -n "$place" ]; then
        (cd "$place" && "$here/noise.py" "$@" --scrubin "$scrubin")
        echo
    fi
done

section 'Tests of clippy'
clippy=$(checkout rust-clippy)
if [ -n "$clippy" ]; then "$here/clippy.py" "$clippy" --scrubin "$scrubin"; fi
