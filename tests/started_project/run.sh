#!/usr/bin/env bash
# What a user does who has the library installed and nothing of its sources: starts a project, builds it, runs its test, adds
# an app, and does it again. Usage: run.sh <build folder> <C++ compiler>
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --install "$1" --prefix "$folder/installed" > /dev/null
export PATH="$folder/installed/bin:$PATH" CMAKE_PREFIX_PATH="$folder/installed" CXX="$2"
export CMAKE_CXX_COMPILER_LAUNCHER=ccache CMAKE_GENERATOR=Ninja
unset DYNAMO_ENDPOINT_URL DYNAMO_TABLE_PREFIX

cd "$folder"
ddbdjango startproject shop
if ddbdjango startproject shop 2> refused; then echo "a second project in one folder"; exit 1; fi
grep -q "is there already" refused
cd shop
make test JOBS=2
./manage check
./manage startapp orders
make test JOBS=2 | tee tests
grep -q "orders_test .* Passed" tests && grep -q "notes_test .* Passed" tests

./manage runserver 127.0.0.1:0 > serving &
server=$!
trap 'kill $server 2> /dev/null || true; rm -rf "$folder"' EXIT
until grep -q Serving serving; do kill -0 $server; read -rt 0.05 _ < <(:) || true; done
url=$(sed -n 's/^Serving \(http[^ ]*\).*/\1/p' serving)
curl -sf -X POST "$url"orders/ -H 'Content-Type: application/json' -d '{"title":"first"}' > /dev/null
curl -sf "$url"orders/ | grep -q '"title":"first"'
curl -s -X POST "$url"orders/ -H 'Content-Type: application/json' -d '{"title":""}' | grep -q '"title"'
kill $server && wait $server
./manage dumpdata orders | grep -q '"model":"orders.Entry".*"title":{"S":"first"}'
./manage check --data

# The rows of data/ into another database, through HTTP, and back out of it.
./manage dumpdata --output rows.jsonl.gz
ddb-local --in-memory --port 0 > local &
server=$!
until grep -q 'http://' local; do kill -0 $server; read -rt 0.05 _ < <(:) || true; done
export DYNAMO_ENDPOINT_URL=$(grep -o 'http://[0-9.]*:[0-9]*' local | head -1) AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b
./manage loaddata rows.jsonl.gz
./manage dumpdata > there
unset DYNAMO_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
./manage dumpdata | cmp - there

# Models of the tables, in an app of their own.
./manage startapp found
./manage inspectdb --namespace found --output found/models.h
grep -q 'struct OrdersEntry : db::DynamoModel<OrdersEntry>' found/models.h
