#!/usr/bin/env python3
"""CPU time and peak memory of `scrubin hook pre-commit`, as git would start it.

    benches/hook.py REPOSITORY  [--runs 21] [--files 5] [--lines 3000] [--scrubin BIN] [--instructions]
                                [--against BIN]

Works in a clone under a temporary folder. Case 1: some tracked C files, together about --lines
lines, are changed and staged: a function is added to each. Case 2: a macro is added to each as
well, so that the analyses look at whole files. Case 3: only a text file is staged. CPU time is user
+ system of scrubin and of the git processes it starts. With --instructions scrubin's own
instructions are counted too, by valgrind. With --against another scrubin takes turns with the first, and the median
of the ratios of their CPU times is printed. Figures are medians; the last column is the slowest of ten.
"""
import argparse
import os
import re
import subprocess
import tempfile

from measure import (add_scrubin_option, find_scrubin, launcher_peak, lines_in, median, run, stop,
                     table, version_of)

CHANGE = """
int scrubin_bench_{number}(unsigned char *dst, unsigned long room, const unsigned char *src, unsigned long len)
{{
    if (len > room) {{
        return -1;
    }}
    for (unsigned long i = 0; i < len; i++) {{
        dst[i] = src[i];
    }}
    return 0;
}}
"""


def git(repository, *arguments):
    """Output of a git command in the repository."""
    command = ["git", "-C", repository, "-c", "core.hooksPath=/dev/null", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def choose(repository, count, lines):
    """Tracked C files of about lines/count lines each, nearest first, then by path."""
    wanted = lines / count
    tracked = git(repository, "ls-files", "-z", "*.c").split("\0")
    sizes = []
    for path in filter(None, tracked):
        whole = os.path.join(repository, path)
        if os.path.isfile(whole) and not os.path.islink(whole):
            sizes.append((abs(lines_in(whole) - wanted), path))
    if len(sizes) < count:
        stop(f"{repository} has only {len(sizes)} tracked C files")
    return [path for _, path in sorted(sizes)[:count]]


def measure(command, repository, runs):
    """Runs the command as `git commit` starts a hook: at the top of the work tree, with its variables."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env.update(GIT_INDEX_FILE=".git/index", GIT_EDITOR=":", GIT_PREFIX="", GIT_AUTHOR_NAME="Bench",
               GIT_AUTHOR_EMAIL="bench@example.org", GIT_AUTHOR_DATE="@1700000000 +0000")
    run(command, cwd=repository, env=env)
    return [run(command, cwd=repository, env=env) for _ in range(runs)]


def ratio(command, other, repository, runs):
    """Median of the CPU time of a command divided by that of another, in turns."""
    pairs = [(measure(command, repository, 1)[0].cpu, measure(other, repository, 1)[0].cpu) for _ in range(runs)]
    return median([one / two for one, two in pairs])


def instructions(command, repository):
    """Millions of instructions of the command itself, its child processes left out."""
    log = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command],
                         cwd=repository, env={**os.environ, "GIT_INDEX_FILE": ".git/index"},
                         capture_output=True, text=True).stderr
    found = re.search(r"Collected : *(\d+)", log)
    if not found:
        stop(f"valgrind counted nothing:\n{log}")
    return int(found.group(1)) // 1_000_000


def row(name, results):
    """One line of the table."""
    cpu = sorted(result.cpu * 1000 for result in results)
    codes = ",".join(sorted({str(result.code) for result in results}))
    return [name, f"{median(cpu):.1f}", f"{cpu[int(len(cpu) * 0.9)]:.1f}",
            f"{median([result.wall * 1000 for result in results]):.1f}",
            f"{max(result.peak for result in results):.0f}", codes]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository")
    parser.add_argument("--runs", type=int, default=21)
    parser.add_argument("--files", type=int, default=5)
    parser.add_argument("--lines", type=int, default=3000)
    parser.add_argument("--against", help="another scrubin to compare with")
    parser.add_argument("--instructions", action="store_true", help="count them too; needs valgrind")
    add_scrubin_option(parser)
    args = parser.parse_args()
    scrubin = find_scrubin(args.scrubin)
    hook = [scrubin, "hook", "pre-commit"]
    other = [find_scrubin(args.against), "hook", "pre-commit"] if args.against else None
    ratios = []
    plumbing = ["git", "diff-index", "--cached", "--raw", "-z", "HEAD"]

    with tempfile.TemporaryDirectory() as folder:
        clone = os.path.join(folder, "clone")
        subprocess.run(["git", "clone", "--quiet", "--shared", os.path.abspath(args.repository), clone], check=True)
        entries = git(clone, "ls-files").count("\n")
        rows = []

        with open(os.path.join(clone, "scrubin-bench.txt"), "w", encoding="utf-8") as file:
            file.write("nothing to review here\n")
        git(clone, "add", "scrubin-bench.txt")
        rows.append(row("git diff-index alone", measure(plumbing, clone, args.runs)))
        rows.append(row("only a text file staged", measure(hook, clone, args.runs)))
        if other:
            ratios.append(("only a text file staged", ratio(hook, other, clone, args.runs)))

        chosen = choose(clone, args.files, args.lines)
        for number, path in enumerate(chosen):
            with open(os.path.join(clone, path), "a", encoding="utf-8") as file:
                file.write(CHANGE.format(number=number))
        git(clone, "add", *chosen)
        lines = sum(lines_in(os.path.join(clone, path)) for path in chosen)
        counts = []
        name = f"{len(chosen)} C files, {lines} lines"
        for added in ("a function", "a macro too"):
            if added != "a function":
                for path in chosen:
                    with open(os.path.join(clone, path), "a", encoding="utf-8") as file:
                        file.write("#define SCRUBIN_BENCH 1\n")
                git(clone, "add", *chosen)
            rows.append(row(f"{name}, {added} added to each", measure(hook, clone, args.runs)))
            if other:
                ratios.append((f"{added} added", ratio(hook, other, clone, args.runs)))
            if args.instructions:
                counts.append(f"{added} added: {instructions(hook, clone)} million instructions")

        print(f"{version_of(scrubin)}; {version_of('git')}; index of {entries} entries; {args.runs} runs; "
              f"peaks of {launcher_peak():.0f} MB or less are not told apart\n")
        print(table(["staged", "CPU ms", "9 of 10 below", "wall ms", "peak MB", "exit code"], rows))
        print("\nchanged: " + ", ".join(chosen))
        for line in counts:
            print(line)
        for name, value in ratios:
            print(f"{name}: {value:.2f} times the CPU of {version_of(args.against)} at {args.against}")


if __name__ == "__main__":
    main()
