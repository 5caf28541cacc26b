"""The stages of the knowledge graph, in the order in which they run: links, facts, both stores."""

from zeitgraph.kg.workspace.pipeline import Read, Stage

_WHOLE_WEEK = tuple(
    Read(name)
    for name in (
        "posts", "media", "clusters", "memberships", "lineage", "rules", "trends", "mentions",
        "links", "entities", "facts",
    )
)  # fmt: skip

STAGES = (
    Stage(
        name="links",
        run="zeitgraph.kg.entities.linking:link_mentions",
        reads=(Read("posts"), Read("mentions"), Read("entities", "history")),
        writes=("links", "entities"),
        settings=("entities",),
        also="zeitgraph.kg.entities.catalogue:catalogue_identity",
    ),
    Stage(
        name="facts",
        run="zeitgraph.kg.entities.facts:derive_facts",
        reads=(Read("memberships"), Read("clusters"), Read("links"), Read("entities")),
        writes=("facts",),
        settings=("entities",),
    ),
    Stage(
        name="graph",
        run="zeitgraph.kg.graph.rdf_stage:write_graph",
        reads=_WHOLE_WEEK,
        writes=(),
        settings=("graph",),
        also="zeitgraph.kg.graph.rdf_stage:store_identity",
    ),
    Stage(
        name="bolt",
        run="zeitgraph.kg.graph.bolt_stage:write_bolt",
        reads=_WHOLE_WEEK,
        writes=(),
        settings=("graph",),
        version=3,
        also="zeitgraph.kg.graph.bolt_stage:store_identity",
    ),
)
