#!/usr/bin/env python3
"""Kills a program that writes and indexes, and the node of OpenSearch that it indexes in, at random moments under load; after
each round another process's worker must bring the index to what the table has.

    tests/peers/search_chaos.py BUILD [--rounds N] [--seed N]
"""

import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading

import servers


class Writer:
    """chaos_writer, which tells each write by a line."""

    def __init__(self, program, folder, seed, url):
        self.process = subprocess.Popen([program, folder, str(seed), url], stdout=subprocess.PIPE)
        self.written, self.ended = 0, False
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        for _ in self.process.stdout:
            with self.changed:
                self.written += 1
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for(self, more):
        """Until so many more rows are written: whatever becomes of the index, writes go on."""
        with self.changed:
            wanted = self.written + more
            if not self.changed.wait_for(lambda: self.written >= wanted or self.ended, timeout=120):
                raise RuntimeError(f"no {more} writes within two minutes")
            if self.ended:
                raise RuntimeError(f"the writer ended by itself: {self.process.wait()}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()


def kill(node):
    node.process.kill()
    node.process.wait()


def one_round(choice, programs, folder, node, check_seconds=300):
    writer = Writer(programs / "chaos_writer", folder, choice.randrange(1 << 31), node.url)
    try:
        writer.wait_for(choice.randrange(20, 1500))
        kill(node)
        writer.wait_for(choice.randrange(20, 300))
        writer_dies_first = choice.random() < 0.5
        if writer_dies_first:
            writer.kill()
        node.start()
        if not writer_dies_first:
            writer.wait_for(choice.randrange(20, 1500))
    finally:
        writer.kill()
    environment = {**os.environ, "DDB_CHAOS_FOLDER": folder, "DDB_OPENSEARCH_URL": node.url}
    command = [programs / "search_chaos_peer_test", "--gtest_brief=1"]
    passed = subprocess.run(command, env=environment, timeout=check_seconds).returncode == 0
    print(f"   {writer.written} writes; the writer was killed {'before' if writer_dies_first else 'after'} the node was back", flush=True)
    return passed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=30 if os.environ.get("DDB_NIGHTLY") else 2)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    options = parser.parse_args()
    print(f"search_chaos.py --seed {options.seed} --rounds {options.rounds}", flush=True)
    choice = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as node_folder, servers.OpenSearch(node_folder) as node:
        for number in range(options.rounds):
            if not one_round(choice, options.build / "bin", folder, node):
                print(f"round {number} of --seed {options.seed} left drift")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
