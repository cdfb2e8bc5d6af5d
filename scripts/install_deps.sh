#!/usr/bin/env bash
# Installs the Debian packages that the project is built, tested and run with. Needs root or sudo only when one is missing.
# Usage: scripts/install_deps.sh [build|peers]; `build` are those that building needs alone, `peers` those that only tests/peers
# needs: SDKs' runtimes and a browser.
set -euo pipefail

build=(
  g++ cmake ninja-build make pkg-config ca-certificates
  # libraries
  libboost1.81-dev librocksdb-dev libsimdjson-dev nlohmann-json3-dev libspdlog-dev libfmt-dev libtomlplusplus-dev libcli11-dev
  libjemalloc-dev libsodium-dev libutf8proc-dev libssl-dev libcurl4-openssl-dev libdeflate-dev libsqlite3-dev zlib1g-dev
  libctemplate-dev libcmark-gfm-dev libcmark-gfm-extensions-dev libbrotli-dev brotli
)
packages=(
  "${build[@]}" ccache git
  # tests and benchmarks
  libgtest-dev libgmock-dev libbenchmark-dev python3 curl wrk nginx-light procps
  # lint and sanitizers
  clang-14 clang-format-14 clang-tidy-14 libclang-rt-14-dev
)
case "${1-}" in
  "") ;;
  build) packages=("${build[@]}") ;;
  peers)
    packages=(nodejs openjdk-17-jdk-headless maven python3 python3-venv chromium)
    # Debian's npm is a package of its own; other builds of node bring it along.
    command -v npm > /dev/null || packages+=(npm)
    ;;
  *) echo "usage: scripts/install_deps.sh [build|peers]" >&2; exit 2 ;;
esac

# dpkg-query says what is there without touching the network: a second run takes milliseconds.
missing=()
# It fails for packages that it does not know, which is what is looked for here.
listed=$(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
installed=" $(awk '$1 == "ii" {print $2}' <<< "$listed" | tr '\n' ' ') "
for package in "${packages[@]}"; do
  [[ "$installed" == *" $package "* ]] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "installing: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || { echo "these packages are missing and neither root nor sudo is there to install them: ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
# libboost-dev of another version would stand in the way of 1.81.
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}"
