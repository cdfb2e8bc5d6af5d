#!/usr/bin/env bash
# Prints every figure that the README quotes. Usage: bench/run.sh build/release   (make bench)
exec python3 "$(dirname "$0")/run.py" "$@"
