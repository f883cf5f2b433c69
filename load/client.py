"""One session: a client that speaks Streamlit's protocol as its front end does, without drawing.

A hundred of them fit where three browsers do. The client opens the web socket, asks for a page,
answers a fragment's timer as the browser does (`AutoRerun` messages), and moves sliders.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from types import TracebackType
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from load.uploading import put_file, xsrf_token

MOST_BYTES = 200 * 2**20  # of one message, Streamlit's own limit
_SESSION_SECONDS = 60.0
_FINISHED = ForwardMsg.ScriptFinishedStatus


class SessionFailed(Exception):
    """The server did not do what a person waits for."""


class Client:
    """An open page in one session; use it as an asynchronous context manager.

    Parameters
    ----------
    url : the server's address, such as ``http://localhost:8501``
    page : the page's name as in its address
    query : its query string, without the question mark

    Attributes
    ----------
    metrics : the text of every metric on the page, by label
    sliders : the newest message of every slider, by key
    redraws : when all charts had come anew, in seconds of `perf_counter`
    received : bytes
    exceptions : messages of exceptions on the page
    """

    def __init__(self, url: str, page: str, query: str = "") -> None:
        self.url, self.page, self.query = url, page, query
        self.metrics: dict[str, str] = {}
        self.sliders: dict[str, Slider] = {}
        self.redraws: list[float] = []
        self.exceptions: list[str] = []
        self.received = 0
        self.session_id = self.page_hash = ""
        self._values: dict[str, WidgetState] = {}  # of the widgets that were changed
        self._uploaders: dict[str, str] = {}  # key to widget
        self._file: FileURLs | None = None
        self._timers: dict[str, asyncio.Task[None]] = {}
        self._charts: set[str] = set()  # that came in this run of the script
        self._most_charts = 0
        self._full_runs = self._drawn_runs = 0
        self._change = asyncio.Condition()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Connect and wait until the page is drawn."""
        host = self.url.replace("http", "ws", 1)
        self._socket = await connect(
            f"{host}/_stcore/stream",
            subprotocols=["streamlit", "no-token"],  # type: ignore[list-item]
            origin=self.url,  # type: ignore[arg-type]
            max_size=MOST_BYTES,
            compression=None,
            open_timeout=_SESSION_SECONDS,
            ping_timeout=None,  # a busy server is what is measured
        )
        self._reader = asyncio.create_task(self._read())
        await self.rerun()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection, as closing the tab does."""
        tasks = [*self._timers.values(), *([self._reader] if self._reader else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    @property
    def steps(self) -> int:
        """How many updates the run on the page has made."""
        return int(self.metrics.get("Step", "0").replace(",", ""))

    @property
    def live(self) -> bool:
        """Whether a fragment of the page runs by itself."""
        return bool(self._timers)

    async def rerun(self) -> float:
        """Run the whole page; return the seconds until it was drawn."""
        start, target = perf_counter(), self._full_runs + 1
        await self._send()
        await self.wait_for(lambda: self._drawn_runs >= target, "the page")
        return perf_counter() - start

    async def move(self, key: str, position: float) -> float:
        """Put a slider at a share of its range; return the seconds until the page was redrawn."""
        if key not in self.sliders:
            raise SessionFailed(f"no slider {key}; there are {', '.join(sorted(self.sliders))}")
        slider = self.sliders[key]
        steps = round((slider.max - slider.min) / slider.step)
        value = slider.min + slider.step * round(position * steps)
        state = self._values[slider.id] = WidgetState(id=slider.id)
        if slider.options:
            state.string_array_value.data.append(slider.options[round(value)])
        else:
            state.double_array_value.data.append(value)
        return await self.rerun()

    async def upload(self, key: str, name: str, content: bytes) -> float:
        """Hand over a file; return the seconds until the page was redrawn with it."""
        start = perf_counter()
        self._file = None
        ask = BackMsg()
        ask.file_urls_request.request_id = name
        ask.file_urls_request.session_id = self.session_id
        ask.file_urls_request.file_names.append(name)
        await self._send_message(ask)
        await self.wait_for(lambda: self._file is not None, "a place for the file")
        assert self._file is not None
        token = await asyncio.to_thread(xsrf_token, self.url)
        await asyncio.to_thread(put_file, self.url, self._file.upload_url, name, content, token)
        state = self._values[self._uploaders[key]] = WidgetState(id=self._uploaders[key])
        info = state.file_uploader_state_value.uploaded_file_info.add()
        info.name, info.size, info.file_id = name, len(content), self._file.file_id
        info.file_urls.CopyFrom(self._file)
        await self.rerun()
        return perf_counter() - start

    async def wait_for(
        self, holds: Callable[[], bool], what: str, seconds: float = _SESSION_SECONDS
    ) -> None:
        """Wait until something holds; it is looked at after every message.

        Raises
        ------
        SessionFailed
            if it does not come true in time, or the connection is lost
        """

        def over() -> bool:
            return holds() or (self._reader is not None and self._reader.done())

        try:
            async with asyncio.timeout(seconds), self._change:
                await self._change.wait_for(over)
        except TimeoutError:
            raise SessionFailed(f"{what} did not come within {seconds:g} s") from None
        if not holds():
            raise SessionFailed(f"the connection was lost before {what} came")

    async def _send(self, fragment: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash = self.query, self.page_hash
        if not self.page_hash:
            state.page_name = self.page
        state.context_info.url = f"{self.url}/{self.page}"
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        state.widget_states.widgets.extend(self._values.values())
        await self._send_message(message)

    async def _send_message(self, message: BackMsg) -> None:
        assert self._socket is not None
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            async for frame in self._socket:
                message = ForwardMsg.FromString(frame)  # type: ignore[arg-type]
                self.received += len(frame)
                self._take(message)
                async with self._change:
                    self._change.notify_all()
        finally:
            # Whoever waits sees that nothing more will come, once this task has ended.
            asyncio.get_running_loop().call_soon(asyncio.ensure_future, self._wake())

    async def _wake(self) -> None:
        async with self._change:
            self._change.notify_all()

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._take_element(message)
        elif kind == "auto_rerun":
            self._start_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._stop_timer(fragment)
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "new_session":
            self._charts.clear()
            if not message.metadata.run.fragment_ids:
                self._begin_page(message.new_session.initialize.session_id)
        elif kind == "file_urls_response":
            self._file = message.file_urls_response.file_urls[0]
        elif kind == "navigation":
            self.page_hash = message.navigation.page_script_hash
        elif kind == "script_finished":
            self._take_end(message.script_finished)

    def _begin_page(self, session: str) -> None:
        self.session_id = session
        self._full_runs += 1
        for fragment in list(self._timers):  # the page starts them anew
            self._stop_timer(fragment)

    def _take_element(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "metric":
            self.metrics[element.metric.label] = element.metric.body
        elif kind == "slider":
            self.sliders[_key(element.slider.id)] = element.slider
        elif kind == "file_uploader":
            self._uploaders[_key(element.file_uploader.id)] = element.file_uploader.id
        elif kind == "bidi_component":
            self._charts.add(element.bidi_component.id)
            if self._most_charts and len(self._charts) == self._most_charts:
                self._drawn()
        elif kind == "exception":
            self.exceptions.append(element.exception.message)

    def _take_end(self, status: int) -> None:
        """Note the end of a run; one that was cut short has not drawn all charts."""
        if status == _FINISHED.FINISHED_SUCCESSFULLY:
            if len(self._charts) != self._most_charts or not self._charts:
                self._drawn()
            self._most_charts = len(self._charts)

    def _drawn(self) -> None:
        self.redraws.append(perf_counter())
        self._drawn_runs = self._full_runs

    def _start_timer(self, fragment: str, interval: float) -> None:
        if fragment not in self._timers:
            self._timers[fragment] = asyncio.create_task(self._tick(fragment, interval))

    def _stop_timer(self, fragment: str) -> None:
        if fragment in self._timers:
            self._timers.pop(fragment).cancel()

    async def _tick(self, fragment: str, interval: float) -> None:
        """Ask for the fragment at fixed times, whether or not the last answer is there."""
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(interval)
                await self._send(fragment)


def _key(widget: str) -> str:
    """Return the key that a widget's identifier ends with."""
    return widget.rsplit("-", 1)[-1]
