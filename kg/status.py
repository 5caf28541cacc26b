"""What is in a workspace: weeks, rows, reports, and what was set aside and why."""

import json
from collections import Counter
from dataclasses import asdict, dataclass

from zeitgraph.kg.workspace.tables import TABLES
from zeitgraph.kg.workspace.workspace import Workspace


@dataclass(frozen=True)
class Status:
    """The state of a workspace. `rows` counts rows by table, `rejects` items by reason."""

    workspace: str
    profile: str
    weeks: tuple[str, ...]
    rows: dict[str, int]
    rejects: dict[str, int]
    reports: tuple[str, ...]
    newest_complete_week: str | None

    def as_json(self) -> str:
        """The status as one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)

    def __str__(self) -> str:
        span = f"{self.weeks[0]} to {self.weeks[-1]}" if self.weeks else "none yet"
        lines = [
            f"{self.workspace}, profile «{self.profile}»",
            f"weeks: {len(self.weeks)} ({span}), reports: {', '.join(self.reports) or 'none'}",
            *(f"{name:>12} {count:>10,}" for name, count in self.rows.items()),
        ]
        if self.rejects:
            lines.append("set aside:")
            lines += [f"{count:>12,} {reason}" for reason, count in self.rejects.items()]
        return "\n".join(lines)


def read_status(workspace: Workspace) -> Status:
    """Count what is there."""
    reasons = Counter(workspace.read_all("rejects")["reason"].to_pylist())
    return Status(
        workspace=str(workspace.root),
        profile=workspace.settings.profile,
        weeks=tuple(workspace.weeks("intake")),
        rows={name: workspace.read_all(name).num_rows for name in TABLES},
        rejects=dict(sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
        reports=tuple(workspace.reported_weeks()),
        newest_complete_week=workspace.newest_complete_week(),
    )
