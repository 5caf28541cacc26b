"""The section of a cluster: its cards of posts, and the pictures that an image maker makes for it.

Input: a `GalleryContext` and a cluster. Output: a `ClusterSection`, with its picture files written
into the gallery's folder. This module does not know about HTML or the table `gallery`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL.Image import Image

from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.rows import ClusterRow, EntityRow, MediaRow
from zeitgraph.reports.gallery.data import GalleryData
from zeitgraph.reports.gallery.exemplars import Pick, Vectors, cosines, pick_posts
from zeitgraph.reports.gallery.image_makers import ImageMaker, Prompt
from zeitgraph.reports.gallery.judge import JudgeOf
from zeitgraph.reports.gallery.mosaic import MAX_PICTURES
from zeitgraph.reports.gallery.page import Card, ClusterSection, MadePicture, page_words, plain
from zeitgraph.reports.gallery.prototypes import (
    best_candidates,
    draw_once,
    save_generated,
    save_mosaic,
    style_prompt,
    with_object,
    words_prompt,
)
from zeitgraph.reports.page.formatting import counted
from zeitgraph.reports.page.pictures import copy_picture


@dataclass(frozen=True)
class GalleryContext:
    """What all sections share: the week's data, the image maker and the judge, and the folder."""

    job: Job
    data: GalleryData
    maker: ImageMaker
    judge_of: JudgeOf
    folder: Path

    @property
    def lang(self) -> str:
        """The language of the page."""
        return self.job.settings.report.lang


def cluster_section(context: GalleryContext, cluster_id: str) -> ClusterSection:
    """The section of a cluster with members; writes its pictures."""
    job, data = context.job, context.data
    cluster, trend = data.clusters[cluster_id], data.trends.get(cluster_id)
    job.note(f"{job.week} gallery: {cluster['name']}")
    members, centres = data.members_of(cluster_id, job.week), data.centres()
    earlier = data.earlier.get(cluster_id, np.empty((0, members.vectors.shape[1])))
    picks = pick_posts(members, earlier, centres, cluster_id, job.settings.gallery.posts)
    cards = tuple(_card(context, pick, centres[cluster_id]) for pick in picks)
    make = {"prototype": _prototypes, "mosaic": _mosaic}[context.maker.role]
    return ClusterSection(
        cluster_id=cluster_id,
        name=_name(cluster, context.lang),
        other_name=_name(cluster, "en" if context.lang == "zh" else "zh"),
        origin=cluster["origin"],
        state=(trend["state"] or "") if trend else "",
        posts=len(members.post_ids),
        share=trend["share"] if trend else None,
        words=tuple(plain(word) for word in cluster["words"] or []),
        cards=cards,
        made=tuple(make(context, cluster_id, cards)),
    )


def _card(context: GalleryContext, pick: Pick, centre: Vectors) -> Card:
    post = context.data.posts[pick.post_id]
    picture = _exemplary_picture(context.data, pick, centre)
    other = context.data.clusters.get(pick.other_id)
    return Card(
        pick=pick,
        other_name=_name(other, context.lang) if other else "",
        text=plain(post["text"] or ""),
        lang=post["lang"] or "",
        published=post["published_at"],
        heat=post["heat"],
        url=post["url"] or "",
        media_id=picture["media_id"] if picture else "",
        at_s=picture["at_s"] if picture else None,
        shown=copy_picture(context.job.workspace.root / picture["path"], context.folder)
        if picture
        else None,
    )


def _exemplary_picture(data: GalleryData, pick: Pick, centre: Vectors) -> MediaRow | None:
    """The post's picture nearest to the cluster's centre; for an odd post the farthest.

    The first one if none has a vector; None if the post has no picture.
    """
    media = data.media.get(pick.post_id, ())
    known = [row for row in media if row["media_id"] in data.picture_vectors]
    if not known:
        return media[0] if media else None
    vectors = np.stack([data.picture_vectors[row["media_id"]] for row in known])
    similarity = cosines(vectors, centre[None])[:, 0]
    return known[int(similarity.argmin() if pick.role == "odd" else similarity.argmax())]


