#!/usr/bin/env python3
"""Measures what the models cost: `make bench-orm`.

Usage: bench/orm.py build/release [--seconds 3] [--rounds 5]

Single rows and lists over the embedded engine (orm_bench), then lists of the same 1,000 posts from one ddb-local by our
models, by boto3's Table.query and by the AWS JavaScript SDK's document client: one list after another, and four at a time
(threads; promises of JavaScript). The clients take turns in every round; figures are medians over the rounds, and medians of
the rounds' ratios. Needs `make peers` once, for the clients.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from run import ROOT, free_port, stop, wait_until_answers  # noqa: E402

PEERS = ROOT / "tests/peers"
PYTHON = ROOT / "build/peers-venv/bin/python"
NODE = ROOT / "build/peers-node/bin/node"
AIMS = {"boto3": 20, "AWS JavaScript SDK": 5}


def clients(build: pathlib.Path) -> dict[str, list[str]]:
    """The command of each client: it prints how many items a second it listed."""
    node = str(NODE) if NODE.exists() else "node"
    return {
        "models": [str(build / "bin/orm_bench"), "list"],
        "boto3": [str(PYTHON), str(ROOT / "bench/list_boto3.py")],
        "AWS JavaScript SDK": [node, str(ROOT / "bench/list_sdk.mjs")],
    }


def print_rates(title: str, rates: dict[str, list[float]]) -> None:
    print(f"== 1,000 posts from ddb-local, {title}")
    for name, values in rates.items():
        line = f"{name + ':':<22}{statistics.median(values):>10,.0f} items/s"
        if name in AIMS:
            ratio = statistics.median(ours / theirs for ours, theirs in zip(rates["models"], values))
            line += f"; the models are {ratio:.1f} x that (aim: >= {AIMS[name]} x)"
        print(line)


def compare(build: pathlib.Path, seconds: float, rounds: int) -> None:
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_REGION": "us-east-1",
                   "AWS_DEFAULT_REGION": "us-east-1", "NODE_PATH": str(PEERS / "node_modules")}
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        server = subprocess.Popen([build / "bin/ddb-local", "--port", str(port), "--db-path", folder], stdout=subprocess.DEVNULL)
        try:
            wait_until_answers(port, "/healthz")
            subprocess.run([build / "bin/orm_bench", "fill", url], check=True, env=environment)
            for title, at_once in {"one list after another": 1, "four lists at a time": 4}.items():
                rates: dict[str, list[float]] = {}
                for _ in range(rounds):
                    for name, command in clients(build).items():
                        done = subprocess.run([*command, url, str(seconds), str(at_once)], check=True, env=environment,
                                              capture_output=True, text=True)
                        rates.setdefault(name, []).append(float(done.stdout))
                print_rates(title, rates)
        finally:
            stop(server)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("build", type=pathlib.Path)
    arguments.add_argument("--seconds", type=float, default=3)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    print("== the embedded engine", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([options.build / "bin/orm_bench", "local", folder], check=True)
    compare(options.build.resolve(), options.seconds, options.rounds)


if __name__ == "__main__":
    main()
