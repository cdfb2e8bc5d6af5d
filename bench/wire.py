#!/usr/bin/env python3
"""Measures ddb-local on the wire beside nginx and DynamoDB Local, in one run on one machine: `make bench-wire`.

Usage: bench/wire.py build/release [--jar FILE] [--seconds 4] [--rounds 5] [--only get,put,query,start,idle,large]

wrk with 64 connections, 500-byte items, 100,000 of them. The servers take turns in every round; figures are medians over
the rounds, and medians of the rounds' ratios. ddb-local keeps its data on disk (an fsync before every write's answer),
DynamoDB Local in memory and warmed. Without the jar the comparisons with it are left out.
"""
import argparse
import http.client
import json
import os
import pathlib
import random
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from run import ROOT, free_port, nginx_with, resident_mib, stop, wait_until_answers  # noqa: E402

ITEMS = 100_000
PER_AUTHOR = 20
JAR = ROOT / "tests/peers/node_modules/amplify-dynamodb-simulator/emulator/DynamoDBLocal.jar"
HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
}
TABLE = {
    "TableName": "posts",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in (("pk", "S"), ("author", "S"), ("created", "N"))],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [{
        "IndexName": "by_author",
        "KeySchema": [{"AttributeName": "author", "KeyType": "HASH"}, {"AttributeName": "created", "KeyType": "RANGE"}],
        "Projection": {"ProjectionType": "ALL"},
    }],
}


def item(number: int) -> dict:
    """500 bytes as DynamoDB counts them."""
    row = {
        "pk": {"S": f"post-{number:08d}"},
        "author": {"S": f"author-{number // PER_AUTHOR:07d}"},
        "created": {"N": str(1_700_000_000 + number)},
        "title": {"S": f"The post number {number}"},
        "views": {"N": str(number % 1000)},
    }
    size = sum(len(name) + len(next(iter(value.values()))) for name, value in row.items())
    row["text"] = {"S": "x" * (500 - size - 4)}
    return row


class Connection:
    def __init__(self, port: int):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, operation: str, request: dict) -> str:
        self.http.request("POST", "/", json.dumps(request), {**HEADERS, "X-Amz-Target": f"DynamoDB_20120810.{operation}"})
        response = self.http.getresponse()
        body = response.read().decode()
        if response.status != 200:
            raise SystemExit(f"{operation}: {response.status} {body}")
        return body


def load(port: int) -> None:
    connection = Connection(port)
    connection.call("CreateTable", TABLE)
    for start in range(0, ITEMS, 25):
        rows = [{"PutRequest": {"Item": item(n)}} for n in range(start, start + 25)]
        connection.call("BatchWriteItem", {"RequestItems": {"posts": rows}})


def get_request(number: int) -> dict:
    return {"TableName": "posts", "Key": {"pk": {"S": f"post-{number:08d}"}}}


def put_request(number: int) -> dict:
    return {"TableName": "posts", "Item": item(number)}


def query_request(number: int) -> dict:
    return {
        "TableName": "posts", "IndexName": "by_author", "KeyConditionExpression": "author = :a",
        "ExpressionAttributeValues": {":a": {"S": f"author-{number // PER_AUTHOR:07d}"}},
    }


OPERATIONS = {"get": ("GetItem", get_request), "put": ("PutItem", put_request), "query": ("Query", query_request)}


def write_script(path: pathlib.Path, operation: str, make, items: int = ITEMS) -> None:
    """A wrk script that sends 2,000 different requests in turn."""
    chosen = random.Random(1).sample(range(items), 2000)
    bodies = "\n".join(f"  {json.dumps(json.dumps(make(n)))}," for n in chosen)
    lines = "\n".join(f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}" for k, v in {**HEADERS, "X-Amz-Target": f"DynamoDB_20120810.{operation}"}.items())
    path.write_text(f"""
local bodies = {{
{bodies}
}}
local requests = {{}}
local at = 0
wrk.method = "POST"
{lines}
function init(args)
  for i, body in ipairs(bodies) do requests[i] = wrk.format(nil, nil, nil, body) end
end
function request()
  at = at % #requests + 1
  return requests[at]
end
function done(summary, latency, requests)
  local errors = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %f %f %f %d\\n", summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000, errors))
end
""")


