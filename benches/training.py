#!/usr/bin/env python3
"""Time and memory of `scrubin training report` over a history of many findings.

    python3 benches/training.py [--scrubin BIN] [--findings 50000] [--runs 5]

Makes a history of that many findings (two years, twelve people, eight components, most repaired) in a
temporary folder, and prints for each format the least wall and CPU time, and the most memory.
"""

import argparse
import datetime
import hashlib
import json
import os
import random
import tempfile

from measure import add_scrubin_option, find_scrubin, run, stop

LESSONS = ["L-LEN-BOUND", "L-RET-CHECK", "L-INT-WRAP", "L-MEM-NULL", "L-STR-BOUND", "L-ISR-SHARED"]


def history(path, findings):
    """Writes a history; gives the number of runs in it."""
    chance = random.Random(1)
    names = lambda text: hashlib.sha256(text.encode()).hexdigest()
    start = datetime.datetime(2025, 1, 1)
    runs, opened, number = [], [], 0
    while number < findings:
        at = start + datetime.timedelta(minutes=20 * len(runs))
        person = chance.randrange(12)
        component = f"src/part{(person + chance.randrange(3)) % 8}"
        found = []
        for _ in range(chance.choice([0, 1, 1, 2, 4])):
            lesson = chance.choice(LESSONS)
            digest = names(str(number))
            found.append({
                "fp": f"{digest[:32]}:0", "moved": digest[32:48], "rule": lesson.replace("L-", "C-", 1)[:5] + "-001",
                "lesson": lesson, "sev": chance.choice(["error", "warning"]), "comp": component,
                "file": digest[:16], "func": digest[16:32], "blob": digest[:40],
            })
            number += 1
        gone = [opened.pop(0) for _ in range(min(len(opened), chance.randrange(3)))]
        opened += [one["fp"] for one in found]
        runs.append({"run": {
            "id": names(f"run{len(runs)}")[:16], "at": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "stage": chance.choice(["hook", "hook", "review"]), "source": "staged", "who": f"p{person}",
            "change": names(f"change{len(runs) // 2}")[:16], "lines": {component: chance.randrange(1, 300)},
            "found": found, "gone": gone,
        }})
    with open(path, "w") as file:
        for run in runs:
            file.write(json.dumps(run, separators=(",", ":")) + "\n")
    return len(runs), start + datetime.timedelta(minutes=20 * len(runs))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_scrubin_option(parser)
    parser.add_argument("--findings", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    binary = find_scrubin(arguments.scrubin)
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "history.jsonl")
        runs, end = history(file, arguments.findings)
        size = os.path.getsize(file) / (1 << 20)
        print(f"{arguments.findings} findings in {runs} runs, {size:.1f} MiB")
        since = ["--since", "2025-01-01", "--until", end.strftime("%Y-%m-%d")]
        for form in ["terminal", "html", "csv", "json"]:
            command = [binary, "training", "report", file, "--format", form, *since]
            results = [run(command, cwd=folder, capture=True) for _ in range(arguments.runs)]
            for result in results:
                if result.code != 0:
                    stop(f"{form}: exit code {result.code}: {result.stderr.strip()}")
            wall, cpu, peak = (min(r.wall for r in results), min(r.cpu for r in results), max(r.peak for r in results))
            print(f"{form:9} {wall:6.3f} s wall {cpu:6.3f} s CPU {peak:6.1f} MB")


if __name__ == "__main__":
    main()
