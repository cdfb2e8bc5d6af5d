#!/usr/bin/env python3
"""Checks that every rule of docs/internals/security.md is a test, and that every test of a rule has its rule there.

A test is of a rule when its name begins with the rule's id: TEST(Suite, H4_H5_Something), test_M2_something in Python,
test("K3 …") in JavaScript, S1_something.cc in tests/must_not_compile. Prints one line for each that has no counterpart, and for
each file of the table without such a test; exits with 1 when there is any.
Example: scripts/check_security_rules.py
"""
import collections
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = "docs/internals/security.md"
LETTERS = "HTKXORLJZSNGM"
ROW = re.compile(r"^\| ([A-Z]\d+) \| (.+) \| (.+) \|$", re.M)
CPP_TEST = re.compile(r"^TEST(?:_F|_P)?\(\w+,\s*((?:[A-Z]\d+_)+)\w", re.M)
PYTHON_TEST = re.compile(r"^\s*def test_((?:[A-Z]\d+_)+)\w", re.M)
JAVASCRIPT_TEST = re.compile(r"""\btest\(\s*["'`]((?:[A-Z]\d+ )+)""")


def sources() -> list[str]:
    """Every file that is not built: by git where there is a repository, else all of them."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True)
    if listed.returncode == 0:
        return [name for name in listed.stdout.splitlines() if (ROOT / name).exists()]
    files = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [path.as_posix() for path in files if path.parts[0] != "build" and "node_modules" not in path.parts]


def tests_by_rule() -> dict[str, set[str]]:
    """Rule id -> the files with tests of it."""
    found = collections.defaultdict(set)
    for name in sources():
        if name.startswith("tests/must_not_compile/"):
            names = re.findall(r"^((?:[A-Z]\d+_)+)", pathlib.Path(name).name)
        elif name.endswith((".cc", ".h")):
            names = CPP_TEST.findall((ROOT / name).read_text())
        elif name.endswith(".py"):
            names = PYTHON_TEST.findall((ROOT / name).read_text())
        elif name.endswith(".mjs"):
            names = JAVASCRIPT_TEST.findall((ROOT / name).read_text())
        else:
            continue
        for rule in re.findall(r"[A-Z]\d+", " ".join(names)):
            found[rule].add(name)
    return found


def problems() -> list[str]:
    rules = ROW.findall((ROOT / PAGE).read_text())
    tests = tests_by_rule()
    ids = [rule for rule, _, _ in rules]
    result = [f"{PAGE}: {rule} stands there twice" for rule in sorted({i for i in ids if ids.count(i) > 1})]
    for rule, _, places in rules:
        if rule not in tests:
            result.append(f"{PAGE}: {rule} has no test: name one {rule}_…")
            continue
        for place in re.findall(r"`([^`]+)`", places) or [""]:
            if place not in tests[rule]:
                result.append(f"{PAGE}: {rule}: {place or 'no file'} has no test of it; there is {', '.join(sorted(tests[rule]))}")
    for rule in sorted(set(tests) - set(ids)):
        result.append(f"{', '.join(sorted(tests[rule]))}: {rule} is no rule of {PAGE}")
    for letter in LETTERS:  # numbers have no holes: a rule that is taken out shows
        numbers = sorted(int(rule[1:]) for rule in ids if rule[0] == letter)
        if numbers != list(range(1, len(numbers) + 1)) or not numbers:
            result.append(f"{PAGE}: the rules of {letter} are numbered {numbers}")
    return result


def main() -> int:
    found = problems()
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
