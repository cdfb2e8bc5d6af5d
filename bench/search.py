#!/usr/bin/env python3
"""Measures full-text search: the embedded backend, then OpenSearch beside it in the same run; then how long a post of a running
blog takes to be found.

Usage: bench/search.py build/release [--posts 200000] [--queries 2000] [--found 300]

OpenSearch has a heap of 1 GB, and is warmed up: its queries run twice, and the second run counts.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests" / "peers")]  # each has a run.py
import run  # noqa: E402
import servers  # noqa: E402


def latency(build: pathlib.Path, posts: str) -> None:
    with tempfile.TemporaryDirectory(prefix="ddbdjango-bench-") as folder:
        site = run.Site(build, folder, access_log=False)
        site.run("seed_posts", "--posts", "1000")
        port = run.free_port()
        server = site.serve(port)
        try:
            subprocess.run([sys.executable, ROOT / "bench" / "search_latency.py", f"127.0.0.1:{port}", "--posts", posts], check=True)
        finally:
            run.stop(server)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--posts", default="200000")
    parser.add_argument("--queries", default="2000")
    parser.add_argument("--found", default="300", help="posts that are searched for until they are found")
    options = parser.parse_args()
    with servers.OpenSearch(java_options=("-Xms1g", "-Xmx1g")) as node:
        program = str(ROOT / options.build / "bin" / "search_bench")
        subprocess.run([program, options.posts, options.queries, node.url], check=True, timeout=3600)
    latency(ROOT / options.build, options.found)


if __name__ == "__main__":
    main()
