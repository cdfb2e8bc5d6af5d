#!/usr/bin/env bash
# run.sh <compiler> <source root> [case…]: each case must build without its bad line (-DBAD adds it), fail with it, and say the
# sentence of its first line. The models are precompiled once.
set -u
compiler=$1 root=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-std=c++20 -Wno-missing-field-initializers -I"$root" -I"$work" -I"$here")

cp "$here/blog.h" "$work/"
case $("$compiler" --version) in
  *clang*) flags+=(-Werror=reorder-init-list)  # clang takes keywords out of order with a warning
           "$compiler" "${flags[@]}" -x c++-header "$work/blog.h" -o "$work/blog.pch" || exit 1
           flags+=(-include-pch "$work/blog.pch") ;;
  *) "$compiler" "${flags[@]}" -w -x c++-header "$work/blog.h" -o "$work/blog.h.gch" || exit 1 ;;
esac

failed=0 count=0
cases=("$@")
[ ${#cases[@]} -gt 0 ] || cases=("$here"/*.cc)
for file in "${cases[@]}"; do
  name=$(basename "$file" .cc)
  count=$((count + 1))
  sed 's/#include "blog.h"/#include <blog.h>/' "$file" > "$work/case.cc"
  expected=$(sed -n '1s|^// Expect: ||p' "$file")
  if ! "$compiler" "${flags[@]}" -fsyntax-only "$work/case.cc" > "$work/good" 2>&1; then
    echo "$name: does not build without its bad line:"; head -20 "$work/good"; failed=1
  elif "$compiler" "${flags[@]}" -fsyntax-only -DBAD "$work/case.cc" > "$work/bad" 2>&1; then
    echo "$name: BUILDS with its bad line"; failed=1
  elif ! grep -qE -- "$expected" "$work/bad"; then
    echo "$name: the message does not match '$expected':"; head -20 "$work/bad"; failed=1
  fi
done
echo "$count cases by $compiler: $([ $failed = 0 ] && echo all refused with their sentence || echo FAILED)"
exit $failed
