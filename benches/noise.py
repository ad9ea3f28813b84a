#!/usr/bin/env python3
"""Findings per 1,000 lines on code nobody wrote for us, and a random sample of them to read.

    benches/noise.py FOLDER...  [--precision high] [--sample 50] [--seed 1] [--scrubin BIN]

Runs `scrubin check --all --scope all` with the built-in rules. Counts ERROR and WARNING findings
that are reported at the precision. Lines are those of the analysed files, as the report states them.
The sample is the same for the same findings and seed.
"""
import argparse
import os
import random
from collections import Counter

from measure import (add_scrubin_option, common_place, find_scrubin, lines_in, report_root, scan, sources, table,
                     version_of)


def excerpt(path, line, around=3):
    """The line with some lines before and after, numbered, the line marked."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError as error:
        return f"    ({error})"
    first = max(line - 1 - around, 0)
    return "\n".join(f"  {'>' if first + number == line - 1 else ' '} {first + number + 1:5} {text}"
                     for number, text in enumerate(lines[first:line + around]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--precision", default="high", choices=["high", "medium", "low"])
    parser.add_argument("--only", action="append", default=[], help="only this rule (repeat)")
    parser.add_argument("--sample", type=int, default=0, help="findings to show with their code")
    parser.add_argument("--seed", type=int, default=1)
    add_scrubin_option(parser)
    args = parser.parse_args()
    scrubin = find_scrubin(args.scrubin)
    only = [part for rule in args.only for part in ("--only", rule)]
    report, _ = scan(scrubin, args.folders, "--scope", "all", "--precision", args.precision, *only)
    found = [finding for finding in report["findings"]
             if finding["severity"] in ("error", "warning") and finding["verdict"] == "report"]
    lines = report.get("stats", {}).get("lines") or sum(map(lines_in, sources(args.folders)))

    print(f"{version_of(scrubin)}; {lines / 1000:.1f} KLOC; {len(found)} findings; "
          f"{1000 * len(found) / max(lines, 1):.3f} per KLOC\n")
    names = {finding["rule"]: f"{finding['rule']} {finding.get('slug', '')}".strip() for finding in found}
    rows = [[names[rule], number, f"{1000 * number / max(lines, 1):.3f}"]
            for rule, number in sorted(Counter(f["rule"] for f in found).items(), key=lambda item: (-item[1], item[0]))]
    print(table(["rule", "findings", "per KLOC"], rows))

    place = report_root(common_place(args.folders)[0])
    chosen = random.Random(args.seed).sample(found, min(args.sample, len(found)))
    for number, finding in enumerate(sorted(chosen, key=lambda f: (f["rule"], f["path"], f["line"])), 1):
        print(f"\n[{number}] {finding['path']}:{finding['line']} {names[finding['rule']]}: {finding['message']}")
        print(excerpt(os.path.join(place, finding["path"]), finding["line"]))


if __name__ == "__main__":
    main()
