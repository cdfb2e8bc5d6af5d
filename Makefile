# The two commands: `make run` serves the blog, `make test` runs every test. The rest is for developers.
BUILD := build/release
JOBS  ?= $(shell nproc)
ADDR  ?= 127.0.0.1:8000
FUZZ_SECONDS ?= 15

.PHONY: run install test bench bench-admin bench-compile bench-decode bench-home bench-orm bench-search bench-wire build deps format lint sanitizers tsan peers test-peers browser fuzz nightly clean help
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

deps:
	@scripts/install_deps.sh

build: deps ## build what `make run` runs
	@test -f $(BUILD)/build.ninja || cmake --preset release > /dev/null
	@cmake --build $(BUILD) -j $(JOBS)

PREFIX ?= /usr/local
install: ## install what was built below PREFIX (/usr/local)
	@cmake --install $(BUILD) --prefix $(PREFIX) > /dev/null
	@echo "installed below $(PREFIX): ddbdjango startproject <name> starts a project"

run: deps ## install, build, migrate, seed a sample and serve http://localhost:8000/
	@test -f $(BUILD)/build.ninja || cmake --preset release -DDDB_BUILD_TESTS=OFF -DDDB_BUILD_BENCHMARKS=OFF > /dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target manage
	@./manage migrate
	@./manage seed_posts --if-empty --without alice
	@exec ./manage runserver $(ADDR)

test: deps ## build everything but the benchmarks and run every test; the last line is a summary
	@cmake --preset release -DDDB_BUILD_TESTS=ON -DDDB_BUILD_BENCHMARKS=OFF > /dev/null
	@cmake --build $(BUILD) -j $(JOBS)
	@scripts/run_tests.sh $(BUILD)

sanitizers: deps ## tests of what parses or minds its memory, under AddressSanitizer and UndefinedBehaviorSanitizer; TESTS=all: every test
	@cmake --preset dev > /dev/null
	@cmake --build build/dev -j $(JOBS) --target $(if $(filter all,$(TESTS)),all,sanitized_tests)
	@ulimit -s 65536; scripts/run_tests.sh build/dev $(if $(filter all,$(TESTS)),,-L sanitized) # frames are larger than those of a release

tsan: deps ## tests of what has threads, under ThreadSanitizer; TESTS=all: every test
	@cmake --preset tsan > /dev/null
	@cmake --build build/tsan -j $(JOBS) --target $(if $(filter all,$(TESTS)),all,threaded_tests)
	@ulimit -s 65536; scripts/run_tests.sh build/tsan $(if $(filter all,$(TESTS)),,-L threaded)

peers: deps ## AWS's SDKs, boto3 and DynamoDB Local against ddb-local and the AWS client; search on OpenSearch
	@scripts/install_peers.sh
	@cmake --preset release -DDDB_BUILD_TESTS=ON > /dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target ddb-local manage conformance_test migrate_shop sigv4_oracle opensearch_peer_test opensearch_sample search_relevance_peer_test \
		change_reader_peer_test chaos_writer search_chaos_peer_test oidc_site
	@tests/peers/run.py --build $(BUILD)

test-peers: peers ## the same

browser: deps ## the blog's and the admin's pages in Chromium, and dynamodb-admin's on ddb-local
	@scripts/install_peers.sh
	@cmake --preset release -DDDB_BUILD_TESTS=ON > /dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target ddb-local manage admin_site
	@tests/peers/run.py --build $(BUILD) blog admin browser

fuzz: deps ## 15 seconds of each fuzzer
	@cmake --preset dev > /dev/null
	@cmake --build build/dev -j $(JOBS) --target fuzzers
	@scripts/run_fuzzers.sh build/dev $(FUZZ_SECONDS)

bench: deps ## print the figures that the README quotes
	@cmake --preset release -DDDB_BUILD_TESTS=ON -DDDB_BUILD_BENCHMARKS=ON > /dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target manage engine_bench
	@bench/run.py $(BUILD)

bench-admin: deps ## the admin on 1,000,000 posts, its exports, and what the debug panel costs
	@cmake --preset release -DDDB_BUILD_TESTS=ON -DDDB_BUILD_BENCHMARKS=ON > /dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target manage
	@bench/admin.py $(BUILD)

bench-compile: deps ## measure what a unit of 20 models and 60 queries costs to compile
	@bench/compile_time.py

bench-wire: deps ## measure ddb-local beside nginx and DynamoDB Local
	@cmake --preset release -DDDB_BUILD_TESTS=ON -DDDB_BUILD_BENCHMARKS=ON > /dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target ddb-local
	@bench/wire.py $(BUILD)

bench-decode: deps ## measure decoding a page of 1,000 posts from DynamoDB's JSON
	@cmake --preset release -DDDB_BUILD_TESTS=ON -DDDB_BUILD_BENCHMARKS=ON > /dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target wire_decode_bench
	@$(BUILD)/bin/wire_decode_bench

bench-orm: deps ## measure the models over the embedded engine, and beside boto3 and the JavaScript SDK
	@scripts/install_peers.sh
	@cmake --preset release -DDDB_BUILD_TESTS=ON -DDDB_BUILD_BENCHMARKS=ON > /dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target orm_bench ddb-local
	@bench/orm.py $(BUILD)

bench-home: deps ## the home page with 200,000 posts beside nginx serving the same bytes
	@cmake --preset release -DDDB_BUILD_TESTS=ON -DDDB_BUILD_BENCHMARKS=ON > /dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target manage
	@bench/home.py $(BUILD)

bench-search: deps ## index 200,000 posts on the embedded backend and on OpenSearch, search them, and wait for new ones
	@scripts/install_peers.sh
	@cmake --preset release -DDDB_BUILD_TESTS=ON -DDDB_BUILD_BENCHMARKS=ON > /dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target search_bench manage
	@bench/search.py $(BUILD)

nightly: deps ## the long forms of the tests: hundreds of kills, many random cases
	@cmake --preset release -DDDB_BUILD_TESTS=ON -DDDB_BUILD_BENCHMARKS=ON -DCMAKE_UNITY_BUILD=OFF > /dev/null
	@cmake --build $(BUILD) -j $(JOBS)
	@DDB_NIGHTLY=1 scripts/run_tests.sh $(BUILD)
	@DDB_NIGHTLY=1 $(MAKE) peers browser
	@$(MAKE) sanitizers TESTS=all
	@$(MAKE) tsan TESTS=all
	@$(MAKE) fuzz FUZZ_SECONDS=600

format: ## rewrite the sources as .clang-format says
	@git ls-files '*.cc' '*.h' | grep -v must_not_compile | xargs clang-format-14 -i

lint: deps ## check format, include directions and clang-tidy
	@scripts/lint.sh

clean: ## remove what was built
	@rm -rf build
