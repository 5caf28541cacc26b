"""The stage `gallery`: what each cluster of one week looked like, as a folder with a page.

In come a week's clusters, memberships, vectors, posts, media, trends and entities; out come the
table `gallery` and `reports/<week>/gallery/`, complete in itself:

    index.html       the page (`gallery_page`)
    originals/       pictures of posts byte for byte, named by content (`pictures`)
    thumbnails/      small ones
    prototypes/      what a model generated, apart from evidence: generated-….png (`prototypes`)
    mosaics/         or, without a model, mosaic-of-exemplars-….jpg (`mosaic`)

The folder is written aside and renamed. Which posts are shown is decided in `picks`.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL.Image import Image

from zeitgraph.kg.base.ids import digest_json
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.gallery.data import Row, WeekSeen, see_week, styles_of
from zeitgraph.reports.gallery.exemplars import Pick, Vectors, cosines, pick_posts
from zeitgraph.reports.gallery.image_makers import ImageMaker, Prompt, image_maker
from zeitgraph.reports.gallery.judge import JudgeOf
from zeitgraph.reports.gallery.mosaic import MOST
from zeitgraph.reports.gallery.page import Card, Drawn, Page, Room, page_words, plain, write_page
from zeitgraph.reports.gallery.prototypes import (
    best_of,
    draw_once,
    save_generated,
    save_mosaic,
    showing,
    style_prompt,
    words_prompt,
)
from zeitgraph.reports.page.formatting import counted
from zeitgraph.reports.page.pictures import copy_picture


def make_gallery(job: Job, judge_of: JudgeOf) -> dict[str, pa.Table]:
    """Write the week's gallery folder; the table `gallery`, one row per picture or post shown.

    Reads posts, media, vectors, clusters, memberships, trends and entities of the week, and the
    memberships and vectors of the week before. `judge_of` makes what chooses among candidates.
    Raises `InputError` for a picture that is gone, and what the image maker and the judge raise.
    """
    folder = job.workspace.report_folder(job.week) / "gallery"
    aside = folder.with_name(".gallery-aside")
    shutil.rmtree(aside, ignore_errors=True)  # what a killed run left
    aside.mkdir(parents=True)
    settings = job.settings.gallery
    maker = image_maker(settings, job.workspace.root, job.note)
    hall = _Hall(job, see_week(job), maker, judge_of, aside)
    warmest = hall.week.warmest
    rooms = [_room(hall, cluster_id) for cluster_id in warmest[: settings.clusters]]
    page = Page(job.week, job.settings.report.lang, tuple(rooms), len(warmest) - len(rooms))
    write_page(page, aside)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    prefix = folder.relative_to(job.workspace.root).as_posix()
    rows = (row for room in rooms for row in _rows(hall, room, prefix))
    return {"gallery": make_table(TABLES["gallery"], rows)}


def gallery_identity(workspace: Workspace) -> str:
    """Changes with the image model and the style libraries: what the ledger cannot see in tables.

    Raises what the image maker raises when its model cannot be had.
    """
    maker = image_maker(workspace.settings.gallery, workspace.root)
    styles = [[s.style_id, s.image, s.name_zh, s.zh] for s in styles_of(workspace)]
    return digest_json([maker.identity, styles])


@dataclass(frozen=True)
class _Hall:
    """What every room is made from: the week's tables, who draws, and where files go."""

    job: Job
    week: WeekSeen
    maker: ImageMaker
    judge_of: JudgeOf
    folder: Path

    @property
    def lang(self) -> str:
        return self.job.settings.report.lang


def _room(hall: _Hall, cluster_id: str) -> Room:
    week, cluster = hall.week, hall.week.clusters[cluster_id]
    hall.job.note(f"{hall.job.week} gallery: {cluster['name']}")
    members, centres = week.crowd(cluster_id, hall.job.week), week.centres()
    earlier = week.earlier.get(cluster_id, np.empty((0, members.vectors.shape[1])))
    picks = pick_posts(members, earlier, centres, cluster_id, hall.job.settings.gallery.posts)
    cards = tuple(_card(hall, pick, centres[cluster_id]) for pick in picks)
    trend = week.trends.get(cluster_id, {})
    return Room(
        cluster_id=cluster_id,
        name=_name(cluster, hall.lang),
        other_name=_name(cluster, "en" if hall.lang == "zh" else "zh"),
        origin=cluster["origin"],
        state=trend.get("state") or "",
        posts=len(members.post_ids),
        share=trend.get("share"),
        words=tuple(plain(word) for word in cluster["words"] or []),
        cards=cards,
        drawn=tuple(_DRAWING[hall.maker.role](hall, cluster_id, cards)),
    )


def _card(hall: _Hall, pick: Pick, centre: Vectors) -> Card:
    post = hall.week.posts[pick.post_id]
    chosen = _speaking_picture(hall.week, pick, centre)
    other = hall.week.clusters.get(pick.other_id)
    return Card(
        pick=pick,
        other_name=_name(other, hall.lang) if other else "",
        text=plain(post["text"] or ""),
        lang=post["lang"] or "",
        published=post["published_at"],
        heat=post["heat"],
        url=post["url"] or "",
        media_id=chosen["media_id"] if chosen else "",
        at_s=chosen["at_s"] if chosen else None,
        shown=copy_picture(hall.job.workspace.root / chosen["path"], hall.folder)
        if chosen
        else None,
    )


