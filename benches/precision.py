#!/usr/bin/env python3
"""Share of true findings per rule, from findings that were read by hand.

    benches/precision.py [docs/precision.csv] [--report REPORT.json]...

The file has one finding a line: rule, repository, commit, path, line, verdict (true, false, unclear) and the reason.
With JSON reports of `scrubin check --all --scope all`, made on the same commits, also says how many of the read
findings are still reported, and names the findings in the reports that nobody has read. A report belongs to the
repository that the file knows its paths from.
"""
import argparse
import csv
import json
from collections import Counter

from measure import ROOT, table

VERDICTS = ("true", "false", "unclear")


def read_verdicts(path):
    """The verdict of each (rule, path, line)."""
    with open(path, encoding="utf-8", newline="") as file:
        return {(row["rule"], row["path"], int(row["line"])): row["verdict"] for row in csv.DictReader(file)}


def reported(path):
    """(rule, path, line) of the errors and warnings that a report shows."""
    with open(path, encoding="utf-8") as file:
        return {(finding["rule"], finding["path"], finding["line"]) for finding in json.load(file)["findings"]
                if finding["severity"] in ("error", "warning") and finding["verdict"] == "report"}


def rows_of(verdicts):
    """A table row for each rule, and one for all of them."""
    rules = sorted({rule for rule, _, _ in verdicts})
    rows = []
    for name, chosen in [(rule, [rule]) for rule in rules] + [("all", rules)]:
        count = Counter(verdict for (rule, _, _), verdict in verdicts.items() if rule in chosen)
        number = sum(count.values())
        rows.append([name, *(count[verdict] for verdict in VERDICTS), f"{count['true']} / {number}"])
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verdicts", nargs="?", default=str(ROOT / "docs" / "precision.csv"))
    parser.add_argument("--report", action="append", default=[], metavar="REPORT.json")
    args = parser.parse_args()
    verdicts = read_verdicts(args.verdicts)
    head = ["rule", *VERDICTS, "true / all"]
    print(table(head, rows_of(verdicts)))
    if args.report:
        found = set().union(*map(reported, args.report))
        print(f"\nstill reported: {len(found & set(verdicts))} of {len(verdicts)}\n")
        print(table(head, rows_of({key: verdict for key, verdict in verdicts.items() if key in found})))
        for rule, path, line in sorted(found - set(verdicts)):
            print(f"not read yet: {rule} {path}:{line}")


if __name__ == "__main__":
    main()
