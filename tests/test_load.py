"""The load test's client, against a real server, and its arithmetic."""

import asyncio
import http.client
import re
import subprocess
import sys
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from driver import Server

from load.behind_nginx import configuration
from load.beside import Beside
from load.client import Client, SessionFailed
from load.crowd import Crowd, quantile
from load.cycles import Cycles, table
from load.report import Results, report
from load.server import serving
from load.uploading import xsrf_token

ROOT = Path(__file__).resolve().parents[1]
LIVE = "epochs=100000&classification_pace=10+steps"
FAST = "epochs=100000&classification_pace=100+steps"


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run it in a thread of its own: Playwright keeps a loop running in that of the tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def train_and_move(url: str) -> Client:
    async with Client(url, "classification", LIVE) as client:
        await client.wait_for(lambda: client.live, "a redraw that asks for the next")
        assert client.sliders["learning_rate"].options[12] == "0.01"
        before = client.steps
        await client.wait_for(lambda: client.steps > before, "training")
        redraws = len(client.redraws)
        seconds = await client.move("learning_rate", 0.5)
        assert 0 < seconds < 30 and len(client.redraws) > redraws
        steps = client.steps
        await client.wait_for(lambda: client.steps > steps, "training after the move")
        await client.press("classification_play")  # which pauses
        await client.press("keep_run")
        await client.wait_for(lambda: client.expanders["Kept runs"] == "1", "a kept run")
        with pytest.raises(SessionFailed, match="keep_run did not come"):
            await client.press("keep_run", seconds=0.1)  # it is kept
    return client


def test_a_session_trains_and_answers_a_slider(server: Server):
    client = run(train_and_move(server.url))
    assert client.exceptions == []
    assert client.received > 10_000


def test_sessions_do_not_mix(server: Server):
    async def both():
        async with (
            Client(server.url, "classification", f"{FAST}&seed=1&learning_rate=1e-06") as slow,
            Client(server.url, "classification", f"{FAST}&seed=1&learning_rate=0.05") as fast,
        ):
            await fast.wait_for(lambda: fast.steps > 200, "200 steps")
            await slow.wait_for(lambda: slow.steps > 200, "200 steps")
            return float(slow.metrics["Train loss"]), float(fast.metrics["Train loss"])

    slow, fast = run(both())
    assert fast < 0.5 < slow  # hardly a step from the start, and a good way down


def test_a_slider_that_is_not_there_is_named(server: Server):
    async def move():
        async with Client(server.url, "classification", LIVE) as client:
            await client.move("no_such_slider", 0.5)

    with pytest.raises(SessionFailed, match="no slider no_such_slider"):
        run(move())


def test_an_upload_reaches_the_page_and_too_large_a_one_is_refused(server: Server):
    async def upload() -> int:
        async with Client(server.url, "classification", LIVE) as client:
            await client.upload("uploader", "table.csv", table(0))
            await client.wait_for(lambda: client.steps > 20, "training on the table")
            assert client.exceptions == []
            return await asyncio.to_thread(announce, server.url, client.session_id)

    assert run(upload()) == 413


