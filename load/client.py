"""One session: a client that speaks Streamlit's protocol as its front end does, without drawing.

A hundred of them fit where three browsers do. The client opens the web socket, asks for a page,
asks for a live page's next redraw as ``pages/shared/tick.js`` does, moves sliders and presses
buttons.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import perf_counter
from types import TracebackType
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.Button_pb2 import Button
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import ConnectionClosed

from load.cache import MessageCache
from load.uploading import hand_over
from load.widgets import due, key_of, moved, pressed, uploaded
from load.wire import Wire, connected

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
    cookie : what the browser got from a proxy and shows it again, as ``name=value``

    Attributes
    ----------
    metrics : the text of every metric on the page, by label
    sliders : the newest message of every slider, by key
    buttons : those of the page since its last run began, by key
    expanders : what the label of each says after its colon, by what it says before
    redraws : when all charts had come anew, by `perf_counter`
    cache : the large messages that a browser would have
    exceptions : messages of exceptions on the page
    """

    def __init__(self, url: str, page: str, query: str = "", cookie: str = "") -> None:
        self.url, self.page, self.query, self.cookie = url, page, query, cookie
        self.metrics: dict[str, str] = {}
        self.sliders: dict[str, Slider] = {}
        self.buttons: dict[str, Button] = {}
        self.expanders: dict[str, str] = {}
        self.redraws: list[float] = []
        self.exceptions: list[str] = []
        self.session_id = self.page_hash = ""
        self.cache = MessageCache()
        self._oldest = 0  # age in runs at which the cache forgets
        self._values: dict[str, WidgetState] = {}  # of the widgets that were changed
        self._fragments: dict[str, str] = {}  # of sliders and buttons, by key
        self._uploaders: dict[str, str] = {}  # key to widget
        self._file: FileURLs | None = None
        self._asking: asyncio.Task[None] | None = None  # for the next redraw
        self._charts: set[str] = set()  # that came in this run of the script
        self._asked = 0.0  # for a redraw, the last time
        self._most_charts = self._full_runs = self._drawn_runs = 0
        self._change = asyncio.Condition()
        self._socket: Wire | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Connect and wait until the page is drawn."""
        self._socket = await connected(self.url, self.cookie, _SESSION_SECONDS)
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
        tasks = [task for task in (self._asking, self._reader) if task is not None]
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
    def received(self) -> int:
        """Bytes that came over the network."""
        return self._socket.bytes_received if self._socket else 0

    @property
    def live(self) -> bool:
        """Whether the page is about to ask for a redraw by itself."""
        return self._asking is not None and not self._asking.done()

    async def rerun(self, fragment: str = "", *triggers: WidgetState) -> float:
        """Run the whole page or one fragment; return the seconds until it was drawn."""
        start, target = perf_counter(), self._full_runs + (not fragment)
        redraws = len(self.redraws)
        await self._send(fragment, *triggers)
        await self.wait_for(
            lambda: self._drawn_runs >= target and len(self.redraws) > redraws, "the page"
        )
        return perf_counter() - start

    async def move(self, key: str, position: float) -> float:
        """Put a slider at a share of its range; return the seconds until the page was redrawn."""
        if key not in self.sliders:
            raise SessionFailed(f"no slider {key}; there are {', '.join(sorted(self.sliders))}")
        slider = self.sliders[key]
        self._values[slider.id] = moved(slider, position)
        return await self.rerun(self._fragments[key])

    async def press(self, key: str, seconds: float = _SESSION_SECONDS) -> float:
        """Press a button once it is there; return the seconds until the page was redrawn."""
        await self.wait_for(
            lambda: key in self.buttons and not self.buttons[key].disabled, key, seconds
        )
        return await self.rerun(self._fragments[key], pressed(self.buttons[key]))

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
        place = self._file.upload_url
        await asyncio.to_thread(hand_over, self.url, place, name, content, self.cookie)
        widget = self._uploaders[key]
        self._values[widget] = uploaded(widget, self._file, name, len(content))
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

    async def _send(self, fragment: str = "", *triggers: WidgetState) -> None:
        state = (message := BackMsg()).rerun_script
        state.query_string, state.page_script_hash = self.query, self.page_hash
        if not self.page_hash:
            state.page_name = self.page
        state.context_info.url = f"{self.url}/{self.page}"
        state.fragment_id = fragment
        state.cached_message_hashes.extend(self.cache.hashes)
        state.widget_states.widgets.extend([*self._values.values(), *triggers])
        await self._send_message(message)

    async def _send_message(self, message: BackMsg) -> None:
        assert self._socket is not None
        await self._socket.send(message.SerializeToString())

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            async for frame in self._socket:
                message = self.cache.take(ForwardMsg.FromString(frame))
                if message is not None:
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
            before, _, after = message.delta.add_block.expandable.label.partition(": ")
            self.expanders[before] = after
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "new_session":
            self._charts.clear()
            self._oldest = message.new_session.config.max_cached_message_age
            if not message.metadata.run.fragment_ids:
                self._begin_page(message.new_session.initialize.session_id)
        elif kind == "file_urls_response":
            self._file = message.file_urls_response.file_urls[0]
        elif kind == "navigation":
            self.page_hash = message.navigation.page_script_hash
        elif kind == "script_finished":
            self._take_end(message.script_finished, message.metadata.run.fragment_ids)

    def _begin_page(self, session: str) -> None:
        self.session_id = session
        self.buttons.clear()
        self._full_runs += 1

    def _take_element(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "metric":
            self.metrics[element.metric.label] = element.metric.body
        elif kind == "slider":
            key = key_of(element.slider.id)
            self.sliders[key], self._fragments[key] = element.slider, message.delta.fragment_id
        elif kind == "button":
            key = key_of(element.button.id)
            self.buttons[key], self._fragments[key] = element.button, message.delta.fragment_id
        elif kind == "file_uploader":
            self._uploaders[key_of(element.file_uploader.id)] = element.file_uploader.id
        elif kind == "bidi_component" and element.bidi_component.component_name == "tick":
            self._take_tick(element.bidi_component, message.delta.fragment_id)
        elif kind == "bidi_component":
            self._charts.add(element.bidi_component.id)
            if self._most_charts and len(self._charts) == self._most_charts:
                self._drawn()
        elif kind == "exception":
            self.exceptions.append(element.exception.message)

    def _take_end(self, status: int, fragments: Sequence[str]) -> None:
        """Note the end of a run; one that was cut short has not drawn all charts."""
        if status != _FINISHED.FINISHED_EARLY_FOR_RERUN:
            self.cache.end_run(self._oldest, fragments)
        if status == _FINISHED.FINISHED_SUCCESSFULLY:
            if len(self._charts) != self._most_charts or not self._charts:
                self._drawn()
            self._most_charts = len(self._charts)
        elif status == _FINISHED.FINISHED_FRAGMENT_RUN_SUCCESSFULLY and not self._charts:
            self._drawn()

    def _drawn(self) -> None:
        self.redraws.append(perf_counter())
        self._drawn_runs = self._full_runs

    def _take_tick(self, tick: BidiComponent, fragment: str) -> None:
        """Ask for the next redraw once this one has been drawn, which takes no time here."""
        if self._asking is not None:
            self._asking.cancel()
        self._asking = asyncio.create_task(self._answer(tick, fragment))

    async def _answer(self, tick: BidiComponent, fragment: str) -> None:
        data = json.loads(tick.json)
        with suppress(ConnectionClosed):
            await asyncio.sleep(self._asked + data["seconds"] - perf_counter())
            self._asked = perf_counter()
            await self._send(fragment, due(tick.id, data["frame"]))
