#!/usr/bin/env python3
"""Which defects of the Toyota ITC suite are found, and which of its sound twins are hit.

    benches/itc.py SUITE  [--scrubin BIN] [--report FILE] [--misses] [--false] [--category NAME]

SUITE is a checkout of the public repository regehr/itc-benchmarks. scrubin runs once over the C files
of `01.w_Defects` and `02.wo_Defects` with its defaults (built-in rules, precision high, every finding in
scope); --report takes a JSON report of such a run instead.

A comment "Tool should detect this line as error" marks a defect, one "should not detect" a sound twin;
in the sound folder a comment that forgot the "not" is one too. A marker counts as
    line      a finding of the category's weakness within one line of it
    function  such a finding in its function, or in another function of the same numbered variation
    pair      the line is found and no such finding stands in the variation's sound twin
The weakness of a category is a set of CWE numbers (WEAKNESS): a finding belongs to it if the primary or
another CWE of its rule does. J is the share of defects less the share of sound twins, by function.
"""
import argparse
import json
import os
import re
from collections import defaultdict

from measure import add_scrubin_option, find_scrubin, run, stop, table, version_of

DEFECTS, SOUND = "01.w_Defects", "02.wo_Defects"
SHOULD = re.compile(r"tool\s+should\s+detect", re.I)
SHOULD_NOT = re.compile(r"tool\s+(?:should\s+not|not\s+should)\s+detect", re.I)
VARIATION = re.compile(r"^(.*?_\d{3})(?:_|$)")
# One category has two names.
RENAMED = {"free_nondynamically_allocated_memory": "free_nondynamic_allocated_memory"}

BOUNDS = "118-127 129 131 170 193 466 785-788 805 806 823"
OVERFLOW = "128 190-192 680"
CONVERSION = "192 194-197 681"
LOCKING = "362 366 367 411-414 609 662 667 764 765 832 833"
RACES = "362 364 366 367 413 414 662 667 820 821"
UNSET = "456 457 665 824 908 909"
FREED = "415 416 672 825"
DECISION = "561 570 571 697 1164"
CALLEE = "628 683 685-688 704 843"
WEAKNESS = {
    "bit_shift": "1335 " + OVERFLOW,
    "buffer_overrun_dynamic": BOUNDS + " " + UNSET, "buffer_underrun_dynamic": BOUNDS + " " + UNSET,
    "overrun_st": BOUNDS + " " + UNSET, "underrun_st": BOUNDS + " " + UNSET,
    "cmp_funcadr": "480 482 570 571 697",
    "conflicting_cond": DECISION + " 563", "redundant_cond": DECISION + " 563", "dead_code": DECISION + " 563",
    "data_lost": CONVERSION, "sign_conv": CONVERSION,
    "data_overflow": OVERFLOW + " " + CONVERSION, "data_underflow": OVERFLOW + " " + CONVERSION,
    "dead_lock": LOCKING, "double_lock": LOCKING, "double_release": LOCKING, "livelock": LOCKING,
    "lock_never_unlock": LOCKING, "sleep_lock": LOCKING, "unlock_without_lock": LOCKING,
    "deletion_of_data_structure_sentinel": BOUNDS,
    "double_free": FREED + " 1341", "invalid_memory_access": FREED,
    "endless_loop": "606 834 835",
    "free_nondynamic_allocated_memory": "590 761-763",
    "free_null_pointer": "415 476 590 690 761 763",
    "func_pointer": CALLEE, "wrong_arguments_func_pointer": CALLEE,
    "function_return_value_unchecked": "252 253 391 394 563 690 754 755 1164",
    "improper_termination_of_block": "398 483 670",
    "insign_code": "561 563 1164", "unused_var": "563 1164",
    "invalid_extern": "628 685 686 1041",
    "littlemem_st": BOUNDS + " 588 704 758 843",
    "memory_allocation_failure": "131 190 252 401 476 680 690 770 789 835",
    "memory_leak": "401 404 771-773 775",
    "not_return": "393 394 758",
    "null_pointer": "476 690",
    "ow_memcpy": "475",
    "pow_related_errors": "197 681 682 1339 " + OVERFLOW,
    "ptr_subtraction": "469",
    "race_condition": RACES, "st_cross_thread_access": RACES + " 562 825",
    "return_local": "562 825",
    "st_overflow": "400 674 770 789 1325", "st_underrun": BOUNDS + " 400 674 770 789 1325",
    "uninit_memory_access": UNSET, "uninit_pointer": UNSET, "uninit_var": UNSET,
    "zero_division": "369",
}


def numbers(text):
    """`"118-120 131"` → {118, 119, 120, 131}."""
    found = set()
    for word in text.split():
        first, _, last = word.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return found


def without_text(code):
    """Comments, literals and directives as spaces; lines stay where they are."""
    parts = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|^[ \t]*#(?:\\\n|[^\n])*", re.S | re.M)
    return parts.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), code)


def functions_of(code):
    """(name, first line, last line) of every function body, by counting braces."""
    plain = without_text(code)
    head = re.compile(r"([A-Za-z_]\w*)\s*\([^;{}]*\)\s*$")
    found, depth, since = [], 0, 0
    name = first = None
    for at, letter in enumerate(plain):
        if letter == "{":
            if depth == 0:
                match = head.search(plain, since, at)
                name = match.group(1) if match else None
                first = plain.count("\n", 0, match.start() if match else at) + 1
            depth += 1
        elif letter == "}":
            depth = max(depth - 1, 0)
            if depth == 0:
                if name:
                    found.append((name, first, plain.count("\n", 0, at) + 1))
                since = at + 1
        elif letter == ";" and depth == 0:
            since = at + 1
    return found


