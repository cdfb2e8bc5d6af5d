#!/usr/bin/env python3
"""Checks Dockerfile and docker-compose.yml without Docker.

    docker_files.py BUILD

hadolint reads the one, dclint the other (against the Compose specification's schema); what the Dockerfile copies is there and not
ignored; and the Debian packages of the libraries that BUILD's `manage` is linked with are those that the image installs.
"""

import pathlib
import platform
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HADOLINT = ROOT / "build" / "peers-venv" / "bin" / "hadolint"
DCLINT = HERE / "node_modules" / ".bin" / "dclint"
# What every Debian image has.
ESSENTIAL = {"libc6", "libgcc-s1", "libstdc++6", "zlib1g", "libbz2-1.0", "liblz4-1", "libzstd1"}


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=120, check=True).stdout


def packages_of(program):
    """The packages of the shared libraries that the program itself names."""
    names = re.findall(r"NEEDED.*\[(.*)\]", output_of("readelf", "-d", str(program)))
    found = set()
    for name in names:
        lines = output_of("dpkg", "-S", f"*/{platform.machine()}-linux-gnu/{name}").splitlines()
        found |= {line.split(":")[0] for line in lines if not line.split(":")[0].endswith("-dev")}
    return found


def problems(build):
    dockerfile = (ROOT / "Dockerfile").read_text()
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for source in re.findall(r"^COPY (?!--from)(\S+) \S+$", dockerfile, re.MULTILINE):
        if source != "." and not any(source == name or source.startswith(name + "/") for name in allowed):
            yield f"Dockerfile copies {source}, which .dockerignore leaves out"
    for name in allowed:
        if not (ROOT / name).exists():
            yield f".dockerignore names {name}, which is not there"
    installed = set(re.findall(r"\b[a-z0-9.+-]+\b", dockerfile.split("apt-get install")[1].split("&&")[0]))
    for package in sorted(packages_of(build / "bin" / "manage") - ESSENTIAL - installed):
        yield f"manage needs {package}, which the image does not install"


def main():
    failed = False
    for command in ([str(HADOLINT), "Dockerfile"], [str(DCLINT), "--quiet", "docker-compose.yml"]):
        failed |= subprocess.run(command, cwd=ROOT, timeout=120).returncode != 0
    for problem in problems(ROOT / sys.argv[1]):
        print(problem)
        failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
