#!/usr/bin/env python3
"""The share of files and functions that scrubin analyses completely, and where the gaps are.

    benches/functions.py FOLDER...  [--worst 20] [--scrubin BIN]

Runs `scrubin check --all --stats`. Vendor register headers, C++ and files past the size limit are
skipped, and listed here with their counts.
"""
import argparse
from collections import Counter

from annotated import share
from measure import add_scrubin_option, find_scrubin, scan, table, version_of


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--worst", type=int, default=10, help="files with the most gaps to list")
    add_scrubin_option(parser)
    args = parser.parse_args()
    scrubin = find_scrubin(args.scrubin)
    report, _ = scan(scrubin, args.folders)
    print(f"{version_of(scrubin)}\n")
    print(table(["", "total", "analysed", "share"],
                [[name, counts["total"], counts["analysed"], share(counts["analysed"], counts["total"])]
                 for name, counts in ((name, report["stats"][name]) for name in ("files", "functions"))]))
    for skipped in report.get("skipped", []):
        print(f"skipped: {skipped['count']} {skipped['reason']}")
    kinds = Counter(gap.get("kind", "gap") for gap in report["gaps"])
    print("gaps: " + (", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items())) or "none"))
    worst = sorted(Counter(gap["path"] for gap in report["gaps"]).items(), key=lambda item: (-item[1], item[0]))
    for path, number in worst[:args.worst]:
        print(f"  {number:5} {path}")


if __name__ == "__main__":
    main()
