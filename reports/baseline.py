"""A baseline: the results of an earlier run, against which only new failures count."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from compare import Change, changes
from document import load
from findings import Document, verdict_line
from releases import aliases
from sarif import fingerprints


@dataclass
class Since:
    """What is otherwise than in the baseline."""

    name: str
    document: Document
    changes: list[Change]
    known: frozenset[str]  # fingerprints of what it had found

    @property
    def worse(self) -> list[Change]:
        return [change for change in self.changes if change.is_worse]

    @property
    def code(self) -> int:
        """0 no new failures, 1 some, 2 the run did not get to its end."""
        if self.worse:
            return 1
        return 2 if self.document["unfinished"] else 0

    @property
    def verdict(self) -> str:
        """The last line of the report."""
        count = len(self.worse)
        new = f"{count} new failure{'' if count == 1 else 's'}" if count else "no new failures"
        if self.code == 2:
            new = f"INCOMPLETE: {self.document['unfinished']}"
        return f"{new} since {self.name} ({verdict_line(self.document)})"


def since(path: Path, document: Document) -> Since:
    """document compared with the results at path; Refused if these cannot be used."""
    old = load(path)
    found = list(changes(old, document, aliases()))
    return Since(str(path), document, found, fingerprints(old))
