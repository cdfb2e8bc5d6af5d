#!/usr/bin/env python3
"""Measures the project beside its peers and limits, in one run on one machine, and prints every figure that the README quotes.

Usage: bench/run.py build/release [engine] [seed] [http] [start] [build]     (without names: all of them)

Machines are shared and noisy: peers alternate within a run, and figures are medians and ratios.
"""
import http.client
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SETTINGS = """
[dynamo_backend]
endpoint_url = "local:data"
[web]
debug = true
access_log = {access_log}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """A folder with settings and a database, and the manage program that works on it."""

    def __init__(self, build: pathlib.Path, folder: str, access_log: bool = True):
        self.manage = build / "bin" / "manage"
        self.folder = folder
        os.makedirs(f"{folder}/config", exist_ok=True)
        pathlib.Path(f"{folder}/config/settings.toml").write_text(SETTINGS.format(access_log=str(access_log).lower()))

    def run(self, *arguments: str) -> str:
        done = subprocess.run([self.manage, *arguments], cwd=self.folder, check=True, capture_output=True, text=True)
        return done.stdout

    def serve(self, port: int) -> subprocess.Popen:
        server = subprocess.Popen([self.manage, "runserver", str(port)], cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until_answers(port, "/healthz")
        return server


def wait_until_answers(port: int, path: str) -> None:
    """Spins until the first answer: the pause between tries is part of what is measured, so it is short."""
    deadline = time.monotonic() + 30
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                if connection.recv(64).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise SystemExit(f"nothing answers on port {port}")
        time.sleep(0.001)


def stop(server: subprocess.Popen) -> None:
    server.send_signal(signal.SIGTERM)
    server.wait(timeout=40)


def resident_mib(pid: int, field: str = "VmRSS") -> float:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return 0.0


def bench_engine(build: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory(prefix="ddbdjango-bench-") as folder:
        subprocess.run([build / "bin" / "engine_bench", f"{folder}/data", "1000000"], check=True)


def bench_seed(build: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory(prefix="ddbdjango-bench-") as folder:
        site = Site(build, folder)
        seeding = subprocess.Popen([site.manage, "seed_posts", "--posts", "200000"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        output = seeding.stdout.read().strip()
        _, status, usage = os.wait4(seeding.pid, 0)  # this process's own peak, not that of all children
        if status != 0:
            raise SystemExit("seed_posts failed")
        print(f"seed_posts --posts 200000: {output} Peak resident {usage.ru_maxrss / 1024:.0f} MiB.")
        bench_start(build, site)


def bench_start(build: pathlib.Path, site: "Site | None" = None) -> None:
    """On the database of 200,000 posts: exec to the first answer, and memory while idle."""
    if site is None:
        with tempfile.TemporaryDirectory(prefix="ddbdjango-bench-") as folder:
            site = Site(build, folder)
            site.run("seed_posts", "--posts", "200000")
            bench_start(build, site)
        return
    times, idle = [], []
    for _ in range(5):
        port = free_port()
        started = time.monotonic()
        server = subprocess.Popen([site.manage, "runserver", str(port)], cwd=site.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until_answers(port, "/api/posts/?limit=1")
        times.append((time.monotonic() - started) * 1000)
        idle.append(resident_mib(server.pid))
        stop(server)
    print(f"runserver on 200,000 posts: first answer {statistics.median(times):.0f} ms after exec, idle {statistics.median(idle):.0f} MiB resident (medians of 5)")


NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location / {{ default_type application/json; return 200 '{body}'; }}
  }}
}}
"""


def nginx_with(folder: str, port: int, body: str) -> subprocess.Popen:
    pathlib.Path(f"{folder}/nginx.conf").write_text(NGINX.format(folder=folder, port=port, body=body.replace("\\", "\\\\").replace("'", "\\'")))
    server = subprocess.Popen(["nginx", "-p", folder, "-c", f"{folder}/nginx.conf"], stderr=subprocess.DEVNULL)
    wait_until_answers(port, "/")
    return server


