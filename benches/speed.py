#!/usr/bin/env python3
"""CPU time and peak memory of a full scan, against a program that only parses the same files.

    benches/speed.py FOLDER...  [--runs 5] [--scrubin BIN]
    benches/speed.py FOLDER...  --rules DIR       the same rules in Semgrep and in scrubin
    benches/speed.py FOLDER...  --patterns        also without the rules that name an analysis
    benches/speed.py FOLDER...  --ast-grep        20 call rules in ast-grep, all of ours in scrubin
    benches/speed.py FOLDER...  --also cppcheck,flawfinder

The programs take turns, so that a change of the machine's load meets all of them; the figure is the
median of the ratios of each turn. CPU time is user + system, child processes included. The parse
reference is built from benches/bare-parse (release, the system's allocator). Compared programs are
those found on PATH; their versions are printed.
"""
import argparse
import os
import re
import shutil
import tempfile

from measure import (ROOT, add_scrubin_option, common_place, find_scrubin, launcher_peak, lines_in,
                     median, run, scan, scan_command, sources, stop, table, version_of)

# Twenty rules as a user of ast-grep would write them: one call each.
CALLS = ("memcpy memmove strcpy strcat strncpy strncat sprintf snprintf vsprintf gets scanf sscanf "
         "atoi rand malloc free memset memcmp strcmp system").split()


def build_reference():
    """Builds bare-parse and gives its path."""
    target = ROOT / "target" / "bare-parse"
    manifest = ROOT / "benches" / "bare-parse" / "Cargo.toml"
    result = run(["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", manifest,
                  "--target-dir", target], capture=True)
    if result.code != 0:
        stop(f"bare-parse was not built:\n{result.stderr}")
    return target / "release" / "bare-parse"


def write_ast_grep_rules(folder):
    """An ast-grep project with one rule per call; gives its configuration file."""
    rules = os.path.join(folder, "rules")
    os.mkdir(rules)
    for call in CALLS:
        with open(os.path.join(rules, f"{call}.yml"), "w", encoding="utf-8") as file:
            file.write(f"id: {call}\nlanguage: C\nseverity: warning\nmessage: {call}\n"
                       f"rule:\n  pattern: {call}($$$ARGS)\n")
    config = os.path.join(folder, "sgconfig.yml")
    with open(config, "w", encoding="utf-8") as file:
        file.write("ruleDirs: [rules]\n")
    return config


def take_turns(programs, runs, place):
    """Runs every program once a turn; {name: [Run, ...]}. Exit codes 0 and 1 are right."""
    results = {name: [] for name in programs}
    for _ in range(runs):
        for name, command in programs.items():
            result = run(command, cwd=place)
            if result.code not in (0, 1):
                stop(f"{name} ended with {result.code}: {' '.join(map(str, command))}")
            results[name].append(result)
    return results


def show(results, reference):
    """A row per program, with the median ratio of its CPU time to the reference's."""
    rows = []
    for name, runs in results.items():
        ratios = [one.cpu / ref.cpu for one, ref in zip(runs, results[reference])]
        rows.append([name, f"{median([r.cpu for r in runs]):.3f}", f"{median([r.wall for r in runs]):.3f}",
                     f"{max(r.peak for r in runs):.0f}", f"{median(ratios):.2f}",
                     f"{min(ratios):.2f}-{max(ratios):.2f}"])
    print(table(["program", "CPU s", "wall s", "peak MB", f"x {reference}", "range"], rows))
    print()


def pattern_rules():
    """Arguments that choose the rules without an analysis."""
    arguments = []
    for path in sorted((ROOT / "rulesets").glob("*/*/*.yaml")):
        text = path.read_text(encoding="utf-8")
        if not re.search(r"^    analysis:", text, re.MULTILINE):
            arguments += ["--only", re.search(r"- id: (\S+)", text).group(1)]
    return arguments


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--rules", help="file or folder of Semgrep rules to run in both")
    parser.add_argument("--semgrep-runs", type=int, default=1, help="Semgrep is slow; one run by default")
    parser.add_argument("--patterns", action="store_true")
    parser.add_argument("--ast-grep", action="store_true")
    parser.add_argument("--also", default="", help="cppcheck, flawfinder (comma-separated)")
    add_scrubin_option(parser)
    args = parser.parse_args()

    scrubin = find_scrubin(args.scrubin)
    place, paths = common_place(args.folders)
    files = sources(args.folders)
    if not files:
        stop("no .c, .h or .rs file there")
    lines = sum(map(lines_in, files))
    size = sum(map(os.path.getsize, files))
    report, _ = scan(scrubin, args.folders)
    counts = report.get("stats", {}).get("files", {})
    print(f"{version_of(scrubin)}; {len(files)} files, {lines / 1000:.0f} KLOC, {size / 1e6:.1f} MB; "
          f"scrubin reads {counts.get('total', '?')} files, analyses {counts.get('analysed', '?')}; "
          f"peaks of {launcher_peak():.0f} MB or less are not told apart\n")

    options = ["--jobs", "1", "--format", "json", "--output", os.devnull]
    everything = scan_command(scrubin, paths, *options)
    with tempfile.TemporaryDirectory() as folder:
        listed = os.path.join(folder, "files")
        with open(listed, "w", encoding="utf-8") as file:
            file.writelines(os.path.abspath(path) + "\n" for path in files)
        programs = {"bare parse": [build_reference(), listed], "scrubin, all rules": everything}
        if args.patterns:
            programs["scrubin, patterns alone"] = scan_command(scrubin, paths, *options, *pattern_rules())
        if args.ast_grep and need("ast-grep"):
            programs["ast-grep, 20 rules"] = ["ast-grep", "scan", "-c", write_ast_grep_rules(folder),
                                              "--json=stream", "-j", "1", *paths]
        for name in filter(None, args.also.split(",")):
            if not need(name):
                continue
            programs[name] = {"cppcheck": ["cppcheck", "--quiet", "--enable=warning,portability", "--max-configs=1", *paths],
                              "flawfinder": ["flawfinder", "--quiet", "--dataonly", *paths]}[name]
        show(take_turns(programs, args.runs, place), "bare parse")

    if args.rules and need("semgrep"):
        rules = os.path.abspath(args.rules)
        ours = scan_command(scrubin, paths, "--jobs", "1", "--no-builtin-rules", "--rules", rules,
                            "--precision", "low", "--format", "json", "--output", os.devnull)
        theirs = ["semgrep", "scan", "--config", rules, "--metrics=off", "--disable-version-check",
                  "--no-git-ignore", "--jobs", "1", "--json", "-o", os.devnull, *paths]
        show(take_turns({"scrubin": ours, "semgrep": theirs}, args.semgrep_runs, place), "scrubin")


def need(program):
    """Whether a program is installed; says which version, or that it is left out."""
    if not shutil.which(program):
        print(f"{program}: not installed, left out\n")
        return False
    print(f"{program}: {version_of(program)}")
    return True


if __name__ == "__main__":
    main()
