"""Columns about pictures: copies of posts, and what prototype pictures show.

Input: a case. Output: scores. This module does not know how pictures are made.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from zeitgraph.kg.base.terms import EntityKind, GalleryRole
from zeitgraph.kg.workspace.tables import CLUSTERS, ENTITIES, GALLERY, MEMBERSHIPS
from zeitgraph.reports.evaluation.case import Case
from zeitgraph.reports.evaluation.score import CannotScore, Score, f1_of, share_score
from zeitgraph.reports.gallery.data import styles_of


def duplicates(case: Case) -> Score:
    """The F1 of the copies: the post and the post that it copies must be equal."""
    known = {post.post_id for post in case.posts}
    planted = {
        (row["post_id"], row["copy_of"])
        for row in case.truth.rows("posts", "post_id", "copy_of")
        if row["copy_of"] and {row["post_id"], row["copy_of"]} <= known
    }
    if not planted:
        raise CannotScore("unplanted", "copy_of")
    found = {
        (row["post_id"], row["copy_of"])
        for row in case.rows(MEMBERSHIPS, "post_id", "copy_of")
        if row["copy_of"] and row["post_id"] in known
    }
    right = len(planted & found)
    detail = f"{right} / {len(planted)}, {right} / {len(found)}"
    return Score(f1_of(right, len(planted), len(found)), detail=detail)


# -- prototype pictures ----------------------------------------------------------------------------


def prototype_styles(case: Case) -> Score:
    """The share of prototype pictures of named styles in which the judge sees that style.

    The judge chooses among all styles of the workspace's libraries.
    """
    styles = {row["cluster_id"]: row["style"] for row in case.rows(CLUSTERS, "cluster_id", "style")}
    wanted = [(path, styles.get(cluster_id)) for path, cluster_id, _ in _prototypes(case)]
    choices = {style.style_id: style.phrasings() for style in styles_of(case.workspace)}
    return _share_recognised(case, wanted, choices)


def prototype_objects(case: Case) -> Score:
    """The share of prototype pictures of an object in which the judge sees that object.

    The judge chooses among the objects that pictures of this world show, by their names. Other
    objects, such as a neon sign, are left out: they may be part of the backdrop of a style.
    """
    shown = {
        name for row in case.truth.rows("posts", "objects") for name in row["objects"].split("|")
    }
    choices = {
        row["entity_id"]: list(dict.fromkeys(filter(None, (row["name_en"], row["name_zh"]))))
        for row in case.rows(ENTITIES, "entity_id", "kind", "name_en", "name_zh")
        if row["kind"] == EntityKind.OBJECT and row["entity_id"] in shown
    }
    wanted = [(path, name) for path, _, name in _prototypes(case) if name in choices]
    return _share_recognised(case, wanted, choices)


def _prototypes(case: Case) -> list[tuple[Path, str, str]]:
    """Each prototype picture, its cluster, and the object that it should show."""
    return [
        (case.workspace.root / row["path"], row["cluster_id"], row["entity_id"])
        for row in case.rows(GALLERY, "cluster_id", "role", "path", "entity_id")
        if row["role"] == GalleryRole.PROTOTYPE
    ]


def _share_recognised(
    case: Case, wanted: Iterable[tuple[Path, str | None]], choices: Mapping[str, Sequence[str]]
) -> Score:
    """The share of pictures in which the judge sees the wanted choice."""
    pictures = [(path, name) for path, name in wanted if name]
    if not pictures or case.judge is None:
        raise CannotScore("unmeasured")
    seen = case.judge([path for path, _ in pictures], choices)
    hits = sum(one == name for one, (_, name) in zip(seen, pictures, strict=True))
    return share_score(hits, len(pictures))
