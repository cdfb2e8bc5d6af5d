#!/usr/bin/env python3
"""The conformance suite on DynamoDB Local through our AWS client.

    conformance.py PROGRAM ENDPOINT

A test that fails must stand in tests/conformance/dynamodb_local_faults.txt, with the reason why DynamoDB Local is wrong there;
a test that stands there and passes is a failure too, unless a "~" before its name says that it sometimes does. Each test is a process of its own, so that one that ends or hangs on an
answer of DynamoDB Local's leaves the others alone.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
FAULTS = HERE.parent / "conformance" / "dynamodb_local_faults.txt"
BACKEND = "DynamoDbLocal"
TEST_SECONDS = 120


def known_faults():
    """{test: reason}"""
    lines = [line.strip() for line in FAULTS.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return dict(re.split(r"\s{2,}", line, maxsplit=1) for line in lines)


class Suite:
    def __init__(self, program, endpoint):
        self.program, self.environment = program, {**os.environ, "DDB_DYNAMODB_LOCAL": endpoint}

    def names(self):
        listed = subprocess.run([self.program, "--gtest_list_tests", f"--gtest_filter=*/{BACKEND}"], env=self.environment,
                                capture_output=True, text=True, timeout=TEST_SECONDS, check=True).stdout
        names, suite = [], ""
        for line in listed.splitlines():
            if line.startswith("  "):
                names.append(suite + line.strip().split("/")[0])
            elif line.startswith("Conformance/"):
                suite = line.strip().removeprefix("Conformance/")
        return names

    def run(self, name):
        """None where the test passes, else what it says. Skipped: "skipped"."""
        try:
            ended = subprocess.run([self.program, f"--gtest_filter=Conformance/{name}/{BACKEND}"], env=self.environment,
                                   capture_output=True, text=True, errors="replace", timeout=TEST_SECONDS)
        except subprocess.TimeoutExpired:
            return f"no end within {TEST_SECONDS} s"
        if ended.returncode == 0 and "1 test ran" not in re.sub(r"\s+", " ", ended.stdout).replace("1 test from 1 test suite ran", "1 test ran"):
            return "did not run"
        return None if ended.returncode == 0 else (ended.stdout + ended.stderr)[-3000:]


def main():
    suite = Suite(*sys.argv[1:])
    listed = known_faults()
    sometimes = {name[1:] for name in listed if name.startswith("~")}
    faults = {name.lstrip("~"): reason for name, reason in listed.items()}
    names = suite.names()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        said = dict(zip(names, pool.map(suite.run, names)))
    failed = {name: text for name, text in said.items() if text is not None}
    bad = 0
    for name in sorted(set(failed) - set(faults)):
        bad += 1
        print(f"FAILED {name}\n{failed[name]}\n")
    for name, reason in sorted(faults.items()):
        if name in failed or name in sometimes and name in said:
            print(f"known fault of DynamoDB Local: {name}: {reason}")
        else:
            bad += 1
            print(f"LISTED as a fault of DynamoDB Local, but {'passes' if name in said else 'not in the suite'}: {name}")
    passed = len(said) - len(failed)
    print(f"conformance on DynamoDB Local: {passed} passed, {len(set(failed) & set(faults))} known faults, {bad} failures")
    return 1 if bad or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
