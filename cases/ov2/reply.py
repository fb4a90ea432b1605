"""What a device answered, in the words of the cases."""

from __future__ import annotations

from typing import Any, TypeVar

from .worker import Answer, Element

T = TypeVar("T")


class Frame:
    """A frame that left a device: its symbol in the trace, its bytes, and edits on its way."""

    def __init__(self, symbol: str, data: bytes, edits: tuple[str, ...] = ()) -> None:
        self.symbol = symbol
        self.bytes = data
        self.edits = edits

    def flip(self, region: str, byte: int | None = None, bit: int | None = None) -> Frame:
        """One bit (or one byte) of a region inverted: "icv", "seq", "iv", "payload" ..."""
        text = region if byte is None else f"{region}+{byte}"
        text += "" if bit is None else f".{bit}"
        return Frame(self.symbol, self.bytes, (*self.edits, f"flip={text}"))

    def shorten(self, count: int) -> Frame:
        return Frame(self.symbol, self.bytes, (*self.edits, f"shorten={count}"))

    def text(self) -> str:
        return " ".join((f"frame={self.symbol}", *self.edits))


class Packet:
    """One packet that was indicated to the stack."""

    def __init__(self, element: Element) -> None:
        self.done = "done" in element.fields
        self.next_done = "next" in element.fields
        self.delete_requested = "delete" in element.fields
        self.status = str(element.get("status"))
        self.has_info = "info" in element.fields
        self.next_header = int(str(element.get("nh", 0)))
        self.pad_length = int(str(element.get("pad", 0)))
        self.checksum = int(str(element.get("checksum", 0)), 0)  # slot 0
        self.data = bytes.fromhex(str(element.get("data", "-")).replace("-", ""))

    @property
    def ip_end(self) -> int:
        """Where the IP packet ends, as its own length says."""
        at = 18 if self.data[12:14] == b"\x81\x00" else 14
        if self.data[at] >> 4 == 6:
            return at + 40 + int.from_bytes(self.data[at + 4 : at + 6], "big")
        return at + int.from_bytes(self.data[at + 2 : at + 4], "big")

    @property
    def apart_from_deletion(self) -> tuple[Any, ...]:
        """Everything but SaDeleteReq."""
        info = (self.has_info, self.next_header, self.pad_length)
        return self.done, self.next_done, self.status, *info, self.data

    @property
    def is_good(self) -> bool:
        """Checked by the device, and found authentic."""
        return self.done and self.status == "success"

    @property
    def is_untouched(self) -> bool:
        return not self.done and not self.next_done and self.status == "success"

    def __repr__(self) -> str:
        flags = [n for n in ("done", "next_done", "delete_requested") if getattr(self, n)]
        return f"Packet({self.status} {' '.join(flags)} {len(self.data)} bytes)"


class Reply:
    """An answer, in the words of the cases."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    @property
    def status(self) -> str:
        return str(self.answer.get("status", ""))

    @property
    def succeeded(self) -> bool:
        return self.status == "SUCCESS"

    @property
    def failed(self) -> bool:
        """A final status other than SUCCESS; NOT_ACCEPTED is one, though it is positive."""
        return self.status not in ("SUCCESS", "PENDING", "")

    @property
    def pending(self) -> bool:
        return self.status == "PENDING"

    @property
    def request(self) -> int:
        """The number by which done{} names this request."""
        return int(str(self.answer["request"]))

    def number(self, key: str) -> int:
        return int(str(self.answer[key]), 0)

    @property
    def handles(self) -> list[str | None]:
        """What each element got: its symbol, or None.  Not for more than 512."""
        text = str(self.answer.get("handles", ""))
        return [None if h == "null" else h for h in text.split(",")] if text else []

    @property
    def handle(self) -> str | None:
        return _the_one(self.handles, "elements of an add")

    @property
    def given(self) -> int:
        """How many elements got a handle."""
        if self.answer.get("null") is not None:
            return self.number("handles") - self.number("null")
        return sum(handle is not None for handle in self.handles)

    @property
    def done(self) -> dict[int, str]:
        """The earlier requests that were completed during this line, and their statuses."""
        found = (e for e in self.answer.elements if e.name == "done")
        return {int(str(e.get("request"))): str(e.get("status")) for e in found}

    @property
    def events(self) -> dict[str, str]:
        """The events that were over during this line, and their statuses."""
        found = (e for e in self.answer.elements if e.name == "event")
        return {str(e.get("event")): str(e.get("status")) for e in found}

    @property
    def done_handles(self) -> list[str | None]:
        """What the elements of adds got that were completed during this line."""
        found = (str(e.get("handles", "")) for e in self.answer.elements if e.name == "done")
        return [None if h == "null" else h for text in found if text for h in text.split(",")]

    @property
    def allocations(self) -> int:
        """How many pieces of memory the device holds."""
        return int(str(self.answer.get("allocations", 0)))

    @property
    def indications(self) -> list[int]:
        """The status codes that were indicated during this line."""
        found = (e for e in self.answer.elements if e.name == "indication")
        return [int(str(e.get("code")), 0) for e in found]

    @property
    def laws(self) -> list[str]:
        """The laws that this line broke, by their requirements."""
        return [law.rule for law in self.answer.breaks]

    @property
    def sent(self) -> list[str]:
        """The statuses of the lists of packets that were completed."""
        return [str(e.get("status")) for e in self.answer.elements if e.name == "sent"]

    @property
    def frames(self) -> list[Frame]:
        """The frames that left the device."""
        found = (e for e in self.answer.elements if e.name == "tx")
        return [Frame(str(e.get("frame")), _bytes(e)) for e in found]

    @property
    def frame(self) -> Frame:
        return _the_one(self.frames, "frames that left the device")

    @property
    def packets(self) -> list[Packet]:
        return [Packet(e) for e in self.answer.elements if e.name == "rx"]

    @property
    def packet(self) -> Packet:
        return _the_one(self.packets, "packets indicated")

    def __repr__(self) -> str:
        return self.answer.text[:300]


def _the_one(found: list[T], what: str) -> T:
    """What there must be one of; a device that makes none or several has failed the case."""
    assert len(found) == 1, f"there are {len(found)} {what}, not one"
    return found[0]


def _bytes(element: Element) -> bytes:
    return bytes.fromhex(str(element.get("data", "-")).strip("-"))


def final(asked: Reply, *later: Reply) -> str:
    """The final status of a request: in its own answer, or in a later one; PENDING: still out."""
    found = [answer.done[asked.request] for answer in later if asked.request in answer.done]
    return found[0] if asked.pending and found else asked.status
