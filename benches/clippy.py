#!/usr/bin/env python3
"""How many of the lines that clippy's own tests expect for its security lints are found.

    benches/clippy.py CLIPPY  [--scrubin BIN] [--precision high] [--misses LINT]

CLIPPY is a checkout of rust-lang/rust-clippy. Its tests (`tests/ui`, `tests/ui-toml`) mark a line that a lint
must report with a comment `//~ lint`, `//~^ lint` for the line above, `//~v` below, `//~|` as the one before.
scrubin runs once over those folders. MAPS says which rules speak of a lint's weakness. A low share is
meant for most of them: clippy forbids a construct, our rules ask whether data can make it fail.
    found   marked lines with a report of a mapped rule
    other   reports of the mapped rules on unmarked lines of the lint's own test files
"""
import argparse
import json
import os
import re
from collections import defaultdict

from measure import add_scrubin_option, find_scrubin, run, stop, table, version_of

FOLDERS = ("tests/ui", "tests/ui-toml")
MARK = re.compile(r"//(?:\[[^\]]*\])?~(\^+|v+|\|)?\s*(?:(?:ERROR|WARN)\b:?\s*)?(?:clippy::)?([a-z][a-z0-9_]*)\s*$")

# Lint: codes of our rules about the same weakness.
MAPS = {
    "arithmetic_side_effects": ["R-LEN-006", "R-INT-001", "R-LEN-015"],
    "cast_possible_truncation": ["R-LEN-005", "R-LEN-014"],
    "cast_possible_wrap": ["R-LEN-005", "R-LEN-014"],
    "cast_sign_loss": ["R-LEN-005", "R-LEN-014"],
    "expect_used": ["R-PAN-002", "R-PAN-003", "R-PAN-009", "R-PAN-011"],
    "get_unwrap": ["R-PAN-002", "R-PAN-011"],
    "indexing_slicing": ["R-LEN-001", "R-LEN-002", "R-LEN-012", "R-LEN-017", "R-LEN-018"],
    "modulo_arithmetic": ["R-INT-002"],
    "mut_from_ref": ["R-UNS-010"],
    "non_send_fields_in_send_ty": ["R-UNS-007", "R-UNS-017"],
    "not_unsafe_ptr_arg_deref": ["R-UNS-012", "R-FFI-001"],
    "panic": ["R-PAN-002", "R-PAN-005"],
    "todo": ["R-PAN-004"],
    "transmute_null_to_fn": ["R-UNS-003"],
    "transmute_ptr_to_ptr": ["R-UNS-003"],
    "transmute_ptr_to_ref": ["R-UNS-003"],
    "transmute_undefined_repr": ["R-UNS-003"],
    "undocumented_unsafe_blocks": ["R-UNS-001"],
    "unimplemented": ["R-PAN-004"],
    "uninit_assumed_init": ["R-UNS-005", "R-UNS-006"],
    "uninit_vec": ["R-UNS-006", "R-UNS-015"],
    "unsound_collection_transmute": ["R-UNS-003"],
    "unwrap_used": ["R-PAN-002", "R-PAN-003", "R-PAN-009", "R-PAN-011"],
}


def expectations(clippy):
    """(lint, file) → marked lines."""
    marked = defaultdict(set)
    for folder in FOLDERS:
        for place, _, names in sorted(os.walk(os.path.join(clippy, folder))):
            for name in sorted(names):
                if not name.endswith(".rs"):
                    continue
                path = os.path.join(place, name)
                with open(path, encoding="utf-8", errors="replace") as file:
                    lines = file.read().splitlines()
                before = None
                for number, text in enumerate(lines, 1):
                    mark = MARK.search(text)
                    if not mark:
                        continue
                    way = mark.group(1) or ""
                    line = (number - len(way) if way.startswith("^") else number + len(way) if way.startswith("v")
                            else before or number if way == "|" else number)
                    before = line
                    marked[mark.group(2), os.path.relpath(path, clippy).replace(os.sep, "/")].add(line)
    return marked


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clippy")
    parser.add_argument("--precision", default="high", choices=["high", "medium", "low"])
    parser.add_argument("--misses", help="list the lines of this lint that are not found")
    add_scrubin_option(parser)
    args = parser.parse_args()
    if not os.path.isdir(os.path.join(args.clippy, "clippy_lints")):
        stop(f"{args.clippy} is no checkout of rust-clippy")
    scrubin = find_scrubin(args.scrubin)
    command = [scrubin, "check", "--all", "--format", "json", "--fail-on", "never", "--precision", args.precision, "--",
               *FOLDERS]
    result = run(command, cwd=args.clippy, capture=True)
    if result.code != 0:
        stop(f"{' '.join(command)} ended with {result.code}:\n{result.stderr.strip()}")
    reported = defaultdict(set)
    for finding in json.loads(result.stdout)["findings"]:
        if finding["verdict"] == "report":
            reported[finding["rule"], finding["path"]].add(finding["line"])
    marked = expectations(args.clippy)
    rows, missed = [], []
    for lint, rules in sorted(MAPS.items()):
        expected = found = other = 0
        for (name, path), lines in marked.items():
            if name != lint:
                continue
            seen = set().union(*(reported[rule, path] for rule in rules))
            expected += len(lines)
            found += len(lines & seen)
            other += len(seen - lines)
            missed += [f"{path}:{line}" for line in sorted(lines - seen) if lint == args.misses]
        rows.append([lint, expected, found, f"{100 * found / max(expected, 1):.0f}", other, " ".join(rules)])
    print(f"{version_of(scrubin)}\n")
    print(table(["lint", "lines", "found", "%", "other", "rules"], rows))
    total, found = sum(row[1] for row in rows), sum(row[2] for row in rows)
    print(f"\n{found} of {total} lines of {len(rows)} lints")
    print("\n".join(missed))


if __name__ == "__main__":
    main()