def wrk(port: int, script: pathlib.Path, seconds: int) -> tuple[float, float, float]:
    """Requests per second, and the 50th and 99th percentile in milliseconds."""
    out = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}/"], check=True, capture_output=True, text=True).stdout
    rate, p50, p99, errors = out.split("RESULT ")[1].split()
    if int(errors) > 0:
        raise SystemExit(f"{script.name}: {errors} errors\n{out}")
    return float(rate), float(p50), float(p99)


def serve(build: pathlib.Path, folder: str, port: int) -> subprocess.Popen:
    server = subprocess.Popen([build / "bin" / "ddb-local", "--port", str(port), "--db-path", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until_answers(port, "/")
    return server


def serve_java(jar: pathlib.Path, folder: str, port: int) -> subprocess.Popen:
    server = subprocess.Popen(["java", f"-Djava.library.path={jar.parent / 'DynamoDBLocal_lib'}", "-jar", str(jar), "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)],
                              cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while True:
        try:
            Connection(port).call("ListTables", {})
            return server
        except OSError:
            if time.monotonic() > deadline:
                raise SystemExit("DynamoDB Local does not answer")
            time.sleep(0.1)


def medians(runs: list[tuple[float, float, float]]) -> tuple[float, float, float]:
    return tuple(statistics.median(run[i] for run in runs) for i in range(3))


def compare(name: str, options, ports: dict[str, int], folder: pathlib.Path) -> None:
    script = folder / f"{name}.lua"
    write_script(script, *OPERATIONS[name])
    runs: dict[str, list] = {peer: [] for peer in ports}
    for peer, port in ports.items():
        wrk(port, script, 6 if peer == "local" else 1)  # warm
    for _ in range(options.rounds):
        for peer, port in ports.items():
            runs[peer].append(wrk(port, script, options.seconds))
    ours = medians(runs["ours"])
    line = f"{OPERATIONS[name][0]}: {ours[0]:.0f} requests/s, p50 {ours[1]:.2f} ms, p99 {ours[2]:.2f} ms"
    for peer, title in (("nginx", "nginx, 1 worker, same bytes"), ("local", "DynamoDB Local in memory")):
        if peer not in runs:
            continue
        theirs = medians(runs[peer])
        ratio = statistics.median(o[0] / t[0] for o, t in zip(runs["ours"], runs[peer]))
        slow = statistics.median(o[2] / t[2] for o, t in zip(runs["ours"], runs[peer]))
        line += f"; {title} {theirs[0]:.0f} requests/s, p99 {theirs[2]:.2f} ms: {ratio:.2f} times its rate, p99 {slow:.2f} of its"
    print(line, flush=True)


def bench_operations(build: pathlib.Path, options, names: list[str]) -> None:
    with tempfile.TemporaryDirectory(prefix="ddbdjango-wire-", dir=options.folder) as text:
        folder = pathlib.Path(text)
        ports = {"ours": free_port()}
        servers = [serve(build, f"{folder}/data", ports["ours"])]
        load(ports["ours"])
        if options.jar.exists():
            ports["local"] = free_port()
            servers.append(serve_java(options.jar, text, ports["local"]))
            load(ports["local"])
        else:
            print(f"DynamoDB Local is not at {options.jar}: left out (tests/peers installs it, --jar names another place)")
        for name in names:
            peers = dict(ports)
            nginx = None
            if name == "get":
                peers["nginx"] = free_port()
                nginx = nginx_with(text, peers["nginx"], Connection(ports["ours"]).call("GetItem", get_request(5)))
            compare(name, options, peers, folder)
            if nginx:
                stop(nginx)
        for server in servers:
            stop(server)


def bench_start(build: pathlib.Path, options) -> None:
    with tempfile.TemporaryDirectory(prefix="ddbdjango-wire-", dir=options.folder) as folder:
        port = free_port()
        server = serve(build, f"{folder}/data", port)
        load(port)
        stop(server)
        times, idle = [], []
        for _ in range(7):
            port = free_port()
            started = time.monotonic()
            server = serve(build, f"{folder}/data", port)
            times.append((time.monotonic() - started) * 1000)
            idle.append(resident_mib(server.pid))
            stop(server)
        print(f"start on {ITEMS:,} items: first answer {statistics.median(times):.0f} ms after exec, idle {statistics.median(idle):.0f} MiB resident (medians of 7)", flush=True)


def bench_idle(build: pathlib.Path, options) -> None:
    count = 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count + 100:
        raise SystemExit(f"{count} connections need a limit of as many open files; it is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 100), hard))
    with tempfile.TemporaryDirectory(prefix="ddbdjango-wire-", dir=options.folder) as folder:
        port = free_port()
        server = serve(build, f"{folder}/data", port)
        before = resident_mib(server.pid)
        request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        sockets = []
        for _ in range(count):
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
            connection.sendall(request)
            connection.recv(1024)
            sockets.append(connection)
        held = resident_mib(server.pid) - before
        for connection in sockets[::100]:  # they are alive, not merely open
            connection.sendall(request)
            if not connection.recv(1024).startswith(b"HTTP/1.1 200"):
                raise SystemExit("an idle connection was closed")
        for connection in sockets:
            connection.close()
        stop(server)
        print(f"{count:,} idle connections: {held:.0f} MiB more resident", flush=True)


def load_file(build: pathlib.Path, folder: str, items: int) -> None:
    """Through `ddb-local import`, which takes items as fast as the engine does."""
    importer = subprocess.Popen([build / "bin" / "ddb-local", "import", "--db-path", folder], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    importer.stdin.write(json.dumps({"Table": TABLE}, separators=(",", ":")) + "\n")
    for start in range(0, items, 1000):
        importer.stdin.write("".join(json.dumps({"Item": item(n)}) + "\n" for n in range(start, min(start + 1000, items))))
    importer.stdin.close()
    if importer.wait() != 0:
        raise SystemExit("the import failed")


def bench_large(build: pathlib.Path, options) -> None:
    """The same requests on a table of 10,000 items and on a large one, in turns."""
    with tempfile.TemporaryDirectory(prefix="ddbdjango-wire-", dir=options.folder) as text:
        folder = pathlib.Path(text)
        tables = pathlib.Path(options.tables or text)
        sizes = {10_000: free_port(), options.items: free_port()}
        servers = []
        for size, port in sizes.items():
            if not (tables / f"{size}.loaded").exists():
                started = time.monotonic()
                load_file(build, f"{tables}/{size}", size)
                print(f"import of {size:,} items: {size / (time.monotonic() - started):.0f} items/s", flush=True)
                (tables / f"{size}.loaded").touch()
            servers.append(serve(build, f"{tables}/{size}", port))
        for name in ("get", "query"):
            runs: dict[int, list] = {size: [] for size in sizes}
            scripts = {}
            for size in sizes:
                scripts[size] = folder / f"{name}-{size}.lua"
                write_script(scripts[size], *OPERATIONS[name], size)
            for round_number in range(options.rounds + 1):
                for size, port in sizes.items():
                    run = wrk(port, scripts[size], options.seconds)
                    if round_number > 0:  # the first warms
                        runs[size].append(run)
            ratio = statistics.median(large[1] / small[1] for small, large in zip(*runs.values()))
            p50 = [medians(each)[1] for each in runs.values()]
            print(f"{OPERATIONS[name][0]}: p50 {p50[0]:.2f} ms on 10,000 items, {p50[1]:.2f} ms on {options.items:,}: {ratio:.2f} times", flush=True)
        for server in servers:
            stop(server)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--jar", type=pathlib.Path, default=pathlib.Path(os.environ.get("DYNAMODB_LOCAL_JAR", JAR)))
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="where to keep the data; on a disk, or fsync costs nothing")
    parser.add_argument("--only", default="get,put,query,start,idle", help="also: large")
    parser.add_argument("--items", type=int, default=10_000_000, help="of large")
    parser.add_argument("--tables", help="of large: a folder that keeps the tables for the next run; loading takes minutes")
    options = parser.parse_args()
    build = options.build.resolve()
    names = options.only.split(",")
    print(f"machine: {os.cpu_count()} hardware threads, load {os.getloadavg()[0]:.1f}", flush=True)
    operations = [name for name in names if name in OPERATIONS]
    if operations:
        bench_operations(build, options, operations)
    if "start" in names:
        bench_start(build, options)
    if "idle" in names:
        bench_idle(build, options)
    if "large" in names:
        bench_large(build, options)


if __name__ == "__main__":
    main()
