"""The sentences of a report: drafts before the check, claims after it."""

from dataclasses import dataclass

from zeitgraph.kg.base.terms import ClaimStatus


@dataclass(frozen=True)
class Draft:
    """A sentence from a writer, with the numbers of the evidence that it cites."""

    text: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Claim:
    """A checked sentence; `reason` says why it was dropped, and is empty if it was kept."""

    claim_id: str
    section: str
    text: str
    evidence: tuple[str, ...]
    status: ClaimStatus
    reason: str = ""

    @property
    def kept(self) -> bool:
        """Whether the report shows the sentence."""
        return self.status == ClaimStatus.KEPT
