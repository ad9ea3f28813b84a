#!/usr/bin/env python3
"""Share of right findings per rule, from findings that were read by hand.

    benches/precision.py [docs/precision.csv] [--report REPOSITORY=REPORT.json]...

The file has one finding a line: rule, repository, commit, path, line, verdict (true, false, unclear), state and the
reason. State is `reported`, or `gone` where the cause of a finding was repaired since; pages of rules count the former.
The share counts an unclear finding as half right; the range is Wilson's at 95 %. Repositories are in three groups: those
the rules were tuned on, those of which only repairs were read while the analyses were made, and those nobody looked at.

With JSON reports of `scrubin check --all --scope all`, made on the same commits and in the folder that the paths start
from, also says what is right of the read findings that are still reported, and names what nobody has read. `--update` writes the state
of the repositories that have a report into the file.
"""
import argparse
import csv
import json
import re
from collections import Counter, namedtuple
from math import sqrt

from measure import ROOT, stop, table

VERDICTS = ("true", "false", "unclear")
TUNED_ON = ("RIOT", "lwIP", "embassy")
REPAIRS_READ = ("FreeRTOS-Kernel", "FreeRTOS-Plus-TCP", "OP-TEE", "tinyusb", "esp-hal", "heapless", "smoltcp", "trussed")
# Quantile of the normal distribution that leaves 5 % outside.
Z = 1.959964

Finding = namedtuple("Finding", "rule repository path line")


def group_of(repository):
    """How well a repository was known when its findings were read."""
    if repository in TUNED_ON:
        return "tuned on"
    return "repairs read" if repository in REPAIRS_READ else "unseen"


def read_verdicts(path):
    """The verdict of each finding in the file."""
    verdicts = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["verdict"] not in VERDICTS:
                stop(f"{path}: {row['rule']} {row['path']}:{row['line']}: {row['verdict']} is no verdict")
            finding = Finding(row["rule"], row["repository"], row["path"], int(row["line"]))
            if finding in verdicts:
                stop(f"{path}: {row['rule']} {row['path']}:{row['line']} stands there twice")
            verdicts[finding] = row["verdict"]
    return verdicts


def update(path, repositories, found):
    """Writes into the file which findings of those repositories are still reported."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["repository"] in repositories:
            finding = Finding(row["rule"], row["repository"], row["path"], int(row["line"]))
            row["state"] = "reported" if finding in found else "gone"
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def reported(text):
    """The findings that a report shows, from REPOSITORY=REPORT.json."""
    repository, equals, path = text.partition("=")
    if not equals:
        stop(f"{text}: REPOSITORY=REPORT.json is needed")
    with open(path, encoding="utf-8") as file:
        return {Finding(one["rule"], repository, one["path"], one["line"]) for one in json.load(file)["findings"]
                if one["verdict"] == "report"}


def wilson(right, number):
    """The 95 % range of a share, in percent."""
    share = right / number
    square = Z * Z / number
    middle = (share + square / 2) / (1 + square)
    half = Z / (1 + square) * sqrt(share * (1 - share) / number + square / (4 * number))
    return 100 * max(middle - half, 0), 100 * min(middle + half, 1)


def row_of(name, verdicts):
    """A table row for some verdicts."""
    count = Counter(verdicts)
    number = len(verdicts)
    if not number:
        return [name, 0, 0, 0, 0, "", ""]
    right = count["true"] + count["unclear"] / 2
    low, high = wilson(right, number)
    return [name, number, *(count[verdict] for verdict in VERDICTS), f"{100 * right / number:.0f}",
            f"{low:.0f}-{high:.0f}"]


def stated():
    """The precision that each rule of the repository states."""
    precisions = {}
    for path in ROOT.joinpath("rulesets").rglob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        for rule, rest in re.findall(r"^  - id: (\S+)(.*?)(?=^  - id: |\Z)", text, re.S | re.M):
            found = re.search(r"^ +precision: (\w+)", rest, re.M)
            precisions[rule] = found and found[1]
    return precisions


def chosen(path, verdicts, args):
    """The verdicts on some repositories, without some rules; those still reported at a precision."""
    kept = dict(verdicts)
    if args.only:
        kept = {finding: verdict for finding, verdict in kept.items() if finding.repository in args.only.split(",")}
    without = args.without.split(",")
    kept = {finding: verdict for finding, verdict in kept.items() if finding.rule not in without}
    if args.still:
        precisions = stated()
        with open(path, encoding="utf-8", newline="") as file:
            there = {Finding(row["rule"], row["repository"], row["path"], int(row["line"]))
                     for row in csv.DictReader(file) if row["state"] == "reported"}
        kept = {finding: verdict for finding, verdict in kept.items()
                if finding in there and precisions.get(finding.rule) == args.still}
    return kept


def show(verdicts):
    """A table by group, and one by rule."""
    head = ["read", "right", "wrong", "unclear", "right %", "95 %"]
    groups = [(name, [verdict for finding, verdict in verdicts.items() if group_of(finding.repository) == name])
              for name in ("tuned on", "repairs read", "unseen")]
    groups += [("not tuned on", groups[1][1] + groups[2][1]), ("all", list(verdicts.values()))]
    print(table(["repositories", *head], [row_of(*group) for group in groups]))
    rows = []
    for rule in sorted({finding.rule for finding in verdicts}):
        mine = {finding: verdict for finding, verdict in verdicts.items() if finding.rule == rule}
        known = [verdict for finding, verdict in mine.items() if group_of(finding.repository) == "tuned on"]
        other = [verdict for finding, verdict in mine.items() if group_of(finding.repository) != "tuned on"]
        rows.append(row_of(rule, list(mine.values())) + [row_of("", part)[5] if part else "" for part in (known, other)])
    print()
    print(table(["rule", *head, "tuned on %", "not tuned on %"], rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verdicts", nargs="?", default=str(ROOT / "docs" / "precision.csv"))
    parser.add_argument("--report", action="append", default=[], metavar="REPOSITORY=REPORT.json")
    parser.add_argument("--update", action="store_true", help="write into the file what is still reported")
    parser.add_argument("--unread", action="store_true", help="name what the reports show and nobody has read")
    parser.add_argument("--only", metavar="REPOSITORY,...", help="these repositories alone")
    parser.add_argument("--without", default="", metavar="RULE,...", help="leave these rules out")
    parser.add_argument("--still", choices=("high", "medium", "low"),
                        help="what is still reported by rules that state this precision now")
    args = parser.parse_args()
    verdicts = read_verdicts(args.verdicts)
    if args.only or args.without or args.still:
        print(table(["", "read", "right", "wrong", "unclear", "right %", "95 %"],
                    [row_of("chosen", list(chosen(args.verdicts, verdicts, args).values()))]))
        return
    show(verdicts)
    if args.report:
        found = set().union(*map(reported, args.report))
        print(f"\nstill reported: {len(found & set(verdicts))} of {len(verdicts)}; "
              f"not read: {len(found - set(verdicts))}\n")
        show({finding: verdict for finding, verdict in verdicts.items() if finding in found})
        if args.update:
            update(args.verdicts, {report.partition("=")[0] for report in args.report}, found)
        for finding in sorted(found - set(verdicts)) if args.unread else ():
            print(f"not read: {finding.rule} {finding.repository} {finding.path}:{finding.line}")


if __name__ == "__main__":
    main()