def variation(name):
    """`double_free_003_func_001` → `double_free_003`."""
    match = VARIATION.match(name or "")
    return match.group(1) if match else name


def markers_of(suite):
    """Every marker: category, whether it is a defect, file, line, variation; and functions by file."""
    markers, functions = [], {}
    for folder in (DEFECTS, SOUND):
        place = os.path.join(suite, folder)
        if not os.path.isdir(place):
            stop(f"{suite} has no {folder}: is it a checkout of regehr/itc-benchmarks?")
        for name in sorted(os.listdir(place)):
            if not name.endswith(".c"):
                continue
            with open(os.path.join(place, name), encoding="latin-1") as file:
                code = file.read()
            path, category = f"{folder}/{name}", RENAMED.get(name[:-2], name[:-2])
            functions[path] = functions_of(code)
            for line, text in enumerate(code.split("\n"), 1):
                is_defect = folder == DEFECTS and SHOULD.search(text)
                is_sound = folder == SOUND and (SHOULD.search(text) or SHOULD_NOT.search(text))
                if is_defect or is_sound:
                    around = next((f for f, first, last in functions[path] if first <= line <= last), None)
                    markers.append((category, bool(is_defect), path, line, variation(around)))
    return markers, functions


def findings_of(report, functions):
    """By file: line, variation, CWE numbers, rule."""
    rules = {rule["id"]: rule for rule in report.get("rules", [])}
    found = defaultdict(list)
    for finding in report["findings"]:
        path = "/".join(finding["path"].split("/")[-2:])
        if finding["verdict"] != "report" or path not in functions:
            continue
        cwe = finding.get("cwe") or rules.get(finding["rule"], {}).get("cwe") or []
        line = finding["line"]
        around = next((f for f, first, last in functions[path] if first <= line <= last), None)
        found[path].append((line, variation(around), {int(c.split("-")[-1]) for c in cwe}, finding["rule"]))
    return found


def judge(markers, found):
    """For each marker whether it is hit on its line, in its function, and by any weakness at all."""
    judged = []
    for category, is_defect, path, line, around in markers:
        weakness = numbers(WEAKNESS.get(category, ""))
        own = [one for one in found[path] if one[2] & weakness]
        is_near = lambda one: abs(one[0] - line) <= 1
        is_inside = lambda one: around is not None and one[1] == around
        on_line = any(map(is_near, own))
        judged.append({
            "category": category, "defect": is_defect, "path": path, "line": line, "variation": around,
            "on_line": on_line, "inside": on_line or any(map(is_inside, own)),
            "any": any(is_near(one) or is_inside(one) for one in found[path]),
            "rules": sorted({one[3] for one in own if is_near(one) or is_inside(one)}),
        })
    twins = {(one["category"], one["variation"]) for one in judged if not one["defect"] and one["inside"]}
    for one in judged:
        one["pair"] = one["on_line"] and (one["category"], one["variation"]) not in twins
    return judged


def percent(part):
    """Share of true values."""
    return 100 * sum(part) / len(part) if part else 0.0


def row(name, judged):
    """One row of the table."""
    bad = [one for one in judged if one["defect"]]
    good = [one for one in judged if not one["defect"]]
    share = lambda ones, key: percent([one[key] for one in ones])
    hits, false = sum(one["inside"] for one in bad), sum(one["inside"] for one in good)
    values = [share(bad, "on_line"), share(good, "on_line"), share(bad, "inside"), share(good, "inside"),
              share(bad, "inside") - share(good, "inside"),
              100 * hits / (hits + false) if hits + false else 0.0, share(bad, "pair"), share(bad, "any"), share(good, "any")]
    return [name, len(bad), *(f"{value:.1f}" for value in values)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suite")
    parser.add_argument("--report", help="JSON report of a run made before")
    parser.add_argument("--misses", action="store_true", help="list the defects that are not found")
    parser.add_argument("--false", action="store_true", help="list the sound twins that are hit, with the rules")
    parser.add_argument("--category", help="only this category")
    add_scrubin_option(parser)
    args = parser.parse_args()
    if args.report:
        with open(args.report, encoding="utf-8") as file:
            report, version = json.load(file), f"report {os.path.basename(args.report)}"
    else:
        scrubin = find_scrubin(args.scrubin)
        command = [scrubin, "check", "--all", "--format", "json", "--fail-on", "never", "--", DEFECTS, SOUND]
        result = run(command, cwd=args.suite, capture=True)
        if result.code != 0:
            stop(f"{' '.join(command)} ended with {result.code}:\n{result.stderr.strip()}")
        report, version = json.loads(result.stdout), version_of(scrubin)
    markers, functions = markers_of(args.suite)
    judged = judge(markers, findings_of(report, functions))
    if args.category:
        judged = [one for one in judged if one["category"] == args.category]
    print(f"{version}\n")
    by_category = defaultdict(list)
    for one in judged:
        by_category[one["category"]].append(one)
    print(table(["category", "defects", "line %", "line false %", "function %", "function false %", "J", "precision %",
                 "pair %", "any %", "any false %"],
                [row("all", judged)] + [row(name, ones) for name, ones in sorted(by_category.items())]))
    for wanted, title in ((args.misses, "missed"), (args.false, "false")):
        for one in judged if wanted else ():
            if one["defect"] == (title == "missed") and one["inside"] != one["defect"]:
                print(f"{title} {one['path']}:{one['line']} {' '.join(one['rules'])}")


if __name__ == "__main__":
    main()
