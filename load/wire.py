"""A web socket to Streamlit that knows how much came over the network."""

from typing import cast

from websockets.asyncio.client import ClientConnection, connect

MOST_BYTES = 200 * 2**20  # of one message, Streamlit's own limit


class Wire(ClientConnection):
    """A connection that counts the bytes that come over the network, compressed as they are."""

    bytes_received = 0

    def data_received(self, data: bytes) -> None:
        """Count what comes, and hand it on."""
        self.bytes_received += len(data)
        super().data_received(data)


async def connected(url: str, cookie: str, seconds: float) -> Wire:
    """Open a session as a browser does.

    Parameters
    ----------
    url : the server's address, such as ``http://localhost:8501``
    cookie : what the browser shows a proxy, or nothing
    seconds : how long to wait for the server
    """
    socket = await connect(
        url.replace("http", "ws", 1) + "/_stcore/stream",
        subprotocols=["streamlit", "no-token"],  # type: ignore[list-item]
        origin=url,  # type: ignore[arg-type]
        additional_headers={"Cookie": cookie} if cookie else None,
        max_size=MOST_BYTES,
        open_timeout=seconds,
        ping_timeout=None,  # a busy server is what is measured
        create_connection=Wire,
    )
    return cast("Wire", socket)
