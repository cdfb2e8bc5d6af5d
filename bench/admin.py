#!/usr/bin/env python3
"""Measures the admin on a table of 1,000,000 posts, and what the debug panel costs: `make bench-admin`.

Usage: bench/admin.py build/release [--posts 1000000] [--rounds 400]

The changelist's pages are walked by their links as staff do, up to the 1,000th; their times are the server's own, of its access
log, and their read units those of their footers. Exports are read to their end. For the panel two kinds of requests of one server
in DEBUG take turns, twenty at a time: those that it shows to this machine, and those that it does not look at, because a proxy has
sent them; the figure is the server's CPU time for one, of user and system as the kernel's scheduler counts it.
"""
import argparse
import html
import http.client
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from run import Site, free_port, resident_mib, stop, wait_until_answers  # noqa: E402

SETTINGS = """
[dynamo_backend]
endpoint_url = "local:data"
[web]
debug = {debug}
allowed_hosts = ["127.0.0.1", "localhost"]
json_logs = true
access_log = {access_log}
"""
PASSWORD = "a-password-of-the-bench"
LIST = "/admin/demo_app/post/"
ASKED = 50  # times that a page is asked for


def use_settings(site: Site, debug: bool, access_log: bool) -> None:
    settings = SETTINGS.format(debug=str(debug).lower(), access_log=str(access_log).lower())
    pathlib.Path(f"{site.folder}/config/settings.toml").write_text(settings)


def seed(site: Site, posts: int) -> None:
    site.run("seed_posts", "--posts", str(posts))
    site.run("opensearch_reindex", "demo_app.Post")  # or the server would, beside what is measured
    subprocess.run([site.manage, "createsuperuser", "--noinput", "--username", "staff", "--email", "staff@example.com"], cwd=site.folder, check=True,
                   stdout=subprocess.DEVNULL, env={**os.environ, "DJANGO_SUPERUSER_PASSWORD": PASSWORD})


class Staff:
    """A member of staff who is signed in, on one connection."""

    def __init__(self, port: int):
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.cookies: dict[str, str] = {}
        page, _ = self.ask("GET", "/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]*)"', page).group(1)
        form = {"csrfmiddlewaretoken": token, "next": "/admin/", "login": "staff", "password": PASSWORD}
        self.ask("POST", "/accounts/login/", form)

    def start(self, method: str, path: str, form: "dict | None" = None) -> http.client.HTTPResponse:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, urllib.parse.urlencode(form) if form else None, headers)
        response = self.connection.getresponse()
        for cookie in response.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        if response.status not in (200, 303):
            raise SystemExit(f"{method} {path}: {response.status} {response.read().decode()}")
        return response

    def ask(self, method: str, path: str, form: "dict | None" = None) -> tuple[str, str]:
        """The page, and the request's id, by which the access log tells of it."""
        response = self.start(method, path, form)
        return response.read().decode(), response.headers["X-Request-Id"]


# ---- the changelist

def walk(staff: Staff, pages: int) -> tuple[str, int]:
    """The address of the page of this number, by the links of those before it, and its number."""
    path = LIST
    for number in range(1, pages):
        page, _ = staff.ask("GET", path)
        link = re.search(r'rel="next" href="([^"]*)"', page)
        if not link:
            return path, number
        path = html.unescape(link.group(1))
    return path, pages


def ask_often(staff: Staff, path: str) -> tuple[list[str], float]:
    """The ids of the requests, and the most read units that a footer told."""
    ids, units = [], 0.0
    for _ in range(ASKED):
        page, request_id = staff.ask("GET", path)
        if page.count('class="row"') != 50:
            raise SystemExit(f"{path}: not a page of 50 rows")
        ids.append(request_id)
        units = max(units, float(re.search(r"This page took .*?([\d.,]+) RCU", page).group(1).replace(",", "")))
    return ids, units


def milliseconds(log: str) -> dict[str, float]:
    """What each request took at the server, by its id."""
    took = {}
    for line in pathlib.Path(log).read_text().splitlines():
        record = json.loads(line) if line.startswith('{"time"') else {}
        if record.get("event") == "request":
            took[record["request_id"]] = record["duration_us"] / 1000
    return took


