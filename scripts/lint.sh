#!/usr/bin/env bash
# Checks format, include directions and clang-tidy. Usage: scripts/lint.sh
set -uo pipefail
status=0
# The cases of must_not_compile keep each misuse on one line.
sources=$(git ls-files '*.cc' '*.h' | grep -v must_not_compile)
echo "lint: format"
clang-format-14 --dry-run --Werror $sources || status=1
echo "lint: include directions"
scripts/check_includes.py || status=1
echo "lint: security rules"
scripts/check_security_rules.py || status=1
echo "lint: clang-tidy"
# The sanitizers' build compiles many sources as one unit: clang-tidy reads what they share once.
cmake --preset dev > /dev/null || exit 1
database=$(mktemp -d)
trap 'rm -rf "$database"' EXIT
# Its precompiled headers may not be built; its sanitizers are nothing to clang-tidy. Tests lean on GoogleTest's macros, which
# clang-tidy 14 has much to say about.
python3 - build/dev/compile_commands.json "$database" > "$database/units" <<'PY'
import json, re, sys
entries = json.load(open(sys.argv[1]))
for entry in entries:
    entry["command"] = re.sub(r"(-Xclang \S+ )+|-include \S*cmake_pch\.hxx|-Winvalid-pch|-fsanitize\S*|-fno-sanitize\S*", "", entry["command"])
    generated = "/build/" in entry["file"] and "/Unity/" not in entry["file"]
    if not generated and not re.search(r"_test\.dir/|/tests/", entry["file"]):
        print(entry["file"])
json.dump(entries, open(sys.argv[2] + "/compile_commands.json", "w"))
PY
xargs -P "$(nproc)" -n 1 clang-tidy-14 -p "$database" --quiet < "$database/units" 2>&1 | grep -vE '^[0-9]+ warnings? (generated|treated)' | sed '/^Suppressed/d;/^Use -header-filter/d' > "$database/out"
tidied=("${PIPESTATUS[@]}")
if [ "${tidied[0]}" -ne 0 ] || grep -qE '(error|warning):' "$database/out"; then cat "$database/out"; status=1; fi
[ $status -eq 0 ] && echo "lint: clean"
exit $status
