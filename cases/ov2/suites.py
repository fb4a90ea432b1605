"""The algorithms of IPsecOV2, as cases need them: the capability they take, their key lengths.

A suite is named as in the trace language: "aes-gcm-128", "aes-cbc-128+sha1", "ah-sha1".
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from .lists import Node


class Algorithm(NamedTuple):
    """One bit of EncryptionAlgorithms or AuthenticationAlgorithms."""

    bit: int
    key: int  # bytes, without the salt
    salt: int = 0

    def key_len(self, gcm_key: str) -> int:
        """The KeyLength that a device expects that declares this GCM_KEY."""
        return self.key + (self.salt if gcm_key == "key+salt" else 0)


ENCRYPTION = {
    "null": Algorithm(0x001, 0),
    "des-cbc": Algorithm(0x002, 8),
    "3des-cbc": Algorithm(0x004, 24),
    "aes-gcm-128": Algorithm(0x008, 16, 4),
    "aes-gcm-192": Algorithm(0x010, 24, 4),
    "aes-gcm-256": Algorithm(0x020, 32, 4),
    "aes-cbc-128": Algorithm(0x040, 16),
    "aes-cbc-192": Algorithm(0x080, 24),
    "aes-cbc-256": Algorithm(0x100, 32),
}
AUTHENTICATION = {
    "md5": Algorithm(0x01, 16),
    "sha1": Algorithm(0x02, 20),
    "sha256": Algorithm(0x04, 32),
    "gmac-128": Algorithm(0x08, 16, 4),
    "gmac-192": Algorithm(0x10, 24, 4),
    "gmac-256": Algorithm(0x20, 32, 4),
}

GCM = tuple(name for name in ENCRYPTION if "gcm" in name)
CIPHERS = ("des-cbc", "3des-cbc", "aes-cbc-128", "aes-cbc-192", "aes-cbc-256")
HASHES = ("md5", "sha1", "sha256")

# Every ESP suite that protects against change, every AH suite.
ESP = (
    *GCM,
    *(f"null+{mac}" for mac in AUTHENTICATION),
    *(f"{cipher}+{mac}" for cipher in CIPHERS for mac in HASHES),
)
AH = tuple(f"ah-{mac}" for mac in AUTHENTICATION)

# Bundles, as fields of an ADD element.
KINDS = {
    "gcm": [{"esp": name} for name in GCM],
    "null": [{"esp": f"null+{mac}"} for mac in AUTHENTICATION],
    "cbc": [{"esp": f"{cipher}+{mac}"} for cipher in CIPHERS for mac in HASHES],
    "ah": [{"ah": name} for name in AH],
    "esp+ah": [
        {"esp": "aes-gcm-128", "ah": "ah-sha1"},
        {"esp": "aes-gcm-256", "ah": "ah-gmac-256"},
        {"esp": "null+sha1", "ah": "ah-sha256"},
        {"esp": "null+gmac-128", "ah": "ah-md5"},
        {"esp": "aes-cbc-128+sha1", "ah": "ah-gmac-128"},
        {"esp": "3des-cbc+md5", "ah": "ah-sha1"},
    ],
    # One of each sort, for sweeps that have little to do with algorithms.
    "sample": [
        {"esp": "aes-gcm-128"},
        {"esp": "aes-cbc-128+sha1"},
        {"ah": "ah-sha1"},
        {"ah": "ah-gmac-128"},
        {"esp": "null+sha1", "ah": "ah-sha256"},
    ],
    # One for each form that a packet may have: block, IV and ICV.
    "esp forms": [
        {"esp": "aes-gcm-256"},
        {"esp": "null+sha256"},
        {"esp": "null+gmac-192"},
        {"esp": "3des-cbc+md5"},
        {"esp": "aes-cbc-128+sha1"},
        {"esp": "aes-cbc-256+sha256"},
    ],
    "esp+ah forms": [
        {"esp": "aes-gcm-128", "ah": "ah-gmac-256"},
        {"esp": "aes-cbc-256+sha256", "ah": "ah-sha1"},
    ],
    "ah forms": [{"ah": "ah-sha1"}, {"ah": "ah-sha256"}, {"ah": "ah-gmac-128"}],
    # Each of the two could be taken for the other.
    "esp+ah alike": [
        {"esp": "null+sha1", "ah": "ah-sha1"},
        {"esp": "null+gmac-256", "ah": "ah-gmac-256"},
    ],
}


# All of them, each once.
EVERY = ("gcm", "null", "cbc", "ah", "esp+ah", "esp+ah alike")

# Those with an IV in the packet, by what the IV has to be: unique, and for CBC unpredictable too.
KINDS["counting iv"] = [
    *KINDS["gcm"],
    *({"esp": name} for name in ESP if "gmac" in name),
    *({"ah": name} for name in AH if "gmac" in name),
]
KINDS["null gmac"] = [{"esp": name} for name in ESP if "gmac" in name]
KINDS["ah gmac"] = [{"ah": name} for name in AH if "gmac" in name]
KINDS["random iv"] = [{"esp": f"{cipher}+sha1"} for cipher in CIPHERS]


def algorithms(name: str) -> tuple[Algorithm | None, Algorithm | None]:
    """The cipher and the MAC of a suite; None: it has none."""
    if name.startswith("ah-"):
        return None, AUTHENTICATION[name[3:]]
    cipher, _, mac = name.partition("+")
    return ENCRYPTION[cipher], AUTHENTICATION[mac] if mac else None


def block(name: str) -> int:
    """Of how many bytes payload and trailer together are a multiple."""
    return 16 if name.startswith("aes-cbc") else 8 if "des-cbc" in name else 4


def iv_len(name: str) -> int:
    """The IV in a packet."""
    if name.startswith("aes-cbc"):
        return 16
    return 8 if "des-cbc" in name or "gcm" in name or "gmac" in name else 0


def icv_len(name: str) -> int:
    """The ICV in a packet, with AES-GCM at its default."""
    return 12 if name.endswith(("md5", "sha1")) else 16


def capabilities(*names: str) -> dict[str, int]:
    """What a device must report for a bundle of these suites, as Device.needs() takes it."""
    wanted = {"enc": 0, "auth": 0}
    for name in names:
        cipher, mac = algorithms(name)
        wanted["enc"] |= cipher.bit if cipher else 0
        wanted["auth"] |= mac.bit if mac else 0
        wanted["ah" if name.startswith("ah-") else "esp"] = 1
    return wanted | ({"ahesp": 1} if len(names) == 2 else {})


def missing(capability: str, bits: int) -> str:
    """The sentence of a case that is skipped for want of these bits of a capability."""
    tables: dict[str, dict[str, Algorithm]] = {"enc": ENCRYPTION, "auth": AUTHENTICATION}
    names = [name for name, of in tables.get(capability, {}).items() if of.bit & bits]
    told = f" ({', '.join(names)})" if names else ""
    return f"the device does not report {capability}={hex(bits)}{told}"


USUAL = "aes-gcm-128"  # what an element has that names no algorithm
_ELEMENT = re.compile(r"\{([^}]*)\}")


def is_usual(line: str) -> bool:
    """Whether this line adds an SA that names no algorithm."""
    return line.startswith("add_sa") and any(
        not re.search(r"\b(esp|ah)=", fields) for fields in _ELEMENT.findall(line))


def taken(fields: dict[str, Any]) -> dict[str, int]:
    """What a device must report for an SA with these fields, as Device.needs() takes it."""
    named = [str(fields[key]) for key in ("esp", "ah") if fields.get(key)]
    found = capabilities(*(named or (USUAL,)))
    if fields.get("esn"):
        found["esn"] = 1
    if fields.get("ipv6") or ":" in str(fields.get("src", "")):
        found["ipv6"] = 1
    return found


def ah_first(element: Node, profile: dict[str, str]) -> Node:
    """A bundle of ESP and AH with its operations in the other order: the keys stay where they are.
    Null encryption is an empty block, so that ESP looks as AH does."""
    esp, ah = str(element.fields["esp"]), str(element.fields["ah"])
    cipher, mac = algorithms(esp)
    outer = algorithms(ah)[1]
    assert cipher is not None and outer is not None
    lengths = [each.key_len(profile["GCM_KEY"]) if each else 0 for each in (cipher, mac, outer)]
    unit = 8 if profile["ICV_UNIT"] == "bits" else 1
    first = {"op": "ah", "spi": element.fields["ah_spi"], "enc": 0, "enc_len": 0, "enc_off": 0}
    first |= {"enc_info": 0, "auth": outer.bit}
    first |= {"auth_len": lengths[2], "auth_off": lengths[0] + lengths[1]}
    second = {"op": "esp", "spi": element.fields["spi"], "enc": cipher.bit if lengths[0] else 0}
    second |= {"enc_len": lengths[0], "enc_off": 0, "enc_info": 16 * unit if esp in GCM else 0}
    second |= {"auth": mac.bit if mac else 0, "auth_len": lengths[1], "auth_off": lengths[0]}
    own = {f"sa0_{name}": value for name, value in first.items()}
    return element.but(**own, **{f"sa1_{name}": value for name, value in second.items()})
