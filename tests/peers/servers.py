"""The servers that the peer tests speak to, each on a free port of its own: ddb-local and DynamoDB Local in memory, OpenSearch.

    with DdbLocal("build/release/bin/ddb-local") as ours, DynamoDbLocal() as theirs: … ours.url …

Each waits until its server answers and ends it by its process at the end. What a server prints goes to a file that is shown
when it does not start or ends early.
"""

import http.client
import os
import pathlib
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EMULATOR = HERE / "node_modules" / "amplify-dynamodb-simulator" / "emulator"
OPENSEARCH = ROOT / "build" / "peers-opensearch"

START_SECONDS = 180  # of a loaded machine; DynamoDB Local takes two on an idle one, OpenSearch three


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A child process that serves HTTP on self.port."""

    def __init__(self, name, command, port, cwd=None, stdin=subprocess.DEVNULL):
        self.name, self.command, self.port, self.cwd, self.stdin = name, command, port, cwd, stdin
        self.url = f"http://127.0.0.1:{port}"

    def __enter__(self):
        self.log = tempfile.NamedTemporaryFile(prefix=self.name + "-", suffix=".log", mode="w+")
        self.start()
        return self

    def start(self):
        """Starts it, or starts it again on its port once it was killed."""
        self.process = subprocess.Popen(
            self.command, cwd=self.cwd, stdin=self.stdin, stdout=self.log, stderr=subprocess.STDOUT
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"{self.name} does not start: {' '.join(self.command)}\n{self.output()}")
            time.sleep(0.02)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()

    def alive(self):
        return self.process.poll() is None

    def output(self):
        self.log.seek(0)
        return self.log.read()[-20_000:]

    def is_ready(self, status):
        """Whether it serves when it answers GET / with that status."""
        return True

    def _answers(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/")
            response = connection.getresponse()
            response.read()
            return self.is_ready(response.status)
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class DdbLocal(Server):
    def __init__(self, program=None, options=()):
        program = str(program or os.environ.get("DDB_LOCAL", ROOT / "build/release/bin/ddb-local"))
        if not os.access(program, os.X_OK):
            raise RuntimeError(f"{program} is not there: build the target ddb-local")
        port = free_port()
        super().__init__("ddb-local", [program, "-port", str(port), "-inMemory", *options], port)


class DynamoDbLocal(Server):
    """AWS's own emulator. One database for all credentials and regions; tables change states at once."""

    def __init__(self, options=()):
        if not (EMULATOR / "DynamoDBLocal.jar").exists():
            raise RuntimeError("DynamoDB Local is not there: run scripts/install_peers.sh")
        port = free_port()
        command = ["java", "-Xmx1g", "-Djava.library.path=./DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"]
        super().__init__(
            "dynamodb-local", [*command, "-inMemory", "-sharedDb", "-port", str(port), *options], port, cwd=EMULATOR
        )


class OidcSite(Server):
    """The local identity provider, alone."""

    def __init__(self, program):
        port = free_port()
        super().__init__("oidc-site", [str(program), str(port)], port, cwd=ROOT)


class Moto(Server):
    """AWS as moto imitates it: Cognito user pools."""

    def __init__(self, python):
        port = free_port()
        super().__init__("moto", [str(python), "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port)


class OpenSearch(Server):
    """One OpenSearch node of some 250 MB in this folder, else in a temporary one. It ends with this process, however that ends."""

    # Both of them halve what starting takes; a measurement wants neither.
    QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m")

    def __init__(self, folder=None, java_options=QUICK_START, port=None):
        if not (OPENSEARCH / "Node.class").exists():
            raise RuntimeError("OpenSearch is not there: run scripts/install_peers.sh")
        self.temporary = None if folder else tempfile.TemporaryDirectory(prefix="opensearch-")
        folder = folder or self.temporary.name
        port = port or free_port()
        command = ["java", *java_options, "-cp", f"{OPENSEARCH}:{OPENSEARCH}/lib/*", "Node", str(port), str(folder)]
        super().__init__("opensearch", command, port, stdin=subprocess.PIPE)

    def __exit__(self, *_):
        super().__exit__()
        if self.temporary:
            self.temporary.cleanup()

    def is_ready(self, status):
        return status == 200  # 503 until the node has elected itself
