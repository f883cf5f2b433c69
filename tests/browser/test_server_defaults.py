"""What the server does by default: this machine only, no forgery, limits, errors in the log."""

import http.client
import json
import socket
import subprocess
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from driver import Server

from load.uploading import put_file, xsrf_token
from nnlib.datasets.tables.limits import MAX_BYTES, MEGABYTE

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = "http://elsewhere.example"


def settings() -> dict:
    return tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())


def address(server: Server) -> tuple[str, int]:
    parts = urlsplit(server.url)
    return parts.hostname, parts.port


def status(server: Server, method: str, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(*address(server), timeout=10)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse().status
    connection.close()
    return answer


def own_address() -> str | None:
    """Return an address of this machine on a network, if it has one; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        found = probe.getsockname()[0]
    return None if found.startswith("127.") else found


def test_only_this_machine_is_served(server: Server):
    port = address(server)[1]
    with socket.create_connection(("localhost", port), timeout=5):
        pass
    outside = own_address()
    if outside is None:
        pytest.skip("this machine has no other address")
    with pytest.raises(OSError), socket.create_connection((outside, port), timeout=5):
        pass


def test_health_says_ok(server: Server):
    with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5) as answer:
        assert (answer.status, answer.read()) == (200, b"ok")


def test_an_upload_without_the_token_is_refused(server: Server):
    path = "/_stcore/upload_file/no-session/no-file"
    assert xsrf_token(server.url)
    with pytest.raises(urllib.error.HTTPError) as refused:
        put_file(server.url, path, "a.csv", b"a\n1\n", token="")
    assert refused.value.code == 403
    refused.value.close()
    with pytest.raises(urllib.error.HTTPError) as no_session:
        put_file(server.url, path, "a.csv", b"a\n1\n", token=xsrf_token(server.url))
    assert no_session.value.code == 400  # the token is good, the session is not there
    no_session.value.close()


def test_a_web_socket_from_another_site_is_refused(server: Server):
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    path = "/_stcore/stream"
    assert status(server, "GET", path, upgrade | {"Origin": ELSEWHERE}) == 403
    assert status(server, "GET", path, upgrade | {"Origin": server.url}) == 101


def test_another_site_may_not_read_answers(server: Server):
    request = urllib.request.Request(f"{server.url}/_stcore/health", headers={"Origin": ELSEWHERE})
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.headers.get("Access-Control-Allow-Origin") not in ("*", ELSEWHERE)


@pytest.mark.parametrize(
    "path",
    [
        "/app/static/../dashboard.py",
        "/app/static/%2e%2e/.streamlit/config.toml",
        "/app/static/..%2fdashboard.py",
        "/.streamlit/config.toml",
        "/dashboard.py",
    ],
)
def test_files_outside_the_static_folder_are_not_served(server: Server, path: str):
    connection = http.client.HTTPConnection(*address(server), timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert b"maxUploadSize" not in content and b"def main" not in content


def test_the_upload_limit_is_the_one_stated(server: Server):
    assert settings()["server"]["maxUploadSize"] == MAX_BYTES // MEGABYTE == 50


def test_nothing_is_reported_home_and_errors_stay_in_the_log():
    chosen = settings()
    assert chosen["browser"]["gatherUsageStats"] is False
    assert chosen["client"]["showErrorDetails"] == "none"
    assert chosen["client"]["showErrorLinks"] is False
    assert chosen["client"]["disableDataExport"] is True  # it would write formulas as they are
    assert chosen["server"]["address"] == "localhost"
    assert chosen["server"]["showEmailPrompt"] is False


def test_protection_that_is_on_by_default_is_on():
    code = (
        "import json; from streamlit import config; options = config.get_config_options(); "
        "print(json.dumps({name: options[name].value for name in ("
        "'server.enableXsrfProtection', 'server.enableCORS', 'server.corsAllowedOrigins')}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(ended.stdout) == {
        "server.enableXsrfProtection": True,
        "server.enableCORS": True,
        "server.corsAllowedOrigins": [],
    }
