#!/usr/bin/env bash
# Runs the tests of a build folder; the last line is a summary. Usage: scripts/run_tests.sh build/release [ctest's
# options]
set -uo pipefail
build=${1:?usage: scripts/run_tests.sh <build folder> [options]}
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
started=$SECONDS
ctest --test-dir "$build" --output-on-failure --no-tests=error -j "$(nproc)" "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
passed=$(grep -cE ' Passed ' "$log")
failed=$(grep -cE '\*\*\*(Failed|Timeout|Exception|Not Run)' "$log")
echo "$build: $passed test programs passed, $failed failed, $((SECONDS - started)) s"
exit "$status"
