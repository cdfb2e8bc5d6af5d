#!/usr/bin/env python3
"""Measures full-text search: the embedded backend, then OpenSearch beside it in the same run.

Usage: bench/search.py build/release [--posts 200000] [--queries 2000]

OpenSearch has a heap of 1 GB, and is warmed up: its queries run twice, and the second run counts.
"""

import argparse
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "peers"))
import servers  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--posts", default="200000")
    parser.add_argument("--queries", default="2000")
    options = parser.parse_args()
    with servers.OpenSearch(java_options=("-Xms1g", "-Xmx1g")) as node:
        program = str(ROOT / options.build / "bin" / "search_bench")
        return subprocess.run([program, options.posts, options.queries, node.url], timeout=3600).returncode


if __name__ == "__main__":
    sys.exit(main())
