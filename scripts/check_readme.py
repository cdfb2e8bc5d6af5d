#!/usr/bin/env python3
"""Checks that every C++ block of README.md and docs/ stands, line for line, in a source that is compiled and run.

Example: scripts/check_readme.py
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SOURCES = [*ROOT.glob("examples/*.cc"), *ROOT.glob("demo_app/*.h"), *ROOT.glob("demo_app/*.cc"), *ROOT.glob("config/*.cc")]


def main() -> int:
    known = {line.strip() for source in SOURCES for line in source.read_text().splitlines()}
    bad = 0
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for block in re.findall(r"```cpp\n(.*?)```", page.read_text(), re.S):
            for line in filter(None, (line.strip() for line in block.splitlines())):
                if line not in known:
                    print(f"{page.relative_to(ROOT)}: this line is in no compiled source: {line}")
                    bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
