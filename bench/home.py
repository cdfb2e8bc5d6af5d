#!/usr/bin/env python3
"""Measures the blog's home page with 200,000 posts beside nginx serving the same bytes: `make bench-home`.

Usage: bench/home.py build/release [--posts 200000] [--rounds 5]

wrk with 64 connections, without compression; one worker each; the servers take turns in every round, and figures are medians
over the rounds and of the rounds' ratios. Every view reads the feed from the database: what is reused is what its rows became
when they were the same.
"""
import argparse
import http.client
import pathlib
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from run import Site, free_port, stop, wait_until_answers, wrk  # noqa: E402

SETTINGS = """
[dynamo_backend]
endpoint_url = "local:data"
[web]
debug = false
allowed_hosts = ["127.0.0.1", "localhost"]
access_log = false
"""

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  sendfile on;
  open_file_cache max=100;
  default_type text/html;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    root {folder}/page;
  }}
}}
"""


def nginx_with(folder: str, port: int, page: str) -> subprocess.Popen:
    """The page as a file, which nginx keeps open and the kernel in memory."""
    pathlib.Path(f"{folder}/page").mkdir(mode=0o755)
    pathlib.Path(folder).chmod(0o755)
    pathlib.Path(f"{folder}/page/index.html").write_text(page)
    pathlib.Path(f"{folder}/nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    server = subprocess.Popen(["nginx", "-p", folder, "-c", f"{folder}/nginx.conf"], stderr=subprocess.DEVNULL)
    wait_until_answers(port, "/")
    return server


def page_of(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(3):  # the first views fill what is kept in memory
        connection.request("GET", "/")
        response = connection.getresponse()
        page = response.read().decode()
        if response.status != 200:
            raise SystemExit(f"/: {response.status} {page}")
    connection.close()
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--posts", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ddbdjango-bench-") as folder:
        site = Site(options.build.resolve(), folder)
        pathlib.Path(f"{folder}/config/settings.toml").write_text(SETTINGS)
        site.run("seed_posts", "--posts", str(options.posts))
        port, nginx_port = free_port(), free_port()
        server = site.serve(port)
        page = page_of(port)
        nginx = nginx_with(folder, nginx_port, page)
        wrk(f"http://127.0.0.1:{port}/", 2)
        wrk(f"http://127.0.0.1:{nginx_port}/", 1)
        rounds = [(wrk(f"http://127.0.0.1:{port}/"), wrk(f"http://127.0.0.1:{nginx_port}/")) for _ in range(options.rounds)]
        stop(nginx)
        stop(server)
    ours = statistics.median(o[0] for o, _ in rounds)
    theirs = statistics.median(t[0] for _, t in rounds)
    share = statistics.median(o[0] / t[0] for o, t in rounds)
    print(f"GET / with {options.posts} posts, wrk -c64: {ours:.0f} requests/s, nginx (1 worker) returning the same {len(page.encode())} bytes {theirs:.0f}, "
          f"ratio {share:.2f}; p99 {statistics.median(o[1] for o, _ in rounds):.2f} ms against {statistics.median(t[1] for _, t in rounds):.2f} ms")


if __name__ == "__main__":
    main()
