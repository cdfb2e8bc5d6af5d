#!/usr/bin/env python3
"""The conformance suite on DynamoDB Local through our AWS client.

    conformance.py PROGRAM ENDPOINT

A test that fails must stand in tests/conformance/dynamodb_local_faults.txt, with the reason why DynamoDB Local is wrong there;
a test that stands there and passes is a failure too.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FAULTS = HERE.parent / "conformance" / "dynamodb_local_faults.txt"
BACKEND = "DynamoDbLocal"
LIMIT_SECONDS = 900


def known_faults():
    """{test: reason}; "-" before a name: the test is left out, since it would not end."""
    faults, left_out = {}, {}
    for line in FAULTS.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, reason = re.split(r"\s{2,}", line.strip(), maxsplit=1)
        (left_out if name.startswith("-") else faults)[name.lstrip("-")] = reason
    return faults, left_out


def full(name):
    suite, test = name.split(".")
    return f"Conformance/{suite}.{test}/{BACKEND}"


def main():
    program, endpoint = sys.argv[1:]
    faults, left_out = known_faults()
    chosen = f"*/{BACKEND}"
    if left_out:
        chosen += "-" + ":".join(full(name) for name in left_out)
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        run = subprocess.run(
            [program, f"--gtest_filter={chosen}", f"--gtest_output=json:{report.name}", "--gtest_brief=1"],
            env={**os.environ, "DDB_DYNAMODB_LOCAL": endpoint}, capture_output=True, text=True, timeout=LIMIT_SECONDS,
            errors="replace",
        )
        try:
            suites = json.load(report)["testsuites"]
        except ValueError:
            print(run.stdout[-5000:], run.stderr[-5000:])
            print(f"conformance: {program} ended with {run.returncode} before it was through")
            return 1
    passed, failed = set(), {}
    for suite in suites:
        for test in suite["testsuite"]:
            if test.get("status") != "RUN":
                continue
            name = suite["name"].removeprefix("Conformance/") + "." + test["name"].removesuffix("/" + BACKEND)
            if test.get("failures"):
                failed[name] = test["failures"][0]["failure"]
            else:
                passed.add(name)
    unexpected = sorted(set(failed) - set(faults))
    wrongly_listed = sorted((set(faults) | set(left_out)) & passed)
    unknown = sorted(set(faults) - passed - set(failed))
    for name in unexpected:
        print(f"FAILED {name}\n{failed[name][:1500]}\n")
    for name in wrongly_listed:
        print(f"PASSES though it is listed as a fault of DynamoDB Local: {name}")
    for name in unknown:
        print(f"LISTED as a fault of DynamoDB Local but not in the suite: {name}")
    for name in sorted(set(faults) & set(failed)):
        print(f"known fault of DynamoDB Local: {name}: {faults[name]}")
    for name, reason in left_out.items():
        print(f"left out on DynamoDB Local: {name}: {reason}")
    bad = len(unexpected) + len(wrongly_listed) + len(unknown)
    print(f"conformance on DynamoDB Local: {len(passed)} passed, {len(failed) - len(unexpected)} known faults, {bad} failures")
    return 1 if bad or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
