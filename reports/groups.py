"""The groups of requirements, and what they are about."""

from __future__ import annotations

GROUPS = {
    "HDR": "Header and buffer validation", "OID": "Direct OID interface", "ADD": "Adding SAs",
    "KEY": "Key material", "UPD": "Updating SAs", "DEL": "Deleting SAs",
    "CAP": "Capability report", "CFG": "Configuration", "TX": "Send", "LSO": "LSO with IPsec",
    "RX": "Receive", "ESN": "Extended sequence numbers", "UDP": "UDP-ESP",
    "REL": "Life events and resources",
    "P-ESP": "ESP, as the RFCs have it", "P-AH": "AH, as the RFCs have it",
    "P-PAD": "Padding", "P-ALG": "Algorithms", "P-GCM": "AES-GCM", "P-GMAC": "AES-GMAC",
    "P-ESN": "ESN, as the RFCs have it", "P-REP": "Replay windows",
    "P-UDPESP": "UDP encapsulation, as the RFCs have it",
}


def in_order(requirement: str) -> tuple[int, str]:
    """A key that sorts requirements by their groups, in the order above."""
    order = list(GROUPS)
    group = group_of(requirement)
    return order.index(group) if group in GROUPS else len(order), requirement


def group_of(requirement: str) -> str:
    """"ADD-010" is of the group ADD, "P-ESP-001" of P-ESP."""
    return requirement.rpartition("-")[0]
