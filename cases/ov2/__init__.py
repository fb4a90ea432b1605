"""The vocabulary that cases are written in."""

import pytest

__version__ = "0.1.0"

pytest.register_assert_rewrite(
    "ov2.burst", "ov2.device", "ov2.kinds", "ov2.link", "ov2.lists", "ov2.parameters", "ov2.reply",
    "ov2.vectors",
)

from . import headers, suites  # noqa: E402
from .catalogue import requirement  # noqa: E402
from .device import (  # noqa: E402
    Device, Node, door, each_family, every_suite, setting,
)
from .kinds import Kind, kinds, lengths, twins  # noqa: E402
from .link import (  # noqa: E402
    Link, anyone, bundle, link, links, meet, offered, opposite, unusable, working,
)
from .frames import ike_frame  # noqa: E402
from .lists import (  # noqa: E402
    bad, inbound, littered, looped, name_of, node, positions, rho, ring, run, sa, sas,
)
from .reply import Frame, Reply, final  # noqa: E402
from .shortage import starved  # noqa: E402
from .suites import ah_first  # noqa: E402

__all__ = [
    "Device", "Frame", "Kind", "Link", "Node", "Reply", "ah_first", "anyone", "bad", "bundle",
    "door", "each_family", "every_suite", "final", "headers", "ike_frame", "inbound", "kinds",
    "lengths", "link", "links", "littered", "looped", "meet", "name_of", "node", "offered",
    "opposite", "positions", "requirement", "rho", "ring", "run", "sa", "sas", "setting", "starved",
    "suites", "twins", "unusable", "working",
]
