#!/usr/bin/env python3
"""Runs the peer tests: real clients against ddb-local, both servers against one another, our search on OpenSearch.

    tests/peers/run.py [--build FOLDER] [SUITE…]      suites: see SUITES; all but those in a browser by default

DDB_NIGHTLY=1 makes the differential run its long form: 20,000 sequences.

The suites of DynamoDB's clients run twice: against DynamoDB Local, which proves the tests, and against ddb-local, which they are
for. A test reads its endpoint from DDB_ENDPOINT and whose it is from DDB_SERVER (ddb-local or dynamodb-local); the suite
`opensearch` runs on a node of OpenSearch, whose endpoint is in DDB_OPENSEARCH_URL.
"""

import argparse
import difflib
import os
import subprocess
import sys
import tempfile
import time

import servers

HERE = servers.HERE
ROOT = servers.ROOT
PYTHON = ROOT / "build" / "peers-venv" / "bin" / "python"
MOTO_PYTHON = ROOT / "build" / "peers-moto" / "bin" / "python"  # apart: it has some sixty packages
NODE = ROOT / "build" / "peers-node" / "bin" / "node"


DIFFERENTIAL_SECONDS = 75  # of the short form


def node():
    return str(NODE) if NODE.exists() else "node"


def sdk_command():
    return [node(), "--test", "--test-reporter=spec", "--test-concurrency=1", *sorted(str(path) for path in HERE.glob("sdk_*.test.mjs"))]


def boto3_command():
    return [str(PYTHON), "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", str(HERE / "boto3_test.py")]


def browser_command():
    return [node(), "--test", "--test-reporter=spec", str(HERE / "dynamodb_admin.test.mjs")]


