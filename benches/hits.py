#!/usr/bin/env python3
"""What every rule finds on public firmware, at fixed commits.

    benches/hits.py --clones DIR  [--scrubin BIN] [--reports DIR] [--rule CODE]... [--only-below] [--jobs 2]

DIR holds clones of the repositories below (owner+name, owner/name or name; bare ones will do). Runs all rules of every
precision over the folders named here, as they are at the commit. Prints for each rule its hits by repository and per
1,000 lines of its language, the precision it claims, and what was right of the findings read (docs/precision.csv, those
still reported). A rule that claims more than was measured on five findings or more is marked with `!`: high promises 85 %,
medium 50 %. `--only-below` prints those alone; `--reports` keeps the JSON reports for `precision.py --report`.
"""
import argparse
import csv
import json
import subprocess
import tempfile
from collections import Counter, defaultdict, namedtuple
from pathlib import Path

from fixes import clone_of
from measure import ROOT, add_scrubin_option, find_scrubin, run, stop, table, version_of

Project = namedtuple("Project", "name repository commit folders language")
PROJECTS = (
    Project("RIOT", "RIOT-OS/RIOT", "c8bd52ff", ("core", "drivers", "sys"), "c"),
    Project("lwIP", "lwip-tcpip/lwip", "3d896ba0", ("src",), "c"),
    Project("FreeRTOS-Plus-TCP", "FreeRTOS/FreeRTOS-Plus-TCP", "27a96812", ("source",), "c"),
    Project("embassy", "embassy-rs/embassy", "66f5f6e8", (".",), "rust"),
    Project("esp-hal", "esp-rs/esp-hal", "5711821d", (".",), "rust"),
    Project("smoltcp", "smoltcp-rs/smoltcp", "5393f885", ("src",), "rust"),
)
# Share of right findings that a precision promises, in percent, and how many have to be read to say it is not so.
PROMISED = {"high": 85, "medium": 50, "low": 0}
ENOUGH = 5


def check_out(project, clones, place):
    """Writes the folders of the commit below `place`; False where there is no clone."""
    clone = clone_of(clones, project.repository)
    if clone is None:
        return False
    command = ["git", f"--git-dir={clone}", "archive", "--format=tar", project.commit, "--", *project.folders]
    packed = subprocess.Popen(command, stdout=subprocess.PIPE)
    unpacked = subprocess.run(["tar", "-x", "-C", place], stdin=packed.stdout)
    packed.stdout.close()
    if packed.wait() != 0 or unpacked.returncode != 0:
        stop(f"{project.repository}: commit {project.commit} cannot be read")
    return True


def report_of(project, clones, scrubin, jobs):
    """The JSON report of all rules on a project, or None."""
    with tempfile.TemporaryDirectory() as place:
        if not check_out(project, clones, place):
            return None
        command = [scrubin, "check", "--all", "--scope", "all", "--precision", "low", "--fail-on", "never", "--format",
                   "json", "--stats", "--jobs", str(jobs), "--", *project.folders]
        result = run(command, cwd=place, capture=True)
        if result.code != 0:
            stop(f"{project.name}: scrubin ended with {result.code}:\n{result.stderr.strip()}")
        return json.loads(result.stdout)


def read_share():
    """For each rule the numbers of right, wrong and unclear findings among those still reported."""
    share = defaultdict(Counter)
    with open(ROOT / "docs" / "precision.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["state"] == "reported":
                share[row["rule"]][row["verdict"]] += 1
    return share


def percent(verdicts):
    """Share of right ones, an unclear one counted half; None where nothing was read."""
    number = sum(verdicts.values())
    return 100 * (verdicts["true"] + verdicts["unclear"] / 2) / number if number else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clones", required=True)
    parser.add_argument("--reports", help="folder that takes the JSON reports")
    parser.add_argument("--rule", action="append", default=[], help="print this rule alone (repeat)")
    parser.add_argument("--only-below", action="store_true", help="print the rules that claim more than was measured")
    parser.add_argument("--jobs", type=int, default=2)
    add_scrubin_option(parser)
    args = parser.parse_args()
    scrubin = find_scrubin(args.scrubin)

    rules = {rule["id"]: rule
             for rule in json.loads(run([scrubin, "rules", "list", "--format", "json"], capture=True).stdout)["rules"]}
    hits, lines, names = defaultdict(Counter), Counter(), []
    for project in PROJECTS:
        report = report_of(project, args.clones, scrubin, args.jobs)
        if report is None:
            print(f"skipped: no clone of {project.repository}")
            continue
        if args.reports:
            Path(args.reports).mkdir(parents=True, exist_ok=True)
            Path(args.reports, f"{project.name}.json").write_text(json.dumps(report), encoding="utf-8")
        names.append(project.name)
        lines[project.language] += report["stats"]["lines"]
        for finding in report["findings"]:
            if finding["verdict"] == "report":
                hits[finding["rule"]][project.name] += 1

    share = read_share()
    rows, below = [], []
    for code, rule in sorted(rules.items()):
        right = percent(share[code])
        is_below = sum(share[code].values()) >= ENOUGH and right < PROMISED[rule["precision"]]
        if is_below:
            below.append(code)
        if (args.only_below and not is_below) or (args.rule and code not in args.rule):
            continue
        number = sum(hits[code].values())
        size = sum(lines[one] for one in rule["languages"] if one in lines) or sum(lines.values())
        read = sum(share[code].values())
        rows.append([f"{code} {rule['slug']}", rule["severity"], rule["precision"] + (" !" if is_below else ""),
                     *(hits[code][name] or "" for name in names), f"{1000 * number / size:.3f}" if number and size else "",
                     "" if right is None else f"{right:.0f} % of {read}"])
    print(f"{version_of(scrubin)}; {len(rules)} rules, {sum(1 for code in rules if hits[code])} with hits; "
          f"{sum(sum(count.values()) for count in hits.values())} hits in "
          f"{', '.join(f'{number / 1000:.0f} KLOC of {one}' for one, number in lines.items())}\n")
    print(table(["rule", "severity", "precision", *names, "per KLOC", "right"], rows))
    print(f"\nclaim more than was measured: {', '.join(below) if below else 'none'}")


if __name__ == "__main__":
    main()
