"""The stages of reporting, run for one week when all of the graph is up to date."""

from zeitgraph.kg.workspace.pipeline import Read, Stage

_TOLD = tuple(
    Read(name)
    for name in (
        "posts", "media", "clusters", "memberships", "lineage", "rules", "trends", "balance",
        "links",
        "entities", "facts",
    )
)  # fmt: skip

STAGES = (
    Stage(
        name="gallery",
        run="zeitgraph.reports.gallery.stage:make_gallery",
        reads=(
            *(
                Read(name)
                for name in ("posts", "media", "features", "clusters", "trends", "entities")
            ),
            Read("facts"),
            Read("memberships"),
            Read("memberships", "before"),
            Read("vectors"),
            Read("vectors", "before"),
        ),
        writes=("gallery",),
        settings=("vectors", "styles", "report", "gallery"),
        also="zeitgraph.reports.gallery.stage:gallery_identity",
        version=2,
    ),
    Stage(
        name="report",
        run="zeitgraph.reports.report.stage:write_report",
        reads=(
            *_TOLD,
            *(Read(name, "history") for name in ("clusters", "trends", "entities")),
            *(Read(name, "before") for name in ("posts", "memberships", "links")),
        ),
        writes=("claims",),
        settings=("report", "graph"),
        version=3,
    ),
)
