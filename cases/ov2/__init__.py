"""The vocabulary that cases are written in."""

import pytest

__version__ = "0.1.0"

pytest.register_assert_rewrite("ov2.device", "ov2.kinds", "ov2.link", "ov2.lists", "ov2.vectors")

from .catalogue import requirement  # noqa: E402
from .device import Device, Frame, Node, Reply, every_suite, setting, twins  # noqa: E402
from .kinds import Kind, kinds, lengths  # noqa: E402
from .link import Link, bundle, link, meet, opposite, unusable  # noqa: E402
from .lists import bad, inbound, littered, name_of, node, rho, ring, run, sa, sas  # noqa: E402

__all__ = [
    "Device", "Frame", "Kind", "Link", "Node", "Reply", "bad", "bundle", "every_suite",
    "inbound", "kinds", "lengths", "link", "littered", "meet", "name_of", "node", "opposite",
    "requirement", "rho", "ring", "run", "sa", "sas", "setting", "twins", "unusable",
]