def run(name, command, server, timeout, folder=HERE):
    """One suite on one server; whether it passed."""
    environment = {
        **os.environ,
        "DDB_ENDPOINT": server.url,
        "DDB_OPENSEARCH_URL": server.url,
        "DDB_SERVER": server.name,
        "DDB_BUILD": str(ROOT / "build"),
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    print(f"== {name} on {server.name}", flush=True)
    started = time.monotonic()
    try:
        status = subprocess.run(command, cwd=folder, env=environment, timeout=timeout).returncode
    except subprocess.TimeoutExpired:
        status = f"no end within {timeout} s"
    took = time.monotonic() - started
    ended = "" if server.alive() else f"; {server.name} ended by itself:\n{server.output()}"
    passed = status == 0 and server.alive()
    print(f"   {name} on {server.name}: {'passed' if passed else f'FAILED ({status})'} in {took:.0f} s{ended}", flush=True)
    return passed


def conformance(options):
    program = ROOT / options.build / "bin" / "conformance_test"
    with servers.DynamoDbLocal() as server:
        return run("conformance", [sys.executable, str(HERE / "conformance.py"), str(program), server.url], server, 1000)


def differential(options):
    with servers.DynamoDbLocal() as theirs, servers.DdbLocal(ddb_local(options)) as ours:
        command = [sys.executable, str(HERE / "differential.py"), "--ours", ours.url, "--theirs", theirs.url]
        if not os.environ.get("DDB_NIGHTLY"):
            # The short form takes the same sequences every time, so that it fails for a change; the long form looks for news.
            command += ["--seconds", str(DIFFERENTIAL_SECONDS), "--seed", "447740023"]
        if options.seed is not None:
            command += ["--seed", str(options.seed), "--sequences", "1"]
        return run("differential", command, ours, 7200) and theirs.alive()


def sigv4(options):
    """Our signatures against AWS's own signer."""
    requests = subprocess.run([str(ROOT / options.build / "bin" / "sigv4_oracle")], stdout=subprocess.PIPE, timeout=120)
    compared = subprocess.run([node(), str(HERE / "sigv4_oracle.mjs")], input=requests.stdout, timeout=300)
    return requests.returncode == 0 and compared.returncode == 0


def migrations(options):
    """The test shop's migrations end the same on DynamoDB Local, on ddb-local and on the embedded engine."""
    program = str(ROOT / options.build / "bin" / "migrate_shop")

    def end_of(where):
        environment = {**os.environ, "AWS_EC2_METADATA_DISABLED": "true"}
        ended = subprocess.run([program, where, "500", "60"], env=environment, capture_output=True, text=True, timeout=300)
        if ended.returncode != 0:
            print(f"   migrate_shop {where}: {ended.stderr}", flush=True)
            return None
        return [line for line in ended.stdout.splitlines() if line]

    with tempfile.TemporaryDirectory() as folder:
        ends = {"embedded": end_of(folder + "/data")}
    for make in (servers.DynamoDbLocal, lambda: servers.DdbLocal(ddb_local(options))):
        with make() as server:
            ends[server.name] = end_of(server.url)
    for name, end in ends.items():
        if end is None or end != ends["embedded"]:
            print(f"   migrations on {name}: another end than on the embedded engine", flush=True)
            print("\n".join(list(difflib.unified_diff(ends["embedded"] or [], end or [], "embedded", name, lineterm=""))[:40]))
            return False
    return True


def opensearch(options):
    """Our search backend on a real node, and a real client reading what it wrote."""
    programs = ROOT / options.build / "bin"
    client = [node(), "--test", "--test-reporter=spec", str(HERE / "opensearch_client.test.mjs")]
    with servers.OpenSearch() as server:
        passed = (
            run("the search backend", [str(programs / "opensearch_peer_test"), "--gtest_brief=1"], server, 900)
            and run("relevance beside the embedded backend", [str(programs / "search_relevance_peer_test"), "--gtest_brief=1"], server, 300, ROOT)
            and run("writing a sample", [str(programs / "opensearch_sample"), server.url], server, 120)
            and run("reading it by @opensearch-project/opensearch", client, server, 300)
        )
    # A node of its own, which is killed.
    chaos = [sys.executable, str(HERE / "search_chaos.py"), str(ROOT / options.build)]
    return passed and subprocess.run(chaos, timeout=7200).returncode == 0


def changes(options):
    """The reader of changes over HTTP, on both servers' streams."""
    return on_both("changes", lambda: [str(ROOT / options.build / "bin" / "change_reader_peer_test"), "--gtest_brief=1"])(options)


def blog(options):
    """The blog's pages in Chromium."""
    environment = {**os.environ, "DDB_BUILD": str(ROOT / "build"), "DDB_PROGRAMS": str(ROOT / options.build / "bin")}
    command = [node(), "--test", "--test-reporter=spec", str(HERE / "blog.test.mjs")]
    return subprocess.run(command, cwd=HERE, env=environment, timeout=600).returncode == 0


def admin(options):
    """The admin's pages, and the debug panel, in Chromium."""
    environment = {**os.environ, "DDB_BUILD": str(ROOT / "build"), "DDB_PROGRAMS": str(ROOT / options.build / "bin")}
    tests = sorted(str(path) for path in HERE.glob("admin_*.test.mjs"))
    command = [node(), "--test", "--test-reporter=spec", "--test-concurrency=2", *tests]
    return subprocess.run(command, cwd=HERE, env=environment, timeout=600).returncode == 0


def oidc(options):
    """A client and a verifier by others, with the local identity provider; setup_cognito with moto's user pools."""
    programs = ROOT / options.build / "bin"
    client = [node(), "--test", "--test-reporter=spec", str(HERE / "oidc_client.test.mjs")]
    with servers.OidcSite(programs / "oidc_site") as site:
        if not run("openid-client and aws-jwt-verify", client, site, 120):
            return False
    setup = [str(PYTHON), "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider", str(HERE / "cognito_test.py")]
    with servers.Moto(MOTO_PYTHON) as moto:
        os.environ["DDB_MANAGE"] = str(programs / "manage")
        return run("setup_cognito", setup, moto, 120)


def docker(options):
    """The files for Docker, read by linters."""
    return subprocess.run([sys.executable, str(HERE / "docker_files.py"), options.build], timeout=300).returncode == 0


def ddb_local(options):
    return ROOT / options.build / "bin" / "ddb-local"


def on_both(name, command, timeout=300):
    def suite(options):
        results = []
        for make in (servers.DynamoDbLocal, lambda: servers.DdbLocal(ddb_local(options))):
            with make() as server:
                results.append(run(name, command(), server, timeout))
        return all(results)

    return suite


SUITES = {
    "sdk": on_both("sdk", sdk_command),
    "boto3": on_both("boto3", boto3_command),
    "sigv4": sigv4,
    "conformance": conformance,
    "differential": differential,
    "migrations": migrations,
    "changes": changes,
    "opensearch": opensearch,
    "oidc": oidc,
    "docker": docker,
    "browser": on_both("browser", browser_command),
    "blog": blog,
    "admin": admin,
}
DEFAULT = [name for name in SUITES if name not in ("browser", "blog", "admin")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release", help="the build folder whose programs are used")
    parser.add_argument("--seed", type=int, default=None, help="of one sequence of the differential run, to see it again")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES))
    options = parser.parse_args()
    unknown = set(options.suites) - set(SUITES)
    if unknown:
        parser.error(f"no such suite: {', '.join(sorted(unknown))}")
    summary = []
    for name in options.suites or DEFAULT:
        started = time.monotonic()
        passed = SUITES[name](options)
        summary.append((name, passed, time.monotonic() - started))
    print()
    for name, passed, took in summary:
        print(f"peers: {name} {'passed' if passed else 'FAILED'} ({took:.0f} s)")
    return 0 if all(passed for _, passed, _ in summary) else 1


if __name__ == "__main__":
    sys.exit(main())