def _speaking_picture(week: WeekSeen, pick: Pick, centre: Vectors) -> Row | None:
    """Of a post's pictures the nearest to the cluster's centre, of an odd post the farthest.

    Where none has a vector, its first.
    """
    media = week.media.get(pick.post_id, ())
    known = [row for row in media if row["media_id"] in week.picture_vectors]
    if not known:
        return media[0] if media else None
    vectors = np.stack([week.picture_vectors[row["media_id"]] for row in known])
    nearness = cosines(vectors, centre[None])[:, 0]
    return known[int(nearness.argmin() if pick.role == "odd" else nearness.argmax())]


def _prompt(hall: _Hall, cluster_id: str) -> Prompt:
    cluster, lang = hall.week.clusters[cluster_id], hall.job.settings.gallery.prompt_lang
    style = hall.week.styles.get(cluster["style"] or "")
    prompt = (
        words_prompt(cluster["words"] or [], hall.week.names, lang)
        if style is None
        else style_prompt(style, lang)
    )
    if thing := hall.week.things.get(cluster_id):
        return showing(prompt, _name(thing, lang), lang)
    return prompt


def _prototypes(hall: _Hall, cluster_id: str, _cards: Sequence[Card]) -> Iterator[Drawn]:
    """Pictures that a model generates, written below `prototypes/`."""
    settings, words = hall.job.settings.gallery, page_words(hall.lang)["prototype"]
    prompt, model = _prompt(hall, cluster_id), hall.maker.name
    thing = hall.week.things.get(cluster_id, {}).get("entity_id", "")
    seeds = range(settings.seed, settings.seed + settings.pictures * settings.candidates)
    store = hall.job.workspace.cache_folder / "prototypes"
    pictures = draw_once(hall.maker, prompt, seeds, store)
    for position, place in enumerate(_chosen(hall, prompt, pictures), start=1):
        seed, picture = seeds[place], pictures[place]
        path = f"prototypes/generated-{cluster_id}-{position:02d}.png"
        about = words["file"].format(model=model, seed=seed)
        save_generated(picture, hall.folder / path, words["badge"], about, prompt)
        about = words["about"].format(model=model)
        yield Drawn("prototype", path, *picture.size, about, prompt.text, thing)


def _chosen(hall: _Hall, prompt: Prompt, pictures: Sequence[Image]) -> list[int]:
    """The places of the pictures to show: of each run of candidates the nearest to what is asked.

    To all of it alike, since in the words of a whole prompt the style drowns the thing.
    """
    candidates = hall.job.settings.gallery.candidates
    if candidates == 1:
        return list(range(len(pictures)))  # no model need be there to see them
    near = hall.judge_of(hall.job.settings)(prompt.asks, pictures)
    return best_of(near.mean(axis=1).tolist(), candidates)


def _mosaic(hall: _Hall, cluster_id: str, cards: Sequence[Card]) -> Iterator[Drawn]:
    """A mosaic of the typical and the rising pictures, written below `mosaics/`; or none."""
    words = page_words(hall.lang)["mosaic"]
    shown = (card.shown for card in cards if card.pick.role != "odd")
    exemplars = tuple(dict.fromkeys(hall.folder / s.original for s in shown if s))[:MOST]
    pictures = counted(len(exemplars), "pictures", hall.lang)
    note = words["caption"].format(pictures=pictures, week=hall.job.week)
    name = _name(hall.week.clusters[cluster_id], hall.lang)
    prompt = Prompt(text="", negative="", exemplars=exemplars, caption=(name, note))
    for picture in hall.maker.draw(prompt, [hall.job.settings.gallery.seed]):
        path = f"mosaics/mosaic-of-exemplars-{cluster_id}.jpg"
        save_mosaic(picture, hall.folder / path, note)
        yield Drawn("mosaic", path, *picture.size, words["about"].format(pictures=pictures))


_DRAWING = {"prototype": _prototypes, "mosaic": _mosaic}


def _rows(hall: _Hall, room: Room, prefix: str) -> Iterator[dict[str, Any]]:
    """The rows of a room: its cards, counted within their role, and what was drawn."""
    same = {"week": hall.job.week, "cluster_id": room.cluster_id}
    for role in dict.fromkeys(card.pick.role for card in room.cards):
        for position, card in enumerate(room.of_role(role)):
            yield same | {
                "role": role,
                "position": position,
                "post_id": card.pick.post_id,
                "media_id": card.media_id,
                "entity_id": "",
                "path": f"{prefix}/{card.shown.original}" if card.shown else "",
                "note": card.why(page_words("en")["why"]),
            }
    for position, drawn in enumerate(room.drawn):
        yield same | {
            "role": drawn.role,
            "position": position,
            "post_id": "",
            "media_id": "",
            "entity_id": drawn.thing,
            "path": f"{prefix}/{drawn.path}",
            "note": drawn.prompt or drawn.about,
        }


def _name(named: Row, lang: str) -> str:
    """The name of a cluster or an entity, in a language if it has one there."""
    return plain(named[f"name_{lang}"] or named["name"])
