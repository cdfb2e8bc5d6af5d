#!/usr/bin/env python3
"""The security rules that hold for sources and for how they are built, rather than for what a request can show.

Each test is named by its rule (docs/internals/security.md).
Usage: tests/sources/source_rules_test.py <build folder> <a program that was built there>
"""
import functools
import json
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODULES = ["admin", "auth", "base", "config", "debug_toolbar", "demo_app", "dynamo_backend", "dynamodb", "forms", "management", "net", "web"]
BUILD, PROGRAM = pathlib.Path(), pathlib.Path()


def without_comments_and_texts(source: str) -> str:
    """The code alone, in as many lines. Raw strings are texts, too."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', re.S)
    return token.sub(lambda found: '""' + "\n" * found.group(0).count("\n"), source)


@functools.cache
def read(path: pathlib.Path):
    text = path.read_text()
    return text.splitlines(), without_comments_and_texts(text).splitlines()


def shipped(modules=MODULES):
    """(path, line number, code of the line, the line itself) of what programs are made of: no tests."""
    for module in modules:
        for path in sorted((ROOT / module).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix not in (".cc", ".h") or path.name.startswith(("test_", "raw_")) or name.endswith("_test.cc") or "/property/" in name:
                continue
            lines, codes = read(path)
            for number, code in enumerate(codes, 1):
                yield name, number, code, lines[number - 1], lines


class SourceRules(unittest.TestCase):
    def found(self, pattern, modules=MODULES, unless=lambda line, before: False):
        for name, number, code, line, lines in shipped(modules):
            if re.search(pattern, code) and not unless(line, lines[max(0, number - 4):number]):
                yield f"{name}:{number}: {line.strip()}"

    def expect_none(self, pattern, why, **how):
        self.assertEqual(list(self.found(pattern, **how)), [], why)

    def test_N5_no_regular_expressions(self):
        self.expect_none(r"\bstd::(basic_)?w?regex\b|#\s*include <regex>|\bboost::regex\b|\bregcomp\b", "they recurse on what users send")

    def test_N4_no_weak_hashes(self):
        self.expect_none(r"\b(MD5|SHA1)(_\w+)?\(|\bEVP_(md5|sha1)\b|crypto_hash_md5", "use base/secrets.h")

    def test_N4_secrets_are_made_by_the_systems_generator_alone(self):
        self.expect_none(r"\b(mt19937\w*|minstd_rand0?|default_random_engine|s?rand)\b\s*[({<>\w]", "use base::random_bytes()",
                         modules=["auth", "web", "base", "forms", "admin", "management"])

    def test_M2_memory_has_an_owner(self):
        def owned(line, before):
            return re.search(r"_ptr<[\w: ]+>\s*\w*\(new ", line) or any("Never destroyed" in b for b in before)
        self.expect_none(r"\bnew\s+[\w:]+\s*[<({;]|\bdelete\s+\w+;|\bdelete\[\]|\b(malloc|realloc)\(", "use values and smart pointers", unless=owned)

    def test_M2_every_source_is_built_with_the_hardening_flags(self):
        entries = json.loads((BUILD / "compile_commands.json").read_text())
        entries = [e for e in entries if not re.search(r"_test\.dir/|/test_\w*\.cc|CMakeFiles/\w*pch", e["command"])]
        ours = [e for e in entries if pathlib.Path(e["file"]).is_relative_to(ROOT) and not pathlib.Path(e["file"]).is_relative_to(BUILD.resolve())
                and pathlib.Path(e["file"]).relative_to(ROOT).parts[0] in MODULES]
        # A unity build compiles generated files that include ours.
        ours = ours or [e for e in entries if "/Unity/" in e["file"]]
        self.assertTrue(ours)
        flags = ["-fstack-protector-strong", "-D_GLIBCXX_ASSERTIONS", "-fPIE", "-Wall", "-Wconversion", "-Werror"]
        if "CMAKE_BUILD_TYPE:STRING=Release" in (BUILD / "CMakeCache.txt").read_text():
            flags.append("-D_FORTIFY_SOURCE=3")
        for entry in ours:
            for flag in flags:
                self.assertIn(flag, entry["command"], entry["file"])

    def test_M2_programs_are_position_independent_and_their_tables_read_only(self):
        headers = subprocess.run(["readelf", "-hldW", PROGRAM], check=True, capture_output=True, text=True).stdout
        self.assertRegex(headers, r"Type:\s+DYN")
        self.assertIn("GNU_RELRO", headers)
        self.assertRegex(headers, r"BIND_NOW|Flags:.*NOW")
        self.assertRegex(headers, r"GNU_STACK.* RW ")

    def test_M3_numbers_are_read_by_from_chars(self):
        self.expect_none(r"\b(atoi|atol|atoll|strtou?ll?|strtol|strtoul|stoi|stoul?l?|stol|sscanf)\s*\(", "they take a part of the text, or throw")

    def test_M4_no_thread_is_left_behind(self):
        self.expect_none(r"\.detach\(\)", "join it", unless=lambda line, before: "waits for it" in line)

    def test_M1_every_parser_has_a_fuzzer_with_a_corpus(self):
        parsers = {"http": "requests and chunks", "multipart": "multipart", "form": "forms", "cookie": "cookies", "url": "URLs",
                   "json": "JSON", "jwt": "tokens", "template": "templates", "markdown": "Markdown", "cursor": "cursors",
                   "wire": "DynamoDB's JSON", "expression": "expressions", "partiql": "PartiQL"}
        listed = re.findall(r"^\s*ddb_fuzzer\((\w+)", (ROOT / "fuzz/CMakeLists.txt").read_text(), re.M)
        for name, what in parsers.items():
            self.assertTrue((ROOT / f"fuzz/{name}_fuzz.cc").exists(), f"no fuzzer of {what}")
            self.assertIn(name, listed)
            self.assertTrue(any((ROOT / f"fuzz/corpus/{name}").iterdir()), f"no corpus of {what}")

    def test_M1_there_are_builds_with_each_sanitizer(self):
        presets = json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]
        sanitized = {s for p in presets for s in p.get("cacheVariables", {}).get("DDB_SANITIZE", "").split(";")}
        self.assertLessEqual({"address", "undefined", "thread"}, sanitized)
        makefile = (ROOT / "Makefile").read_text()
        for target in ("sanitizers", "tsan", "fuzz"):
            self.assertRegex(makefile, rf"(?m)^{target}:")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    BUILD, PROGRAM = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