def announce(url: str, session: str, size: int = 51 * 2**20) -> int:
    """Announce an upload that is too large; it is refused before any of it is sent."""
    parts, token = urlsplit(url), xsrf_token(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.putrequest("PUT", f"/_stcore/upload_file/{session}/file")
    for name, value in (
        ("Content-Type", "multipart/form-data; boundary=b"),
        ("Content-Length", str(size)),
        ("Cookie", f"_streamlit_xsrf={token}"),
        ("X-Xsrftoken", token),
    ):
        connection.putheader(name, value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def test_an_error_is_a_sentence_on_the_page_and_a_traceback_in_the_log(tmp_path: Path):
    """Serve a script that fails, with the dashboard's own settings."""
    script = tmp_path / "failing.py"
    script.write_text("secret = 'the operator only'\nraise ValueError(secret)\n")
    with serving(tmp_path / "log", script=script) as failing:

        async def look() -> list[str]:
            async with Client(failing.url, "") as client:
                return client.exceptions

        shown = run(look())
        assert len(shown) == 1 and "the operator only" not in shown[0]
        assert "ValueError: the operator only" in failing.log.read_text()
        assert failing.tracebacks() == 1 and failing.memory() > 10
        assert failing.threads() > 0 and failing.processor_seconds() > 0


SHOWN_LATE = """
import time
import streamlit as st

@st.fragment
def part():
    if st.slider("shown", 0, 1, 1, key="shown"):
        st.text("x" * 20_000)

part()
st.metric("Drawn at", str(time.time()))
time.sleep(2 * st.slider("rest", 0, 1, 0, key="rest"))
"""


def misses(folder: Path, *options: str) -> int:
    """Ask for a large message while a run ends in which a browser forgets it; count the misses."""
    script = folder / "late.py"
    script.write_text(SHOWN_LATE)

    async def look(url: str) -> int:
        async with Client(url, "") as client:
            await client.move("shown", 0)
            before = client.metrics["Drawn at"]
            rests = asyncio.create_task(client.move("rest", 1))
            await client.wait_for(lambda: client.metrics["Drawn at"] != before, "the long run")
            ended = client.cache.runs
            await client.move("shown", 1)  # waits, and says that it still has the message
            await rests
            await client.wait_for(lambda: client.cache.runs >= ended + 2, "both answers")
            return client.cache.misses

    with serving(folder / "log", script=script, options=options) as server:
        return int(run(look(server.url)))


def test_a_request_that_waits_misses_no_message_with_the_dashboards_settings(tmp_path: Path):
    assert misses(tmp_path) == 0
    assert misses(tmp_path, "--global.minCachedMessageSize=10000") == 1  # Streamlit's default


def test_quantiles():
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [quantile(values, share) for share in (0.0, 0.5, 0.95, 1.0)] == [1, 3, 5, 5]


def test_growth_is_the_slope_after_the_warm_up():
    samples = [(n, 500.0 if n < 25 else 100 + 0.5 * n) for n in range(0, 101, 5)]
    assert Cycles(100, samples).growth == pytest.approx(512)  # half a MiB a session
    assert Cycles(100, [(n, 100.0) for n in range(0, 101, 5)]).growth == 0


def test_fairness_and_memory_of_a_crowd():
    crowd = Crowd(4, steps=[50, 100, 100, 200], before=100.0, during=108.0)
    assert (crowd.fairness, crowd.memory_each) == (0.5, 2.0)


def test_tables_differ_by_seed_and_repeat():
    assert table(1) == table(1) != table(2)
    assert table(0).count(b"\n") == 5000 and len(table(0)) > 300_000


def test_the_report_tells_every_number():
    crowd = Crowd(
        2, 40.0, [0.25, 0.75], [4000, 6000], [80, 100], [0.5, 0.5], 0.8, 2**20, 7, 150, 153, 151
    )
    beside = Beside(1, [0.3, 0.4], [0.4, 0.5], [1.5])
    cycles = Cycles(200, [(n, 150.0) for n in range(10, 201, 10)], 149.0, 400_000)
    text = report(Results("A machine.", (0.5, 1.5), [crowd], [beside], cycles, 3))
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    assert [
        "2",
        "0.75 s",
        "0.75 s",
        "2.25",
        "2.00",
        "250",
        "5,000",
        "4,000",
        "0.80",
        "1.0",
        "7",
    ] in rows
    assert ["2", "150", "153", "1.50", "151"] in rows
    assert ["1", "0.40 s", "0.40 s", "0.50 s", "0.50 s", "1.50 s", "1"] in rows
    assert "A machine." in text and "log: 3." in text and "grew by 0 KiB" in text


def test_it_says_how_it_is_used():
    ended = subprocess.run(
        [sys.executable, "-m", "load", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert ended.returncode == 0 and "--quick" in ended.stdout


def test_a_client_sees_that_the_server_is_gone(tmp_path: Path):
    async def lose():
        with serving(tmp_path / "log") as own:
            client = Client(own.url, "backpropagation")
            await client.__aenter__()
        start = time.perf_counter()
        with pytest.raises(SessionFailed, match="the connection was lost"):
            await client.wait_for(lambda: False, "anything", seconds=20)
        assert time.perf_counter() - start < 10
        await client.__aexit__(None, None, None)

    run(lose())


def test_each_process_is_the_others_spare(tmp_path: Path):
    text = configuration([8501, 8502, 8503], 8500, tmp_path)
    groups = re.findall(r"upstream process_(\d) \{ (.*?) \}", text)
    assert [(k, re.findall(r":(\d+)( backup)?;", servers)) for k, servers in groups] == [
        ("1", [("8501", ""), ("8502", " backup"), ("8503", " backup")]),
        ("2", [("8502", ""), ("8503", " backup"), ("8501", " backup")]),
        ("3", [("8503", ""), ("8501", " backup"), ("8502", " backup")]),
    ]
    assert "listen 127.0.0.1:8500;" in text
    assert re.findall(r'"~:(\d+)\$" (\d);', text) == [("8501", "1"), ("8502", "2"), ("8503", "3")]
