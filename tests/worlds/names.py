"""A small catalogue with ambiguous names, and a workspace that finds and links them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zeitgraph.extraction import stages as extraction_stages
from zeitgraph.kg import stages as knowledge
from zeitgraph.kg.entities.catalogue import Catalogue, everyday_words
from zeitgraph.kg.entities.catalogue_files import Entity
from zeitgraph.kg.entities.disambiguation import Disambiguator
from zeitgraph.kg.workspace.pipeline import bring_up_to_date
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace

WEEK = "2026-W40"

HEADER = "id,kind,name_en,name_zh,aliases,description,related\n"
CATALOGUE = HEADER + (
    "juniper,brand,Juniper,杜松,Juniper Lighting|杜松灯具,lighting maker,globe-lamp\n"
    'juniper-hale,person,Juniper Hale,杜松·海尔,Juniper,"singer, dances in ribbons",stage\n'
    "juniper-bay,place,Juniper Bay,杜松湾,Juniper|杜松,bay with a long beach,\n"
    "globe-lamp,object,globe lamp,球形台灯,table lamp|台灯,lamp with a globe,\n"
    "lantern,object,lantern,提灯,灯笼,glass lantern,\n"
    "lantern-films,brand,Lantern,灯笼,Lantern Cameras,maker of film cameras,\n"
    "target,brand,Target,,,shops,\n"
    "old-navy,brand,Old Navy,,,clothes,\n"
    "book,object,book,书,,to be read,\n"
    "park,scene,park,公园,,green,\n"
)
STAGES = [
    stage
    for stage in (*extraction_stages.STAGES, *knowledge.STAGES)
    if stage.name in ("mentions", "links", "facts")
]


def small_disambiguator() -> Disambiguator:
    """A disambiguator for the catalogue above, without everyday words."""
    entities = []
    for line in CATALOGUE.splitlines()[1:]:
        cells = line.replace('"singer, dances', '"singer; dances').replace('"', "").split(",")
        key, kind, en, zh, aliases, about, related = cells
        names = tuple(filter(None, aliases.split("|")))
        entities.append(Entity(key, kind, en, zh, names, about, tuple(filter(None, [related]))))
    return Disambiguator(Catalogue.of(entities), everyday_words(), 0.5)


def workspace_with(folder: Path, catalogue: str = CATALOGUE, **entities: Any) -> Workspace:
    """A workspace whose catalogue is `catalogue`, with these settings of `entities`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "catalogue.csv").write_text(catalogue, "utf-8")
    chosen = {"catalogue": "catalogue.csv"} | entities
    lines = [f"{key} = {value!r}" for key, value in chosen.items()]
    settings = "\n".join(['profile = "vectors"', "[entities]", *lines])
    (folder / "zeitgraph.toml").write_text(settings + "\n", "utf-8")
    return Workspace(folder)


def write_posts(
    workspace: Workspace, texts: Sequence[str], week: str = WEEK, clusters: Sequence[str] = ()
) -> None:
    """Write a week of posts p0, p1, …; the first ones are in `clusters`."""
    moment = datetime(2026, 10, 1, tzinfo=UTC)
    posts = [
        {"post_id": f"p{i}", "week": week, "text": text, "lang": "en", "published_at": moment}
        for i, text in enumerate(texts)
    ]
    members = [
        {"post_id": f"p{i}", "week": week, "cluster_id": cluster, "weight": 1.0}
        for i, cluster in enumerate(clusters)
    ]
    workspace.write("posts", week, make_table(TABLES["posts"], posts))
    workspace.write("memberships", week, make_table(TABLES["memberships"], members))


def find_names(
    workspace: Workspace, weeks: Sequence[str] = (WEEK,), note: Callable[[str], None] = print
) -> None:
    """Bring mentions, links, entities and facts up to date."""
    bring_up_to_date(workspace, STAGES, weeks, note=note)


def linked(workspace: Workspace, week: str = WEEK) -> dict[str, list[tuple[str, str, str, str]]]:
    """By post id, a tuple (surface, kind, entity_id, how) for each mention, in text order."""
    links = {_place(row): row for row in workspace.read("links", week).to_pylist()}
    found: dict[str, list[tuple[str, str, str, str]]] = {}
    for row in workspace.read("mentions", week).to_pylist():
        link = links[_place(row)]
        reading = (row["surface"], row["kind"], link["entity_id"], link["how"])
        found.setdefault(row["post_id"], []).append(reading)
    return found


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["post_id"], row["start"], row["end"]
