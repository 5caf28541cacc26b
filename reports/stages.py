"""The stages of reporting, run for one week when all of the graph is up to date."""

from zeitgraph.kg.stages import Read, Stage

_TOLD = tuple(
    Read(name)
    for name in (
        "posts", "media", "clusters", "memberships", "lineage", "trends", "links", "entities",
        "facts",
    )
)  # fmt: skip

STAGES = (
    Stage(
        name="gallery",
        run="zeitgraph.reports.gallery:make_gallery",
        reads=(*_TOLD, Read("vectors")),
        writes=("gallery",),
        settings=("styles", "report", "gallery"),
    ),
    Stage(
        name="report",
        run="zeitgraph.reports.weekly:write_report",
        reads=(*_TOLD, Read("trends", "history")),
        writes=("claims",),
        settings=("report", "graph"),
    ),
)
