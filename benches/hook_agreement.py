#!/usr/bin/env python3
"""What the hook reports of real commits, against a review of the same commits, and what it costs.

    benches/hook_agreement.py REPOSITORY  [--commits 100] [--skip 0] [--only '*.c'] [--precision high] [--scrubin BIN]

Takes the newest commits (no merges) that change files of --only. For each the index is filled as if the
commit were staged on its parent, `scrubin check --staged` looks at what a hook looks at, and `scrubin check
--range` at whole files. Prints how many new findings both have, and the CPU time (user + system, processes of
git included) of the staged review. Works in a clone under a temporary folder without a work tree.
"""
import argparse
import json
import os
import subprocess
import tempfile

from measure import add_scrubin_option, find_scrubin, median, run, stop, table, version_of


def git(clone, *arguments, env=None):
    """Output of a git command in the clone."""
    command = ["git", "-C", clone, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=env).stdout


def reported(text, what):
    """(rule, path, line) of the new findings of a JSON report."""
    try:
        report = json.loads(text)
    except json.JSONDecodeError:
        stop(f"{what}: no report")
    found = set()
    for finding in report["findings"]:
        if finding["verdict"] == "report":
            found.add((finding["rule"], finding["path"], finding["line"]))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository")
    parser.add_argument("--commits", type=int, default=100)
    parser.add_argument("--skip", type=int, default=0, help="commits to pass over first")
    parser.add_argument("--only", default="*.c", help="commits that change such files")
    parser.add_argument("--show", type=int, default=20, help="differences to list")
    parser.add_argument("--precision", default="high", help="of the rules that speak; lower ones give more to compare")
    add_scrubin_option(parser)
    args = parser.parse_args()
    scrubin = find_scrubin(args.scrubin)
    options = ["--precision", args.precision, "--format", "json"]

    with tempfile.TemporaryDirectory() as folder:
        clone = os.path.join(folder, "clone")
        subprocess.run(["git", "clone", "--quiet", "--shared", "--no-checkout", os.path.abspath(args.repository), clone],
                       check=True)
        log = git(clone, "log", "--no-merges", "--format=%H", f"--skip={args.skip}", f"-n{args.commits}", "--", args.only)
        both, missed, extra, times = 0, [], [], []
        for commit in log.split():
            parent = git(clone, "rev-parse", f"{commit}^").strip()
            git(clone, "update-ref", "--no-deref", "HEAD", parent)
            git(clone, "read-tree", commit)
            staged = run([scrubin, "check", "--staged", *options], cwd=clone, capture=True)
            whole = run([scrubin, "check", "--range", f"{parent}..{commit}", *options], cwd=clone, capture=True)
            times.append(staged.cpu * 1000)
            in_hook = reported(staged.stdout, f"staged {commit}: {staged.stderr}")
            in_review = reported(whole.stdout, f"range {commit}: {whole.stderr}")
            both += len(in_hook & in_review)
            missed += [(commit[:10], *one) for one in sorted(in_review - in_hook)]
            extra += [(commit[:10], *one) for one in sorted(in_hook - in_review)]
        times.sort()
        print(f"{version_of(scrubin)}; {len(times)} commits\n")
        print(table(["new findings", "count"], [["in both", both], ["in the review alone", len(missed)],
                                                 ["in the hook alone", len(extra)]]))
        if times:
            print(f"\nCPU of the staged review: median {median(times):.0f} ms, nine of ten below "
                  f"{times[int(len(times) * 0.9)]:.0f} ms, longest {times[-1]:.0f} ms")
        for name, found in (("review", missed), ("hook", extra)):
            for one in found[:args.show]:
                print(f"in the {name} alone:", *one)


if __name__ == "__main__":
    main()
