#!/usr/bin/env python3
"""Runs Semgrep and scrubin with the same rules on the same files and compares what they find.

    benches/semgrep_agreement.py FOLDER... --rules DIR  [--ends .c,.h,.rs] [--scrubin BIN]
    benches/semgrep_agreement.py FOLDER... --rules DIR --save semgrep.json     keep Semgrep's output
    benches/semgrep_agreement.py FOLDER... --rules DIR --semgrep semgrep.json  use it again

A finding is (rule, file, first line); a rule is known by the last part of its dotted id. Both shares
are printed: of Semgrep's findings those scrubin has too, and of scrubin's those Semgrep has too;
then every difference, by rule. Also the CPU time of both (one run each; Semgrep with --jobs 1).
"""
import argparse
import json
import os
import tempfile
from collections import Counter

from annotated import last_part, share
from measure import (add_scrubin_option, common_place, find_scrubin, run, scan_command, stop, table,
                     version_of)


def semgrep_run(rules, paths, place):
    """Semgrep's JSON output and the CPU seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "out.json")
        command = ["semgrep", "scan", "--config", rules, "--metrics=off", "--disable-version-check",
                   "--no-git-ignore", "--jobs", "1", "--json", "-o", output, *paths]
        result = run(command, cwd=place, capture=True)
        if result.code not in (0, 1) or not os.path.exists(output):
            stop(f"semgrep ended with {result.code}:\n{result.stderr.strip()}")
        with open(output, encoding="utf-8") as file:
            document = json.load(file)
    document["cpu"] = result.cpu
    return document


def normal(path):
    """A path without a leading `./`, with `/`."""
    return os.path.normpath(path).replace(os.sep, "/")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--rules", required=True)
    parser.add_argument("--ends", default=".c,.h,.rs", help="files whose findings are compared")
    parser.add_argument("--semgrep", help="Semgrep's output saved before")
    parser.add_argument("--save", help="where to keep Semgrep's output")
    parser.add_argument("--whole", action="store_true",
                        help="leave out files that Semgrep read in part or gave up, for want of time")
    parser.add_argument("--show", type=int, default=40, help="differences to list for each side")
    add_scrubin_option(parser)
    args = parser.parse_args()
    scrubin = find_scrubin(args.scrubin)
    rules = os.path.abspath(args.rules)
    place, paths = common_place(args.folders)
    ends = tuple(args.ends.split(","))

    if args.semgrep:
        with open(args.semgrep, encoding="utf-8") as file:
            semgrep = json.load(file)
    else:
        semgrep = semgrep_run(rules, paths, place)
    if args.save:
        with open(args.save, "w", encoding="utf-8") as file:
            json.dump(semgrep, file)
    command = scan_command(scrubin, paths, "--no-builtin-rules", "--rules", rules, "--precision", "low",
                           "--jobs", "1", "--format", "json")
    result = run(command, cwd=place, capture=True)
    if result.code != 0:
        stop(f"{' '.join(command)} ended with {result.code}:\n{result.stderr.strip()}")

    unread = {normal(error["path"]) for error in semgrep.get("errors", []) if error.get("path")}
    read = (lambda path: normal(path) not in unread) if args.whole else (lambda path: True)

    theirs = {(last_part(found["check_id"]), normal(found["path"]), found["start"]["line"])
              for found in semgrep["results"] if found["path"].endswith(ends) and read(found["path"])}
    ours = {(last_part(found["rule"]), normal(found["path"]), found["line"])
            for found in json.loads(result.stdout)["findings"]
            if found["path"].endswith(ends) and read(found["path"])}
    both = ours & theirs
    print(f"{version_of(scrubin)}; semgrep {semgrep.get('version', '?')}, "
          f"{len(semgrep.get('errors', []))} errors and warnings of its own"
          f"{f'; {len(unread)} files left out' if args.whole else ''}\n")
    print(table(["findings of", "number", "the other has too", "share"],
                [["semgrep", len(theirs), len(both), share(len(both), len(theirs))],
                 ["scrubin", len(ours), len(both), share(len(both), len(ours))]]))
    if semgrep.get("cpu"):
        print(f"\nCPU: semgrep {semgrep['cpu']:.1f} s, scrubin {result.cpu:.3f} s, "
              f"ratio {semgrep['cpu'] / result.cpu:.0f}")
    for title, only in (("semgrep only", theirs - ours), ("scrubin only", ours - theirs)):
        print(f"\n{title}: {len(only)}")
        for rule, number in sorted(Counter(found[0] for found in only).items(), key=lambda item: (-item[1], item[0])):
            print(f"  {number:5} {rule}")
        for rule, path, line in sorted(only, key=lambda found: (found[0], found[1], found[2]))[:args.show]:
            print(f"  {path}:{line} {rule}")


if __name__ == "__main__":
    main()
