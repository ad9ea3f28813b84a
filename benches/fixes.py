#!/usr/bin/env python3
"""How many of the defects that firmware projects repaired are found before the repair, and gone after it.

    benches/fixes.py --clones DIR  [--scrubin BIN] [--language c] [--half even] [--near 3] [--list] [--keep DIR]

`fixes.csv` beside this script lists repairs of public projects: repository, the commit of the repair, its
parent, file, function and lines. DIR holds clones of those repositories (owner+name, owner/name or name; bare
or not, also with a `repo` below); nothing is fetched, and a case whose clone is missing is counted as such.
Both versions of each file are written to a folder and scrubin runs once over all of them with its defaults
(built-in rules, precision high, every finding in scope).
    found   in the version before, in the function and within --near lines of the defect, something is
            reported that the same rule does not report within --near lines of the repair after it
    noisy   something is reported there, but all of it after the repair too
    missed  nothing is
`after` counts what is still reported in the repaired functions.

--half keeps the cases whose identifier has an even or an odd first byte of its SHA-256. The guard analyses of C were
made with the even half before the eyes; the odd half was scored, never read (docs/detection.md).
"""
import argparse
import csv
import hashlib
import json
import os
import subprocess
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from measure import add_scrubin_option, find_scrubin, run, stop, table, version_of

CASES = Path(__file__).resolve().parent / "fixes.csv"


def half_of(identifier):
    """Even or odd: which half of the list a case belongs to."""
    return ("even", "odd")[hashlib.sha256(identifier.encode()).digest()[0] % 2]


def cases_of(language, half):
    """The rows of the list."""
    with open(CASES, encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file)
                if language in (None, row["language"]) and half in (None, half_of(row["id"]))]


def clone_of(folder, repository):
    """The git directory of a repository below the folder, if there is one."""
    owner, name = repository.split("/")
    for stem in (f"{owner}+{name}", f"{owner}/{name}", f"{owner}/{name}.git", name, f"{name}.git"):
        for below in ("", "repo", ".git"):
            place = Path(folder, stem, below)
            if (place / "HEAD").exists() and (place / "objects").is_dir():
                return place
    return None


def blob(clone, commit, path):
    """The bytes of a file at a commit, or None."""
    shown = subprocess.run(["git", f"--git-dir={clone}", "show", f"{commit}:{path}"], capture_output=True)
    return shown.stdout if shown.returncode == 0 else None


def write_versions(cases, clones, folder):
    """Writes both versions of every case there is; gives those cases and the names of the others."""
    written, missing = [], []
    for case in cases:
        clone = clone_of(clones, case["repository"])
        versions = clone and {"before": blob(clone, case["parent"], case["file"]),
                              "after": blob(clone, case["fix"], case["file"])}
        if not versions or None in versions.values():
            missing.append(case["id"])
            continue
        for side, content in versions.items():
            place = Path(folder, case["id"], side, case["file"])
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        written.append(case)
    return written, missing


def findings_of(report):
    """By case and side: rule, first and last line."""
    found = defaultdict(list)
    for finding in report["findings"]:
        parts = finding["path"].split("/")
        side = next((i for i, part in enumerate(parts) if part in ("before", "after") and i), None)
        if finding["verdict"] != "report" or side is None:
            continue
        first = finding["line"]
        last = finding.get("end_line") or first
        # What spans a whole function stands at its first line.
        last = first if last - first > 10 else last
        found[parts[side - 1], parts[side], "/".join(parts[side + 1:])].append((finding["rule"], first, last))
    return found


def judge(case, found, near):
    """found, noisy or missed; the rules; findings in the function before and after."""
    def inside(side):
        first, last = map(int, case[f"{side}_range"].split("-"))
        return [one for one in found[case["id"], side, case["file"]] if one[2] >= first and one[1] <= last]

    def close(one, lines):
        return any(one[1] - near <= line <= one[2] + near for line in lines)
    defect, repair = ([int(line) for line in case[key].split()] for key in ("before_lines", "after_lines"))
    hits = [one for one in inside("before") if close(one, defect)]
    left = {one[0] for one in found[case["id"], "after", case["file"]] if close(one, repair)}
    gone = [one for one in hits if one[0] not in left]
    verdict = "found" if gone else "noisy" if hits else "missed"
    return verdict, sorted({one[0] for one in gone or hits}), len(inside("before")), len(inside("after"))


def summary(title, cases, verdicts, key):
    """A table by one column of the cases."""
    groups = defaultdict(Counter)
    for case in cases:
        groups[case[key]][verdicts[case["id"]][0]] += 1
    rows = [[name, sum(counts.values()), counts["found"], f"{100 * counts['found'] / sum(counts.values()):.0f}",
             counts["noisy"], counts["missed"]]
            for name, counts in sorted(groups.items(), key=lambda item: (-sum(item[1].values()), item[0]))]
    return table([title, "cases", "found", "%", "noisy", "missed"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clones", required=True)
    parser.add_argument("--language", choices=["c", "rust"])
    parser.add_argument("--half", choices=["even", "odd"])
    parser.add_argument("--near", type=int, default=3)
    parser.add_argument("--list", action="store_true", help="one line for each case")
    parser.add_argument("--keep", help="write the versions here and keep them")
    parser.add_argument("--precision", choices=["high", "medium", "low"], help="another threshold than the default")
    add_scrubin_option(parser)
    args = parser.parse_args()
    scrubin = find_scrubin(args.scrubin)
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or temporary
        cases, missing = write_versions(cases_of(args.language, args.half), args.clones, folder)
        if not cases:
            stop(f"no case could be written: are there clones below {args.clones}?")
        threshold = ["--precision", args.precision] if args.precision else []
        command = [scrubin, "check", "--all", "--format", "json", "--fail-on", "never", *threshold, "--", "."]
        # Inside a repository, paths would start from its top and files it ignores would be left out.
        env = {**os.environ, "GIT_CEILING_DIRECTORIES": str(Path(folder).resolve().parent)}
        result = run(command, cwd=folder, env=env, capture=True)
    if result.code != 0:
        stop(f"{' '.join(command)} ended with {result.code}:\n{result.stderr.strip()}")
    found = findings_of(json.loads(result.stdout))
    verdicts = {case["id"]: judge(case, found, args.near) for case in cases}
    counts = Counter(verdict[0] for verdict in verdicts.values())
    total = len(cases)
    print(f"{version_of(scrubin)}\n")
    print(f"{total} cases ({len(missing)} without a clone): {counts['found']} found ({100 * counts['found'] / total:.1f} %), "
          f"{counts['noisy']} noisy, {counts['missed']} missed")
    after = [verdict[3] for verdict in verdicts.values()]
    print(f"after the repair: {sum(after)} findings in the repaired functions; {sum(not n for n in after)} functions silent\n")
    for title, key in (("class", "class"), ("language", "language"), ("weakness", "cwe"), ("repository", "repository")):
        print(summary(title, cases, verdicts, key) + "\n")
    for case in cases if args.list else ():
        verdict, rules, _, _ = verdicts[case["id"]]
        print(f"{verdict:6} {case['cwe']:9} {case['class']:16} {case['id']} {' '.join(rules)}")


if __name__ == "__main__":
    main()
