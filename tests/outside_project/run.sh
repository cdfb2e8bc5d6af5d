#!/usr/bin/env bash
# Installs the build into a temporary folder, then builds and runs the project beside this script against it.
# Usage: run.sh <build folder> <C++ compiler>
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --install "$1" --prefix "$folder/installed" > /dev/null
cmake -S "$(dirname "$0")" -B "$folder/build" -G Ninja -DCMAKE_CXX_COMPILER="$2" -DCMAKE_PREFIX_PATH="$folder/installed" -DCMAKE_CXX_COMPILER_LAUNCHER=ccache > /dev/null
cmake --build "$folder/build"
"$folder/build/notes"