def _prototypes(
    context: GalleryContext, cluster_id: str, _cards: Sequence[Card]
) -> Iterator[MadePicture]:
    """Pictures that a model generates, written to `prototypes/`."""
    settings, words = context.job.settings.gallery, page_words(context.lang)["prototype"]
    prompt, model = _prompt(context, cluster_id), context.maker.name
    shown = context.data.objects.get(cluster_id)
    seeds = range(settings.seed, settings.seed + settings.pictures * settings.candidates)
    store = context.job.workspace.cache_folder / "prototypes"
    pictures = draw_once(context.maker, prompt, seeds, store)
    for position, chosen in enumerate(_choose(context, prompt, pictures), start=1):
        seed, picture = seeds[chosen], pictures[chosen]
        path = f"prototypes/generated-{cluster_id}-{position:02d}.png"
        about = words["file"].format(model=model, seed=seed)
        save_generated(picture, context.folder / path, words["badge"], about, prompt)
        yield MadePicture(
            role="prototype",
            path=path,
            width=picture.width,
            height=picture.height,
            about=words["about"].format(model=model),
            prompt=prompt.text,
            entity_id=shown["entity_id"] if shown else "",
        )


def _prompt(context: GalleryContext, cluster_id: str) -> Prompt:
    """The prompt for a cluster: from its style or its words, with its distinctive object."""
    cluster, lang = context.data.clusters[cluster_id], context.job.settings.gallery.prompt_lang
    style = context.data.styles.get(cluster["style"] or "")
    prompt = (
        words_prompt(cluster["words"] or [], context.data.names, lang)
        if style is None
        else style_prompt(style, lang)
    )
    if shown := context.data.objects.get(cluster_id):
        return with_object(prompt, _name(shown, lang), lang)
    return prompt


def _choose(context: GalleryContext, prompt: Prompt, pictures: Sequence[Image]) -> list[int]:
    """The indices of the pictures to show: of each run of candidates the best for the prompt.

    The judge compares with each description of the prompt separately, since in the text of the
    whole prompt the style outweighs the object. Without candidates no judge is needed.
    """
    candidates = context.job.settings.gallery.candidates
    if candidates == 1:
        return list(range(len(pictures)))
    judge = context.judge_of(context.job.settings)
    similarity = judge(prompt.descriptions, pictures)
    return best_candidates(similarity.mean(axis=1).tolist(), candidates)


def _mosaic(
    context: GalleryContext, cluster_id: str, cards: Sequence[Card]
) -> Iterator[MadePicture]:
    """A mosaic of the typical and rising pictures, written to `mosaics/`; none without pictures."""
    words = page_words(context.lang)["mosaic"]
    shown = (card.shown for card in cards if card.pick.role != "odd")
    exemplars = tuple(dict.fromkeys(context.folder / s.original for s in shown if s))
    exemplars = exemplars[:MAX_PICTURES]
    pictures = counted(len(exemplars), "pictures", context.lang)
    note = words["caption"].format(pictures=pictures, week=context.job.week)
    name = _name(context.data.clusters[cluster_id], context.lang)
    prompt = Prompt(text="", negative="", exemplars=exemplars, caption=(name, note))
    for picture in context.maker.draw(prompt, [context.job.settings.gallery.seed]):
        path = f"mosaics/mosaic-of-exemplars-{cluster_id}.jpg"
        save_mosaic(picture, context.folder / path, note)
        about = words["about"].format(pictures=pictures)
        yield MadePicture("mosaic", path, picture.width, picture.height, about)


def _name(named: ClusterRow | EntityRow, lang: str) -> str:
    """The name of a cluster or an entity in a language, or its main name."""
    own = named["name_zh"] if lang == "zh" else named["name_en"]
    return plain(own or named["name"])
