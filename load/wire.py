"""A web socket that knows how much came over the network."""

from websockets.asyncio.client import ClientConnection


class Wire(ClientConnection):
    """A connection that counts the bytes that come over the network, compressed as they are."""

    bytes_received = 0

    def data_received(self, data: bytes) -> None:
        """Count what comes, and hand it on."""
        self.bytes_received += len(data)
        super().data_received(data)
