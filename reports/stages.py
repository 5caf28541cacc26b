"""The stages of reporting, run for one week when the whole graph is up to date."""

from dataclasses import replace

from zeitgraph.kg.workspace.pipeline import Read, Stage
from zeitgraph.reports.gallery.judge import JudgeOf

_WEEK = tuple(
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
            *_WEEK,
            *(Read(name, "history") for name in ("clusters", "trends", "entities")),
            *(Read(name, "before") for name in ("posts", "memberships", "links")),
        ),
        writes=("claims",),
        settings=("report", "graph"),
        version=3,
    ),
)


def stages(judge_of: JudgeOf) -> tuple[Stage, ...]:
    """The stages, with the judge that chooses among the gallery's candidate pictures."""
    gallery, report = STAGES
    return replace(gallery, arguments={"judge_of": judge_of}), report
