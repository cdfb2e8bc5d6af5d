#!/usr/bin/env python3
"""Checks that the #includes of every source follow the arrows of docs/internals/architecture.md.

Prints one line for each include that does not, and exits with 1 when there is any.
Example: scripts/check_includes.py
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Module (folder) -> the modules whose headers it may include besides its own.
ALLOWED = {
    "base": set(),
    "net": {"base"},
    "net/aws": {"base", "net"},
    "dynamodb": {"base"},
    "dynamodb/local": {"base", "dynamodb"},
    "dynamodb/aws": {"base", "net", "net/aws", "dynamodb"},
    "dynamodb/server": {"base", "net", "net/aws", "dynamodb", "dynamodb/partiql"},
    "dynamodb/server/program": {"base", "net", "net/aws", "dynamodb", "dynamodb/aws", "dynamodb/local", "dynamodb/server"},
    "dynamodb/partiql": {"base", "dynamodb"},
    "dynamo_backend": {"base", "dynamodb"},
    "dynamo_backend/changes": {"base", "dynamodb", "dynamo_backend"},
    "dynamo_backend/migrations": {"base", "dynamodb", "dynamo_backend"},
    "dynamo_backend/search": {"base", "dynamodb", "dynamo_backend"},
    "dynamo_backend/search/sync": {"base", "dynamodb", "dynamo_backend", "dynamo_backend/changes", "dynamo_backend/search"},
    "dynamo_backend/search/local": {"base", "dynamodb", "dynamo_backend", "dynamo_backend/search"},
    "dynamo_backend/search/opensearch": {"base", "net", "net/aws", "dynamodb", "dynamo_backend", "dynamo_backend/search"},
    "web": {"base", "net"},
    "forms": {"base", "net", "dynamodb", "dynamo_backend", "web"},
    "auth/cognito": {"base", "net", "net/aws", "web"},
    "auth/cognito_mock": {"base", "net", "web", "auth/cognito"},
    "debug_toolbar": {"base", "web", "dynamo_backend"},
    "management": {"base", "net", "net/aws", "web", "debug_toolbar", "dynamodb", "dynamodb/local", "dynamodb/aws", "dynamodb/partiql", "dynamo_backend", "dynamo_backend/migrations", "dynamo_backend/changes", "dynamo_backend/search", "dynamo_backend/search/local", "dynamo_backend/search/opensearch", "dynamo_backend/search/sync"},
    "auth": {"base", "net", "net/aws", "web", "auth/cognito", "auth/cognito_mock", "dynamodb", "dynamo_backend", "dynamo_backend/migrations", "management"},
    "admin": {"base", "dynamodb", "dynamodb/partiql", "dynamo_backend", "dynamo_backend/migrations", "dynamo_backend/search", "web", "forms", "auth", "management"},
    "demo_app": {"base", "dynamodb", "dynamo_backend", "dynamo_backend/migrations", "dynamo_backend/search", "web", "forms", "management", "auth", "admin"},
    "config": {"base", "dynamodb", "dynamodb/local", "dynamo_backend", "dynamo_backend/migrations", "web", "management", "auth", "admin", "demo_app"},
}
# Tests may reach for an engine to run on.
ALLOWED_IN_TESTS = {module: {"dynamodb/local", "dynamo_backend/search/local"} for module in (
    "dynamodb/partiql",
    "dynamodb/server",
    "dynamo_backend",
    "dynamo_backend/changes",
    "dynamo_backend/migrations",
    "dynamo_backend/search",
    "dynamo_backend/search/local",
    "dynamo_backend/search/sync",
    "debug_toolbar",
    "forms",
    "auth",
    "admin",
    "demo_app",
)}
ALLOWED_IN_TESTS["auth/cognito"] = {"auth/cognito_mock"}
ALLOWED_IN_TESTS["admin"] = ALLOWED_IN_TESTS["admin"] | {"dynamo_backend/search/sync"}
ALLOWED_IN_TESTS["demo_app"] = ALLOWED_IN_TESTS["demo_app"] | {"dynamo_backend/search/sync", "debug_toolbar"}


def module_of(path: str) -> str | None:
    folders = path.split("/")[:-1]
    for size in range(len(folders), 0, -1):
        if "/".join(folders[:size]) in ALLOWED:
            return "/".join(folders[:size])
    return None


def main() -> int:
    bad = 0
    for source in sorted(ROOT.rglob("*")):
        relative = source.relative_to(ROOT).as_posix()
        module = module_of(relative)
        if source.suffix not in (".h", ".cc") or module is None:
            continue
        allowed = ALLOWED[module] | {module}
        if relative.endswith("_test.cc") or source.name.startswith("test_") or "/property/" in relative:
            allowed |= ALLOWED_IN_TESTS.get(module, set())
        for number, line in enumerate(source.read_text().splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            target = found and module_of(found.group(1))
            if target and target not in allowed:
                print(f"{relative}:{number}: {module} must not include {found.group(1)}")
                bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
