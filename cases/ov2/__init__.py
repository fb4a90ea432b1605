"""The vocabulary that cases are written in."""

import pytest

__version__ = "0.1.0"

pytest.register_assert_rewrite("ov2.device", "ov2.kinds", "ov2.link", "ov2.lists", "ov2.vectors")

from .catalogue import requirement  # noqa: E402
from .device import Device, Frame, Node, Reply, setting, twins  # noqa: E402
from .kinds import Kind, kinds, lengths  # noqa: E402
from .link import Link, bundle, link  # noqa: E402
from .lists import inbound, name_of, node, rho, ring, run, sa, sas  # noqa: E402

__all__ = [
    "Device", "Frame", "Kind", "Link", "Node", "Reply", "bundle", "inbound", "kinds", "lengths",
    "link", "name_of", "node", "requirement", "rho", "ring", "run", "sa", "sas", "setting",
    "twins",
]
