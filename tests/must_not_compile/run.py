#!/usr/bin/env python3
"""Misuses that a compiler must refuse with a sentence.

    run.py COMPILER SOURCE_ROOT [CASE…]      CASE: a source of this folder; all by default

Each case must build without its bad line (-DBAD adds it), fail with it, and say the sentence of its first line. All are compiled as one
unit, each in a namespace of its own; a case that this does not prove (what one says can hide what another would) is compiled alone.
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
# What g++ prints before an error: where it was on its way to it. clang prints the same after it, as notes.
WAY_TO_AN_ERROR = re.compile(r": In |^In file included|^ +from |:   +(required|recursively)|: At global scope|^[^ ]+:   in ")


class Case:
    def __init__(self, path):
        first, *lines = path.read_text().splitlines()
        self.file = str(path.resolve())
        self.sentence = re.compile(first.removeprefix("// Expect: "))
        self.headers = [line for line in lines if line.startswith("#include")]
        self.body = "\n".join("" if line.startswith("#include") else line for line in lines)

    def is_refused_by(self, diagnostics):
        return any(self.file + ":" in text and self.sentence.search(text) for text in diagnostics)


def unit_of(cases):
    headers = sorted({header for case in cases for header in case.headers} - {'#include "blog.h"'})
    parts = (f'namespace case_{number} {{\n#line 2 "{case.file}"\n{case.body}\n}}' for number, case in enumerate(cases))
    return "\n".join([*headers, *parts, ""])


def errors_of(output):
    """Each error of a compiler with what belongs to it."""
    errors = [[]]
    for line in output.splitlines():
        starts = ": error:" in line or ": fatal error:" in line or WAY_TO_AN_ERROR.search(line)
        if starts and any("error:" in earlier for earlier in errors[-1]):
            errors.append([])
        errors[-1].append(line)
    return ["\n".join(lines) for lines in errors]


class Compiler:
    def __init__(self, program, root, work):
        self.command = [program, "-std=c++20", "-Wno-missing-field-initializers", f"-I{root}", f"-I{work}"]
        header = work / "blog.h"
        shutil.copy(HERE / "blog.h", header)
        if "clang" in subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout:
            # clang takes keywords out of order with a warning.
            self.command += ["-Werror=reorder-init-list", "-ferror-limit=0", "-ftemplate-backtrace-limit=0"]
            subprocess.run([*self.command, "-x", "c++-header", header, "-o", work / "blog.pch"], check=True)
            self.command += ["-include-pch", work / "blog.pch"]
        else:
            self.command += ["-ftemplate-backtrace-limit=0"]
            subprocess.run([*self.command, "-w", "-x", "c++-header", header, "-o", work / "blog.h.gch"], check=True)
            self.command += ["-include", "blog.h"]

    def output_of(self, cases, *flags):
        """What the compiler says of a unit of these cases; None: nothing is wrong with it."""
        ended = subprocess.run([*self.command, *flags, "-fsyntax-only", "-x", "c++", "-"], input=unit_of(cases), capture_output=True, text=True)
        return None if ended.returncode == 0 else ended.stderr

    def complaint_about(self, case, *, builds):
        """What is wrong with one case, seen alone; builds: that it does without its bad line is known."""
        if not builds and (said := self.output_of([case])) is not None:
            return f"does not build without its bad line:\n{said[:2000]}"
        said = self.output_of([case], "-DBAD")
        if said is None:
            return "BUILDS with its bad line"
        if not case.sentence.search(said):
            return f"the message does not match '{case.sentence.pattern}':\n{said[:2000]}"
        return None


def main(program, root, *names):
    cases = [Case(pathlib.Path(name)) for name in names] or [Case(path) for path in sorted(HERE.glob("*.cc"))]
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        compiler = Compiler(program, root, pathlib.Path(work))
        good, bad = threads.map(lambda flags: compiler.output_of(cases, *flags), [[], ["-DBAD"]])
        errors = errors_of(bad or "")
        doubtful = [case for case in cases if good is not None or not case.is_refused_by(errors)]
        complaints = list(threads.map(lambda case: compiler.complaint_about(case, builds=good is None), doubtful))
    failed = [f"{os.path.relpath(case.file)}: {complaint}" for case, complaint in zip(doubtful, complaints) if complaint]
    outcome = f"{len(failed)} FAILED" if failed else "all refused with their sentence"
    print(*failed, f"{len(cases)} cases by {program}, {len(doubtful)} of them alone: {outcome}", sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
