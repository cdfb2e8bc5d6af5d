#!/usr/bin/env python3
"""Sorts the sources of a target into groups that compile as one translation unit each.

    cmake/unity_groups.py a.cc b.cc …       prints one line per source: its group's number

Sources share a unit only when none mentions a name that an earlier one declares for itself (in an anonymous namespace, as static,
constant or alias) and all have the same using-directives. The rule is stricter than C++ needs, so that no source has to be written
for it.
"""
import pathlib
import re
import sys

KEYWORDS = {"alignas", "auto", "bool", "const", "decltype", "default", "delete", "explicit", "final", "int", "noexcept", "operator", "override", "requires", "sizeof", "void"}
ROOT = pathlib.Path(__file__).resolve().parent.parent
MOST_SOURCES = 12  # of a group: a unit that every core has to wait for gains nothing

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<raw>[^(\s]*)\(.*?\)(?P=raw)"|"(?:\\.|[^"\\])*"|\b\d[\w\'.]*|\'(?:\\.|[^\'\\])*\'|^[ \t]*#(?P<directive>[^\n]*(?:\\\n[^\n]*)*)|(?P<name>[A-Za-z_]\w*)|(?P<sign>::|->|\[\[|\]\]|\S)',
    re.S | re.M)


def tokens_of(text):
    """The names and signs of a source without its comments, literals and directives; then the names of its macros."""
    tokens, macros = [], set()
    for match in TOKEN.finditer(text):
        if match["directive"] is not None:
            defined = re.match(r"\s*define\s+(\w+)", match["directive"])
            if defined:
                macros.add(defined[1])
        elif match["name"] or match["sign"]:
            tokens.append(match[0])
    return tokens, macros


def statements_of(tokens):
    """(whether in an anonymous namespace, tokens) of every declaration at namespace scope; what braces hold is left out but for a
    plain enum's names."""
    spaces, statement, i = [], [], 0
    while i < len(tokens):
        token = tokens[i]
        if token == "{" and statement[:1] in (["namespace"], ["inline"]) and "namespace" in statement[:2] or token == "{" and statement[:1] == ["extern"]:
            spaces.append(statement == ["namespace"])
            statement = []
        elif token == "}":
            if spaces:
                spaces.pop()
            statement = []
        elif token == "{":
            depth, body = 1, []
            while depth and i + 1 < len(tokens):
                i += 1
                depth += {"{": 1, "}": -1}.get(tokens[i], 0)
                body.append(tokens[i])
            statement.append("{}")
            if "enum" in statement and "class" not in statement:
                statement += [name for before, name in zip(["{", *body], body) if before in "{,"]
            # A function ends with its body; a type or variable with the semicolon after it.
            if i + 1 < len(tokens) and tokens[i + 1] not in (";", ",", "{", ":") and statement[0] not in ("using",):
                yield any(spaces), statement
                statement = []
        elif token == ";":
            if statement:
                yield any(spaces), statement
            statement = []
        else:
            statement.append(token)
        i += 1


def declared(statement):
    """The names that a declaration introduces, as far as its signs tell."""
    if statement[0] in ("TEST", "TEST_F", "TEST_P", "static_assert"):
        return set()
    names, angles, rounds, bases = set(), 0, 0, False
    for before, token, after in zip(["", *statement], statement, [*statement[1:], ";"]):
        if token == "{}":
            bases = False
        elif bases or token == ":":  # what a class derives from, an enum's type
            bases = True
        elif token in "()":
            rounds += 1 if token == "(" else -1
        elif token in "<>":
            angles = max(angles + (1 if token == "<" else -1), 0)
        elif re.match(r"[A-Za-z_]", token) and not rounds and token not in KEYWORDS:
            if token.startswith("MATCHER"):
                names.add(statement[2])
            elif angles or before == "::":
                continue
            elif before in ("struct", "class", "union", "enum", "concept", "namespace") or after in ("=", "{}", ";", "[", ",", ":"):
                names.add(token)
            elif after == "(":
                return names | {token}
    return names


def facts_of(path):
    """What a source declares for itself, what it mentions, what its using-declarations bring (name -> whole), its directives."""
    text = pathlib.Path(path).read_text()
    tokens, own = tokens_of(text)
    brought, directives = {}, set()
    for anonymous, statement in statements_of(tokens):
        if statement[:2] == ["using", "namespace"]:
            directives.add("".join(statement[2:]))
        elif statement[0] == "using" and "=" not in statement:
            brought[statement[-1]] = "".join(statement[1:]).removeprefix("::")
        elif anonymous or statement[0] in ("static", "const", "constexpr", "using") or statement[0] == "namespace":
            own |= declared(statement)
    # What tests share in a header counts as the test's own text.
    for header in re.findall(r'#include "([^"]*\btest\w*\.h)"', text):
        tokens += tokens_of((ROOT / header).read_text())[0]
    # A name of small letters that is neither called nor qualifies is a variable of the source's own.
    mentioned = {
        token
        for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""])
        if re.match(r"[A-Za-z_]", token) and before not in (".", "->", "::") and (not token.islower() or after in ("(", "<", "{", "::"))
    }
    return own, mentioned | own, brought, {name for name in directives if "literals" not in name}


def fits(source, group):
    own, mentioned, brought, directives = source
    return (
        len(group["sources"]) < MOST_SOURCES
        and group["directives"] == directives
        and not group["own"] & (mentioned | brought.keys())
        and not group["brought"].keys() & own
        and all(group["brought"].get(name, whole) == whole for name, whole in brought.items())
    )


def main():
    groups = []
    for path in sys.argv[1:]:
        source = facts_of(path)
        number = next((i for i, group in enumerate(groups) if fits(source, group)), len(groups))
        if number == len(groups):
            groups.append({"sources": [], "own": set(), "brought": {}, "directives": source[3]})
        groups[number]["sources"].append(path)
        groups[number]["own"] |= source[0]
        groups[number]["brought"].update(source[2])
        print(number)


if __name__ == "__main__":
    main()