# ---- exports

def export(staff: Staff, server: int, file_format: str, posts: int) -> str:
    """Reads an export to its end; the server's peak of memory is read before, at a half and after."""
    mark = b"\r\n" if file_format == "csv" else b"\n"
    before, at_half, rows, size = resident_mib(server), 0.0, -1 if file_format == "csv" else 0, 0
    started, cpu = time.monotonic(), cpu_seconds(server)
    response = staff.start("GET", f"{LIST}export/?format={file_format}")
    last = b""
    while piece := response.read(1 << 18):
        rows += (last + piece).count(mark)
        last = piece[-1:] if file_format == "csv" else b""
        size += len(piece)
        if not at_half and rows >= posts // 2:
            at_half = resident_mib(server, "VmHWM")
    seconds, cpu = time.monotonic() - started, cpu_seconds(server) - cpu
    if rows != posts:
        raise SystemExit(f"the export has {rows} rows, not {posts}")
    return (f"export of {rows} rows as {file_format}, {size / 1e6:.0f} MB: {rows / seconds:.0f} rows/s, {cpu:.1f} s of the server's CPU; "
            f"resident {before:.0f} MiB before, peak {at_half:.0f} MiB at half of the rows, {resident_mib(server, 'VmHWM'):.0f} MiB at the end")


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure_admin(site: Site, posts: int) -> None:
    use_settings(site, debug=False, access_log=True)
    port, log = free_port(), f"{site.folder}/access.log"
    with open(log, "w") as out:
        server = subprocess.Popen([site.manage, "runserver", str(port)], cwd=site.folder, stdout=out, stderr=subprocess.DEVNULL)
    wait_until_answers(port, "/healthz")
    staff = Staff(port)
    first, first_units = ask_often(staff, LIST)
    path, number = walk(staff, 1000)
    far, far_units = ask_often(staff, path)
    exports = [export(staff, server.pid, file_format, posts) for file_format in ("csv", "jsonl")]
    stop(server)
    took = milliseconds(log)
    for name, ids, units in (("first page", first, first_units), (f"page {number}", far, far_units)):
        times = sorted(took[request_id] for request_id in ids)
        print(f"changelist of {posts} posts, 50 rows, {name}: {statistics.median(times):.1f} ms at the server (longest of {len(times)}: {times[-1]:.1f} ms), "
              f"{units:g} RCU")
    print("\n".join(exports), flush=True)


# ---- the debug panel

# Of one length: the panel leaves alone what a proxy has sent.
WITH, WITHOUT = ({"X-Unforward-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.1"})


def cpu_microseconds(pid: int) -> float:
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1000


def measure_panel(site: Site, rounds: int) -> None:
    use_settings(site, debug=True, access_log=False)
    port = free_port()
    server = site.serve(port)
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def microseconds(path: str, headers: dict[str, str], requests: int) -> float:
        before = cpu_microseconds(server.pid)
        for _ in range(requests):
            connection.request("GET", path, headers=headers)
            connection.getresponse().read()
        return cpu_microseconds(server.pid) - before

    for path in ("/", "/api/posts/"):
        for headers in (WITH, WITHOUT):
            microseconds(path, headers, 300)
        ons, offs = [], []
        for _ in range(rounds):
            off = microseconds(path, WITHOUT, 20)
            ons.append(microseconds(path, WITH, 40) / 40)
            offs.append((off + microseconds(path, WITHOUT, 20)) / 40)
        ratios = [(on / off - 1) * 100 for on, off in zip(ons, offs)]
        error = 1.25 * statistics.stdev(ratios) / len(ratios) ** 0.5
        print(f"GET {path} in DEBUG: {statistics.median(ons):.1f} µs of the server's CPU with the panel, {statistics.median(offs):.1f} µs without: "
              f"{statistics.median(ratios):+.1f} % (median of {rounds} rounds; standard error {error:.1f})", flush=True)
    stop(server)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=400)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ddbdjango-bench-") as folder:
        site = Site(options.build.resolve(), folder)
        seed(site, options.posts)
        measure_admin(site, options.posts)
        measure_panel(site, options.rounds)


if __name__ == "__main__":
    main()
