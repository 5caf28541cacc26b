"""The stages of extraction, in the order in which they run: from posts to trends and mentions."""

from zeitgraph.kg.workspace.pipeline import Read, Stage

_WINDOW = ("clusters.window_weeks",)

STAGES = (
    Stage(
        name="posts",
        run="zeitgraph.extraction.intake.posts:settle_posts",
        reads=(Read("intake"),),
        writes=("posts",),
        settings=("heat",),
    ),
    Stage(
        name="vectors",
        run="zeitgraph.extraction.embedding.vectors:compute_vectors",
        reads=(Read("intake"), Read("posts"), Read("media")),
        writes=("vectors",),
        settings=("vectors",),
        also="zeitgraph.extraction.embedding.vectors:models_identity",
        version=2,
    ),
    Stage(
        name="edits",
        run="zeitgraph.kg.edits.stage:write_edits",
        reads=(Read("posts"),),
        writes=("edits",),
        also="zeitgraph.kg.edits.stage:edits_identity",
    ),
    Stage(
        name="clusters",
        run="zeitgraph.extraction.clusters.week:cluster_week",
        reads=(
            Read("edits"),
            Read("posts"),
            Read("posts", "history", back=_WINDOW),
            Read("vectors"),
            Read("vectors", "history", back=_WINDOW),
            Read("memberships", "history", back=_WINDOW),
            Read("clusters", "before"),
        ),
        writes=("clusters", "memberships", "lineage"),
        settings=("vectors", "styles", "clusters"),
        version=10,
        also="zeitgraph.extraction.clusters.style_prototypes:styles_identity",
    ),
    Stage(
        name="features",
        run="zeitgraph.extraction.explain.features:measure_posts",
        reads=(Read("posts"), Read("media")),
        writes=("features",),
    ),
    Stage(
        name="substyles",
        run="zeitgraph.extraction.clusters.substyles:find_substyles",
        reads=(
            Read("vectors"),
            Read("vectors", "history", back=_WINDOW),
            Read("memberships"),
            Read("memberships", "history", back=_WINDOW),
            Read("substyles", "before"),
        ),
        writes=("substyles",),
        settings=("clusters",),
        version=2,
    ),
    Stage(
        name="rules",
        run="zeitgraph.extraction.explain.stage:find_rules",
        reads=(
            *(Read(name) for name in ("features", "memberships", "lineage", "substyles")),
            *(Read(name, "history", _WINDOW) for name in ("features", "memberships", "lineage")),
        ),
        writes=("rules",),
        settings=("clusters", "rules"),
        version=2,
    ),
    Stage(
        name="trends",
        run="zeitgraph.extraction.trends.week:measure_trends",
        reads=(
            Read("posts"),
            Read("memberships"),
            Read("memberships", "history"),
            Read("clusters"),
            Read("trends", "history"),
        ),
        writes=("trends", "balance"),
        settings=("clusters", "trends", "fairness"),
        version=3,
    ),
    Stage(
        name="mentions",
        run="zeitgraph.extraction.names.mentions:find_mentions",
        reads=(Read("posts"),),
        writes=("mentions",),
        settings=("entities",),
        also="zeitgraph.extraction.names.mentions:names_identity",
    ),
)
