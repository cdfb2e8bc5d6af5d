#!/usr/bin/env bash
# Runs every fuzzer for some seconds, two at a time; the last line is a summary. What crashes one is kept in
# fuzz/crashes/<name>/, where the test <name>_fuzz_replay finds it. Usage: scripts/run_fuzzers.sh build/dev 15
set -uo pipefail
build=${1:?usage: scripts/run_fuzzers.sh <build folder> <seconds>}
seconds=${2:?usage: scripts/run_fuzzers.sh <build folder> <seconds>}
here=$(cd "$(dirname "$0")/.." && pwd)

fuzz_one() { # program, seconds
  local name; name=$(basename "$1" _fuzz)
  # What was found in earlier runs stays in the build folder; the repository's corpus is small and by hand.
  mkdir -p "$here/fuzz/crashes/$name" "$here/$3/found/$name"
  "$1" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
    -artifact_prefix="$here/fuzz/crashes/$name/" "$here/$3/found/$name" "$here/fuzz/corpus/$name" > "$here/$3/$name.log" 2>&1
  local status=$?
  rmdir --ignore-fail-on-non-empty "$here/fuzz/crashes/$name"
  if [ $status -ne 0 ]; then tail -40 "$here/$3/$name.log"; echo "fuzz: $name FAILED"; return 1; fi
  echo "fuzz: $name passed, $(grep -oP 'number_of_executed_units:\s*\K\d+' "$here/$3/$name.log") inputs"
}
export -f fuzz_one
export here
programs=("$build"/bin/*_fuzz)
printf '%s\n' "${programs[@]}" | xargs -P 2 -I{} bash -c 'fuzz_one "$1" "$2" "$3"' _ {} "$seconds" "$build"
status=$?
[ $status -eq 0 ] && echo "fuzz: ${#programs[@]} fuzzers passed, $seconds s each" || echo "fuzz: FAILED"
exit $status
