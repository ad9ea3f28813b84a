"""What the scripts beside this file share: running programs and counting what they used, finding
the binary under test, listing source files. Python 3.9 or newer, standard library only.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE_ENDS = (".c", ".h", ".rs")
# scrubin's default limit: larger files are skipped with a count.
SIZE_LIMIT = 1 << 20

# cpu, wall: seconds; cpu is user + system of the program and of every child it waited for.
# peak: MB of the largest process. The kernel counts the launcher's own memory before exec, so a
# reading near `launcher_peak()` means "that or less".
Run = namedtuple("Run", "cpu wall peak code stdout stderr")


def run(command, cwd=None, env=None, capture=False):
    """Runs a command to its end. Output is discarded unless `capture`."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        child = subprocess.Popen([str(part) for part in command], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                                 stdout=out if capture else subprocess.DEVNULL,
                                 stderr=err if capture else subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return Run(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, child.returncode, *texts)


def launcher_peak():
    """MB below which a peak cannot be told from this script's own memory."""
    return run(["true"]).peak


def stop(message):
    """Ends the script with a message."""
    sys.exit(f"{Path(sys.argv[0]).name}: {message}")


def find_scrubin(given):
    """The binary to measure: the given one, the release build of this checkout, or PATH's."""
    built = ROOT / "target" / "release" / "scrubin"
    for candidate in (given, built if built.exists() else None, shutil.which("scrubin")):
        if candidate:
            path = shutil.which(str(candidate))
            if not path:
                stop(f"{candidate} is no program")
            return str(Path(path).resolve())
    return stop("no scrubin: build it with `cargo build --release`, or name it with --scrubin")


def add_scrubin_option(parser):
    """`--scrubin`, the same in every script."""
    parser.add_argument("--scrubin", help="binary under test (default: target/release/scrubin, else PATH)")


def version_of(program):
    """First line of `program --version`."""
    lines = run([program, "--version"], capture=True).stdout.split("\n")
    return lines[0].strip() or "?"


def sources(folders, ends=SOURCE_ENDS):
    """Source files below the folders, sorted; hidden folders, links and files past the size limit
    left out."""
    found = set()
    for folder in folders:
        for place, below, names in os.walk(folder):
            below[:] = [name for name in below if not name.startswith(".")]
            for name in names:
                path = os.path.join(place, name)
                if name.endswith(ends) and not os.path.islink(path) and os.path.getsize(path) <= SIZE_LIMIT:
                    found.add(path)
    return sorted(found)


def common_place(folders):
    """The folder to run in and the folders relative to it."""
    whole = [os.path.abspath(folder) for folder in folders]
    for folder in whole:
        if not os.path.isdir(folder):
            stop(f"{folder} is no folder")
    place = whole[0] if len(whole) == 1 else os.path.commonpath(whole)
    return place, [os.path.relpath(folder, place) for folder in whole]


def report_root(place):
    """The folder the report's paths start from: the top of the work tree, or the place itself outside git."""
    result = run(["git", "-C", place, "rev-parse", "--show-toplevel"], capture=True)
    return result.stdout.strip() if result.code == 0 else place


def scan_command(scrubin, paths, *options):
    """A full scan that never fails on findings."""
    return [scrubin, "check", "--all", "--fail-on", "never", *options, "--", *paths]


def scan(scrubin, folders, *options):
    """The JSON report of a full scan of the folders, and what the run used."""
    place, paths = common_place(folders)
    command = scan_command(scrubin, paths, "--format", "json", "--stats", *options)
    result = run(command, cwd=place, capture=True)
    if result.code != 0:
        stop(f"{' '.join(command)} ended with {result.code}:\n{result.stderr.strip()}")
    return json.loads(result.stdout), result


def lines_in(path):
    """Number of lines of a file."""
    with open(path, "rb") as file:
        return sum(1 for _ in file)


def median(values):
    """The median of at least one value."""
    return statistics.median(values)


def table(head, rows):
    """A markdown table."""
    text = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    text += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(text)
