"""What the front end keeps of large messages, and when it forgets them.

A large message that the browser still has is not sent again, but named by its hash. The browser
says with each request which it has; what it forgets between that request and the answer is missed,
and a miss is a dialog "Cached ForwardMsg MISS" that freezes the page. The rules are those of
Streamlit's ``ForwardMessageCache``, of version 1.67.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


@dataclass
class _Kept:
    message: ForwardMsg
    run: int  # in which it was used last


@dataclass
class MessageCache:
    """The messages that a browser has.

    Attributes
    ----------
    misses : messages that the server named and the browser had forgotten
    hits : messages that were named and found
    runs : how many have ended, of the page or of a fragment
    """

    misses: int = 0
    hits: int = 0
    runs: int = 0
    _kept: dict[str, _Kept] = field(default_factory=dict)

    @property
    def hashes(self) -> list[str]:
        """What the browser says that it has."""
        return list(self._kept)

    def take(self, message: ForwardMsg) -> ForwardMsg | None:
        """Return the message that is meant, or None where it is missing."""
        if message.WhichOneof("type") == "ref_hash":
            kept = self._kept.get(message.ref_hash)
            if kept is None:
                self.misses += 1
                return None
            self.hits += 1
            kept.run = self.runs
            meant = ForwardMsg()
            meant.CopyFrom(kept.message)
            meant.metadata.CopyFrom(message.metadata)
            return meant
        if message.metadata.cacheable:
            self._kept.setdefault(message.hash, _Kept(message, self.runs)).run = self.runs
        return message

    def end_run(self, oldest: int, fragments: Sequence[str]) -> None:
        """Forget what was not used in the last `oldest` runs; of a fragment's, only its own."""
        self.runs += 1
        for key, kept in list(self._kept.items()):
            touched = not fragments or kept.message.delta.fragment_id in fragments
            if touched and self.runs - kept.run > oldest:
                del self._kept[key]