def wrk(url: str, seconds: int = 4, extra: tuple[str, ...] = ()) -> tuple[float, float]:
    """Requests per second and the 99th percentile in milliseconds."""
    out = subprocess.run(["wrk", "-t1", "-c64", f"-d{seconds}s", "--latency", *extra, url], check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in out:
        raise SystemExit(f"{url}: {out}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    return rate, float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def bench_http(build: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory(prefix="ddbdjango-bench-") as folder:
        site = Site(build, folder)
        site.run("seed_posts")
        port, nginx_port = free_port(), free_port()
        server = site.serve(port)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/api/authors/?limit=1")
        pk = json.loads(connection.getresponse().read())["authors"][0]["pk"]
        path = f"/api/authors/{pk}/"
        connection.request("GET", path)
        body = connection.getresponse().read().decode()
        connection.close()
        nginx = nginx_with(folder, nginx_port, body)
        wrk(f"http://127.0.0.1:{port}{path}", 1)
        wrk(f"http://127.0.0.1:{nginx_port}/", 1)
        ours, theirs = [], []
        for _ in range(5):
            ours.append(wrk(f"http://127.0.0.1:{port}{path}"))
            theirs.append(wrk(f"http://127.0.0.1:{nginx_port}/"))
        stop(nginx)
        stop(server)
    rate = statistics.median(o[0] for o in ours)
    peer = statistics.median(t[0] for t in theirs)
    share = statistics.median(o[0] / t[0] for o, t in zip(ours, theirs))
    latency = statistics.median(o[1] / t[1] for o, t in zip(ours, theirs))
    print(f"GET /api/authors/<pk>/, wrk -c64: {rate:.0f} requests/s, nginx (1 worker) returning the same {len(body)} bytes {peer:.0f}, ratio {share:.2f}; "
          f"p99 {statistics.median(o[1] for o in ours):.2f} ms against {statistics.median(t[1] for t in theirs):.2f} ms, ratio {latency:.1f} (medians of 5, access log on)")


def timed(*command: str, cwd: pathlib.Path = ROOT, **environment: str) -> float:
    started = time.monotonic()
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    return time.monotonic() - started


def bench_build(build: pathlib.Path) -> None:
    """A clean build without ccache's help, then one model edited and its test run."""
    with tempfile.TemporaryDirectory(prefix="ddbdjango-bench-") as folder:
        tree, output = pathlib.Path(folder) / "tree", f"{folder}/build"
        files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
        for name in filter(None, files):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
        timed("cmake", "-S", str(tree), "-B", output, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DDDB_BUILD_BENCHMARKS=OFF")
        clean = timed("cmake", "--build", output, "-j", "2", "--target", "manage", CCACHE_DISABLE="1")
        timed("cmake", "--build", output, "-j", "2", "--target", "demo_app_models_test")
        model = tree / "demo_app" / "models.h"
        model.write_text(model.read_text() + "\n// edited\n")
        cycle = timed("cmake", "--build", output, "-j", "2", "--target", "demo_app_models_test", CCACHE_DISABLE="1")
        cycle += timed(f"{output}/bin/demo_app_models_test", cwd=tree)
        print(f"clean build of what make run builds, 2 jobs, no ccache: {clean:.0f} s; one model edited and its test run: {cycle:.0f} s")


BENCHES = {"engine": bench_engine, "seed": bench_seed, "http": bench_http, "start": bench_start, "build": bench_build}


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        raise SystemExit(__doc__)
    build = (ROOT / sys.argv[1]).resolve()
    names = sys.argv[2:] or ["engine", "seed", "http", "build"]  # seed measures start, too
    cpu = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    print(f"machine: {os.cpu_count()} x {cpu.group(1) if cpu else platform.processor()}, load {os.getloadavg()[0]:.1f}")
    sys.stdout.flush()
    for name in names:
        BENCHES[name](build)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
