"""Several processes of the dashboard behind one address: ``python -m load.behind_nginx``.

A cookie keeps each person at one process. Where that one is gone, the next request goes to another
and the cookie with it: the page connects again by itself and goes on from its link.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from load.server import Server, serving
from load.uploading import cookies

COOKIE = "process"
_SECONDS_TO_START = 10


@dataclass(frozen=True)
class Cluster:
    """Processes of the dashboard, and the address at which nginx hands people on to them."""

    url: str
    servers: list[Server]


_CONFIGURATION = """daemon off;
pid %(folder)s/nginx.pid;
events {}
http {
    access_log off;
%(temporary)s
    map $http_upgrade $connection_upgrade { default upgrade; "" close; }
    split_clients $request_id $drawn {
%(shares)s
        * %(count)d;
    }
    map $cookie_%(cookie)s $chosen {
        "~^[1-%(count)d]$" $cookie_%(cookie)s;
        default $drawn;
    }
    map $upstream_addr $served {
%(known)s
        default $chosen;
    }
%(groups)s
    server {
        listen 127.0.0.1:%(port)d;
        client_max_body_size 51m;
        location / {
            proxy_pass http://process_$chosen;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header Host $http_host;
            proxy_read_timeout 1h;
            proxy_buffering off;
            proxy_request_buffering off;
            add_header Set-Cookie "%(cookie)s=$served; Path=/; HttpOnly; SameSite=Lax" always;
        }
    }
}
"""
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def configuration(ports: Sequence[int], port: int, folder: Path) -> str:
    """Return nginx's configuration for at most nine processes at these ports of this machine."""
    numbered = list(enumerate(ports, 1))
    share = 100 / len(ports)
    return _CONFIGURATION % {
        "folder": folder,
        "temporary": "\n".join(f"    {kind}_temp_path {folder / kind};" for kind in _TEMPORARY),
        "shares": "\n".join(f"        {share:.2f}% {k};" for k, _ in numbered[:-1]),
        "count": len(ports),
        "cookie": COOKIE,
        "known": "\n".join(f'        "~:{at}$" {k};' for k, at in numbered),
        "groups": "\n".join(_group(k, ports) for k, _ in numbered),
        "port": port,
    }


def _group(first: int, ports: Sequence[int]) -> str:
    """Return a process, and the others for when it is gone."""
    own, *others = [*ports[first - 1 :], *ports[: first - 1]]
    spare = "".join(f" server 127.0.0.1:{port} backup;" for port in others)
    return f"    upstream process_{first} {{ server 127.0.0.1:{own};{spare} }}"


@contextmanager
def cluster(folder: Path, processes: int, port: int = 0) -> Iterator[Cluster]:
    """Serve the dashboard by several processes behind nginx; logs go to `folder`.

    Raises
    ------
    RuntimeError
        if there is no nginx, or something does not start
    """
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if nginx is None:
        raise RuntimeError("nginx is needed; the packages of the system have it.")
    with ExitStack() as running:
        logs = [folder / f"process_{k + 1}.log" for k in range(processes)]
        servers = [running.enter_context(serving(log)) for log in logs]
        ports = [int(server.url.rpartition(":")[2]) for server in servers]
        port = port or _free_port()
        settings = folder / "nginx.conf"
        settings.write_text(configuration(ports, port, folder), encoding="utf-8")
        proxy = subprocess.Popen([nginx, "-c", str(settings), "-e", str(folder / "nginx.log")])
        running.callback(proxy.wait, 10)
        running.callback(proxy.terminate)
        url = f"http://localhost:{port}"
        _wait_until_it_answers(url, proxy)
        yield Cluster(url, servers)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return int(free.getsockname()[1])


def _wait_until_it_answers(url: str, proxy: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while proxy.poll() is None and time.monotonic() < deadline:
        try:
            cookies(url)
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("nginx did not start.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until one presses Ctrl+C."""
    parser = argparse.ArgumentParser(prog="python -m load.behind_nginx", description=__doc__)
    parser.add_argument("--processes", type=int, default=2, help="of the dashboard")
    parser.add_argument("--port", type=int, default=8500, help="of the one address")
    options = parser.parse_args(arguments)
    with (
        TemporaryDirectory() as folder,
        cluster(Path(folder), options.processes, options.port) as running,
    ):
        print(f"{options.processes} processes behind {running.url}; Ctrl+C ends them.", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
