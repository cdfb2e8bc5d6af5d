#!/usr/bin/env bash
# Checks format, include directions and clang-tidy. Usage: scripts/lint.sh build/release
set -uo pipefail
build=${1:-build/release}
status=0
# The cases of must_not_compile keep each misuse on one line.
sources=$(git ls-files '*.cc' '*.h' | grep -v must_not_compile)
echo "lint: format"
clang-format-14 --dry-run --Werror $sources || status=1
echo "lint: include directions"
scripts/check_includes.py || status=1
echo "lint: clang-tidy"
cmake --preset release -DDDB_BUILD_TESTS=ON -DDDB_BUILD_BENCHMARKS=ON > /dev/null || exit 1
# Precompiled headers of g++ are not clang's: clang-tidy reads the sources without them.
database=$(mktemp -d)
trap 'rm -rf "$database"' EXIT
python3 - "$build/compile_commands.json" "$database/compile_commands.json" <<'PY'
import json, re, sys
entries = json.load(open(sys.argv[1]))
for entry in entries:
    entry["command"] = re.sub(r"-Winvalid-pch|-fpch-preprocess|-include \S*cmake_pch\.hxx|-Wno-tsan|-Wno-restrict|-Wno-array-bounds|-Wno-stringop-overflow", "", entry["command"])
json.dump(entries, open(sys.argv[2], "w"))
PY
# Tests lean on GoogleTest's macros, which clang-tidy 14 has much to say about.
git ls-files '*.cc' | grep -vE '^tests/|_test\.cc$' |
  xargs -P "$(nproc)" -n 4 clang-tidy-14 -p "$database" --quiet 2>&1 | grep -vE '^[0-9]+ warnings? (generated|treated)' | sed '/^Suppressed/d;/^Use -header-filter/d' > "$database/out"
tidied=("${PIPESTATUS[@]}")
if [ "${tidied[2]}" -ne 0 ] || grep -qE '(error|warning):' "$database/out"; then cat "$database/out"; status=1; fi
[ $status -eq 0 ] && echo "lint: clean"
exit $status
