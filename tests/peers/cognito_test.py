"""setup_cognito against moto's user pools, seen with boto3."""

import http.server
import os
import pathlib
import re
import subprocess
import threading

import boto3
import pytest

ENDPOINT = os.environ["DDB_ENDPOINT"]


def client():
    return boto3.client("cognito-idp", endpoint_url=ENDPOINT, region_name="eu-central-1")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text('[dynamo_backend]\nendpoint_url = "local::memory:"\n')
    return tmp_path


def setup_cognito(folder: pathlib.Path, *options):
    command = [os.environ["DDB_MANAGE"], "setup_cognito", "--aws", "--region", "eu-central-1", "--endpoint-url", ENDPOINT, *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def value(output, name):
    return re.search(rf'^{name} = "(.*)"$', output, re.M).group(1)


def test_makes_what_is_missing_and_nothing_twice(folder):
    first = setup_cognito(folder)
    pool, app = value(first, "user_pool_id"), value(first, "client_id")
    assert "Made: user pool ddbdjango" in first
    found = client().describe_user_pool_client(UserPoolId=pool, ClientId=app)["UserPoolClient"]
    assert found["ClientName"] == "ddbdjango-client"
    assert found["AllowedOAuthFlows"] == ["code"]
    assert sorted(found["AllowedOAuthScopes"]) == ["email", "openid", "profile"]
    assert found["CallbackURLs"] == ["http://localhost:8000/accounts/amazon-cognito/login/callback/"]
    assert found["ClientSecret"] in first
    user = client().admin_get_user(UserPoolId=pool, Username="demo")
    assert {"Name": "email", "Value": "demo@ddblog.local"} in user["UserAttributes"]
    assert user["UserStatus"] == "CONFIRMED"
    domain = value(first, "domain").removeprefix("https://").split(".")[0]
    assert client().describe_user_pool_domain(Domain=domain)["DomainDescription"]["UserPoolId"] == pool

    second = setup_cognito(folder)
    assert "Everything was there." in second
    assert (value(second, "user_pool_id"), value(second, "client_id")) == (pool, app)
    assert len([p for p in client().list_user_pools(MaxResults=60)["UserPools"] if p["Name"] == "ddbdjango"]) == 1
    assert len(client().list_user_pool_clients(UserPoolId=pool, MaxResults=60)["UserPoolClients"]) == 1


def test_adds_another_address_to_the_client(folder):
    pool = value(setup_cognito(folder), "user_pool_id")
    output = setup_cognito(folder, "--site-url", "https://blog.example/")
    assert "Made: addresses of app client" in output
    found = client().describe_user_pool_client(UserPoolId=pool, ClientId=value(output, "client_id"))["UserPoolClient"]
    assert sorted(found["CallbackURLs"]) == [
        "http://localhost:8000/accounts/amazon-cognito/login/callback/",
        "https://blog.example/accounts/amazon-cognito/login/callback/",
    ]
    assert "https://blog.example/" in found["LogoutURLs"]
    assert found["AllowedOAuthFlows"] == ["code"]
    assert "Everything was there." in setup_cognito(folder, "--site-url", "https://blog.example")


def test_tells_what_aws_refuses(folder):
    command = [os.environ["DDB_MANAGE"], "setup_cognito", "--aws", "--region", "eu-central-1", "--endpoint-url", "http://127.0.0.1:1"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Cognito: ListUserPools" in done.stderr


class Recorder(http.server.BaseHTTPRequestHandler):
    """Refuses everything, and remembers the session tokens that it was sent."""

    tokens = []

    def do_POST(self):
        self.tokens.append(self.headers.get("X-Amz-Security-Token"))
        self.send_response(400)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_sends_the_session_token_of_the_environment(folder):
    with http.server.HTTPServer(("127.0.0.1", 0), Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [os.environ["DDB_MANAGE"], "setup_cognito", "--aws", "--region", "eu-central-1",
                   "--endpoint-url", f"http://127.0.0.1:{server.server_port}"]
        subprocess.run(command, cwd=folder, capture_output=True, timeout=60, env={**os.environ, "AWS_SESSION_TOKEN": "of-a-session"})
        server.shutdown()
    assert Recorder.tokens and set(Recorder.tokens) == {"of-a-session"}
