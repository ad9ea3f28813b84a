#!/usr/bin/env python3
"""Recall and precision on the lines that clippy's own tests expect for its security lints.

    benches/clippy.py CLIPPY  [--scrubin BIN] [--precision low] [--lint LINT]

CLIPPY is a checkout of rust-lang/rust-clippy. Its tests (`tests/ui`, `tests/ui-toml`) mark a line that a lint
must report with a comment `//~ lint`, `//~^ lint` for the line above, `//~v` below, `//~|` as the one before.
scrubin runs once over a copy of those folders (code below `tests/` is test code, and most rules are silent there).

MAPS names the lints about unsafe code, panics, casts and arithmetic that clippy has, and for each the rules whose
message says the same weakness. Lints that no rule speaks of stand in it with none: their lines count as missed.
    found   marked lines of the lint with a report of one of its rules, on the very line
    other   lines without that mark, in files that test the lint, with a report of one of its rules
    recall = found / marked, precision = found / (found + other); pooled: the sums over all lints
A line that two lints mark counts for each; a report counts for each lint that its rule is mapped to. So a rule
for several lints is wrong wherever one of them is silent, as a search for words is that is counted the same way.
`--lint` lists what is missed and what is found beside it.
"""
import argparse
import json
import os
import re
import shutil
import tempfile
from collections import defaultdict

from measure import add_scrubin_option, find_scrubin, run, stop, table, version_of

FOLDERS = ("tests/ui", "tests/ui-toml")
MARK = re.compile(r"//(?:\[[^\]]*\])?~(\^+|v+|\|)?\s*(?:(?:ERROR|WARN)\b:?\s*)?(?:clippy::)?([a-z][a-z0-9_]*)\s*$")

UNWRAPS = ["R-PAN-002", "R-PAN-003", "R-PAN-009", "R-PAN-011", "R-LEN-020"]

