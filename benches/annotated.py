#!/usr/bin/env python3
"""How many of the findings that a rule suite's own tests expect are found, and how many lines the
tests call fine are hit.

    benches/annotated.py SUITE --under rules/c [--under ...]  [--ends .c,.rs] [--scrubin BIN]
    benches/annotated.py SUITE --under c --report FILE        score a JSON or SARIF report made before
    benches/annotated.py SUITE --under c --cases              list the expectations, run nothing

The tests are Semgrep's: a comment `ruleid: R` or `ok: R` speaks of the next line that has no such
comment (`todoruleid`, `todook`: the suite's own tool fails there; the latter are counted apart). A rule is
known by the last part of its dotted id.
    recall   lines with `ruleid` on which the rule reports
    ok hit   lines with `ok` on which the rule reports; `todook hit` the same for those
    other    reports of the rule on further lines of the files that test it
Without --report, scrubin runs once with all rules of the folders, and none of its own.
"""
import argparse
import json
import os
import re
from collections import defaultdict, namedtuple

from measure import add_scrubin_option, find_scrubin, run, scan_command, stop, table

MARKER = re.compile(r"(?:\b|todo)(ruleid|ok|todoruleid|todook|deepruleid|deepok)\s*:\s*([\w.,\s-]+)")
MEANS = {"ruleid": "expect", "deepruleid": "expect", "ok": "ok", "deepok": "ok",
         "todoruleid": "todo", "todook": "todo-ok"}

# file: path from the suite's root; line: 1-based; expectation: expect, ok, todo or todo-ok.
Case = namedtuple("Case", "file line rule expectation")


def cases_of(text, file):
    """The expectations written in one test file."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        marker = MARKER.search(line)
        if not marker:
            continue
        spoken_of = number + 1
        while spoken_of < len(lines) and MARKER.search(lines[spoken_of]):
            spoken_of += 1
        for part in marker.group(2).split(","):
            words = part.split()
            if words:
                yield Case(file, spoken_of + 1, words[0], MEANS[marker.group(1)])


def all_cases(suite, under, ends):
    """The expectations of all test files below the folders."""
    for folder in under:
        for place, below, names in os.walk(os.path.join(suite, folder)):
            below.sort()
            for name in sorted(names):
                if name.endswith(ends):
                    path = os.path.join(place, name)
                    with open(path, encoding="utf-8", errors="replace") as file:
                        yield from cases_of(file.read(), os.path.relpath(path, suite).replace(os.sep, "/"))


def last_part(rule):
    """`rules.c.raptor-gets` as `raptor-gets`."""
    return re.split(r"[.]|::", rule)[-1]


def reports_in(document):
    """(path, line, rule) of every finding of a JSON or SARIF report."""
    for finding in document.get("findings", []):
        yield finding["path"], finding["line"], last_part(finding["rule"])
    for sarif_run in document.get("runs", []):
        for result in sarif_run.get("results", []):
            if result.get("suppressions") or not result.get("locations"):
                continue
            place = result["locations"][0]["physicalLocation"]
            path = place["artifactLocation"]["uri"].replace("file://", "")
            yield path, place.get("region", {}).get("startLine", 0), last_part(result.get("ruleId", "?"))


def run_scrubin(scrubin, suite, under):
    """The JSON report of the suite's rules on the suite's folders."""
    rules = [part for folder in under for part in ("--rules", folder)]
    command = scan_command(scrubin, under, "--no-builtin-rules", *rules, "--precision", "low", "--format", "json")
    result = run(command, cwd=suite, capture=True)
    if result.code != 0:
        stop(f"{' '.join(command)} ended with {result.code}:\n{result.stderr.strip()}")
    return json.loads(result.stdout)


def score(cases, reports):
    """Rows [rule, expected, found, other, ok lines, ok hit, todook lines, todook hit], sorted by rule;
    and the missed and wrongly hit cases."""
    expected, fine, todo, files = (defaultdict(set) for _ in range(4))
    for case in cases:
        files[case.rule].add(case.file)
        if case.expectation == "expect":
            expected[case.rule].add((case.file, case.line))
        elif case.expectation == "ok":
            fine[case.rule].add((case.file, case.line))
        elif case.expectation == "todo-ok":
            todo[case.rule].add((case.file, case.line))
    known = {file for group in files.values() for file in group}
    got = defaultdict(set)
    for path, line, rule in reports:
        path = path.replace("\\", "/")
        file = path if path in known else next((f for f in known if path.endswith("/" + f)), None)
        if file:
            got[rule].add((file, line))
    rows, missed, hit = [], [], []
    for rule in sorted(expected):
        found = expected[rule] & got[rule]
        extra = {place for place in got[rule] - expected[rule] if place[0] in files[rule]}
        wrong = extra & fine[rule]
        allowed = extra & todo[rule]
        rows.append([rule, len(expected[rule]), len(found), len(extra - wrong - allowed), len(fine[rule]), len(wrong),
                     len(todo[rule]), len(allowed)])
        missed += [(rule, *place) for place in sorted(expected[rule] - found)]
        hit += [(rule, *place) for place in sorted(wrong)]
    return rows, missed, hit


def share(part, whole):
    """A percentage with one digit."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite", help="root of a checkout of the rule suite")
    parser.add_argument("--under", action="append", help="folder of rules and tests in it (repeat; default: all)")
    parser.add_argument("--ends", default=".c,.rs", help="test files to use")
    parser.add_argument("--report", help="a JSON or SARIF report to score instead of running scrubin")
    parser.add_argument("--cases", action="store_true", help="list the expectations")
    parser.add_argument("--by-rule", action="store_true", help="a row per rule")
    parser.add_argument("--json", action="store_true", help="rows as JSON")
    add_scrubin_option(parser)
    args = parser.parse_args()
    under = args.under or ["."]
    cases = list(all_cases(args.suite, under, tuple(args.ends.split(","))))
    if args.cases:
        for case in cases:
            print(*case, sep="\t")
        return
    if args.report:
        with open(args.report, encoding="utf-8") as file:
            document = json.load(file)
    else:
        document = run_scrubin(find_scrubin(args.scrubin), args.suite, under)
    rows, missed, hit = score(cases, reports_in(document))
    total = ["all"] + [sum(row[column] for row in rows) for column in range(1, 8)]
    if args.json:
        print(json.dumps({"total": total[1:], "rules": rows, "missed": missed, "ok-hit": hit}, indent=1))
        return
    shown = [total] + (rows if args.by_rule else [])
    print(table(["rule", "expected", "found", "recall", "other", "ok lines", "ok hit", "share", "todook lines", "hit"],
                [[r[0], r[1], r[2], share(r[2], r[1]), r[3], r[4], r[5], share(r[5], r[4]), r[6], r[7]] for r in shown]))
    for title, places in (("not found", missed), ("ok line hit", hit)):
        for rule, file, line in places:
            print(f"{title}: {file}:{line} {rule}")


if __name__ == "__main__":
    main()
