"""The named classes of element lists, as harness/shape.h has them; results.json counts each."""

from __future__ import annotations

# No driver can check for these: they run with --hostile only, and never decide.
WILD = ("freed", "unmapped", "noncanonical")

SHAPES = (
    "self-loop", "two-cycle", "rho", "tail-to-head", "shared-tail", "cross-link", "into-node",
    "into-key", "into-other-oid", *WILD, "contiguous", "scattered", "unaligned", "straddle",
    "header-only", "duplicate-handle", "dead-then-live", "foreign-handle",
    "wrong-direction-handle", "length-0", "length-1", "length-capacity", "length-capacity+1",
    *(f"length-2^{power}" for power in range(1, 21)),
    *(f"wrong-{what}-{place}"
      for what in ("type", "revision", "size") for place in ("head", "middle", "tail")),
)