# Family: lint: codes of our rules about the same weakness.
MAPS = {
    "unsafe": {
        "cast_ptr_alignment": ["R-UNS-029", "R-LEN-010"],
        "mem_forget": ["R-UNS-022"],
        "missing_safety_doc": ["R-UNS-019"],
        "multiple_unsafe_ops_per_block": ["R-UNS-018"],
        "mut_from_ref": ["R-UNS-020", "R-UNS-010"],
        "no_mangle_with_rust_abi": ["R-FFI-004"],
        "non_send_fields_in_send_ty": ["R-UNS-007", "R-UNS-017"],
        "not_unsafe_ptr_arg_deref": ["R-UNS-012", "R-UNS-021", "R-FFI-001"],
        "transmute_null_to_fn": ["R-UNS-025"],
        "transmute_ptr_to_ptr": ["R-UNS-024"],
        "transmute_ptr_to_ref": ["R-UNS-023"],
        "transmute_undefined_repr": ["R-UNS-027"],
        "undocumented_unsafe_blocks": ["R-UNS-001"],
        "uninit_assumed_init": ["R-UNS-005", "R-UNS-006"],
        "uninit_vec": ["R-UNS-028"],
        "unsound_collection_transmute": ["R-UNS-026"],
        "zero_ptr": [],
    },
    "panic": {
        "expect_used": ["R-PAN-012", *UNWRAPS],
        "get_unwrap": ["R-LEN-020"],
        "indexing_slicing": ["R-LEN-019", "R-LEN-001", "R-LEN-002", "R-LEN-012", "R-LEN-017", "R-LEN-018"],
        "panic": ["R-PAN-013", "R-PAN-002", "R-PAN-005"],
        "todo": ["R-PAN-004"],
        "unimplemented": ["R-PAN-004"],
        "unreachable": ["R-PAN-014"],
        "unwrap_used": ["R-PAN-001", *UNWRAPS],
    },
    "cast": {
        "cast_possible_truncation": ["R-INT-005", "R-LEN-005", "R-LEN-014"],
        "cast_possible_wrap": ["R-INT-007"],
        "cast_sign_loss": ["R-INT-006"],
    },
    "arithmetic": {
        "arithmetic_side_effects": ["R-INT-004", "R-INT-001", "R-INT-002", "R-LEN-006", "R-LEN-015"],
        "float_cmp": ["R-INT-009"],
        "modulo_arithmetic": ["R-INT-008"],
    },
    "other": {
        "dbg_macro": ["R-DBG-001"],
        "exit": ["R-PAN-015"],
        "host_endian_bytes": ["R-INT-010"],
        "infinite_loop": ["R-PAN-016"],
        "let_underscore_must_use": ["R-RET-001", "R-CRY-006"],
        "unused_io_amount": ["R-NET-002"],
    },
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


def reports(scrubin, clippy, precision):
    """(rule, file) → reported lines."""
    reported = defaultdict(set)
    with tempfile.TemporaryDirectory() as copy:
        below = {folder: folder.split("/", 1)[1] for folder in FOLDERS}
        for folder, name in below.items():
            shutil.copytree(os.path.join(clippy, folder), os.path.join(copy, name))
        command = [scrubin, "check", "--all", "--format", "json", "--fail-on", "never", "--precision", precision, "--",
                   *below.values()]
        result = run(command, cwd=copy, capture=True)
    if result.code != 0:
        stop(f"{' '.join(command)} ended with {result.code}:\n{result.stderr.strip()}")
    for finding in json.loads(result.stdout)["findings"]:
        if finding["verdict"] == "report":
            reported[finding["rule"], f"tests/{finding['path']}"].add(finding["line"])
    return reported


def shares(marked, found, other):
    """Marked, found, other, recall and precision as cells of a row."""
    return [marked, found, other, f"{100 * found / max(marked, 1):.0f}", f"{100 * found / max(found + other, 1):.0f}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clippy")
    parser.add_argument("--precision", default="low", choices=["high", "medium", "low"])
    parser.add_argument("--lint", help="list the lines of this lint that are missed, and those found beside them")
    add_scrubin_option(parser)
    args = parser.parse_args()
    if not os.path.isdir(os.path.join(args.clippy, "clippy_lints")):
        stop(f"{args.clippy} is no checkout of rust-clippy")
    scrubin = find_scrubin(args.scrubin)
    reported = reports(scrubin, args.clippy, args.precision)
    marked = expectations(args.clippy)
    rows, sums, listed = [], {}, []
    for family, lints in MAPS.items():
        whole = [0, 0, 0]
        for lint, rules in lints.items():
            count = [0, 0, 0]
            for (name, path), lines in sorted(marked.items()):
                if name != lint:
                    continue
                seen = set().union(*(reported[rule, path] for rule in rules))
                count = [a + b for a, b in zip(count, (len(lines), len(lines & seen), len(seen - lines)))]
                if lint == args.lint:
                    listed += [f"missed {path}:{line}" for line in sorted(lines - seen)]
                    listed += [f"other  {path}:{line}" for line in sorted(seen - lines)]
            rows.append([family, lint, *shares(*count), " ".join(rules) or "none"])
            whole = [a + b for a, b in zip(whole, count)]
        sums[family] = whole
    head = ["marked", "found", "other", "recall %", "precision %"]
    print(f"{version_of(scrubin)}, precision {args.precision}\n")
    print(table(["family", "lint", *head, "rules"], rows))
    four = [sum(parts) for parts in zip(*(sums[family] for family in list(MAPS)[:4]))]
    everything = [sum(parts) for parts in zip(*sums.values())]
    pooled = [[family, *shares(*count)] for family, count in sums.items()]
    pooled += [["unsafe, panic, cast, arithmetic", *shares(*four)], ["all", *shares(*everything)]]
    print()
    print(table(["pooled", *head], pooled))
    print("\n".join(listed))


if __name__ == "__main__":
    main()
