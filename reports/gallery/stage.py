"""The stage `gallery`: what each cluster of one week looked like, as a folder with a page.

Input: a week's clusters, memberships, vectors, posts, media, features, trends, facts and entities.
Output: the table `gallery`, and the folder `reports/<week>/gallery/`, which is complete in itself:

    index.html       the page (`page.py`)
    originals/       pictures of posts byte for byte, named by content (`reports/page/pictures.py`)
    thumbnails/      small copies of them
    prototypes/      generated pictures, apart from the evidence: generated-….png (`prototypes.py`)
    mosaics/         or, without a model, mosaic-of-exemplars-….jpg (`mosaic.py`)

The folder is written aside and renamed. `exemplars.py` decides which posts are shown.
"""

import shutil
from collections.abc import Iterator

import pyarrow as pa

from zeitgraph.kg.base.ids import digest_json
from zeitgraph.kg.workspace.pipeline import Job
from zeitgraph.kg.workspace.rows import GalleryRow
from zeitgraph.kg.workspace.tables import GALLERY, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.gallery.data import read_gallery_data, styles_of
from zeitgraph.reports.gallery.image_makers import image_maker
from zeitgraph.reports.gallery.judge import JudgeOf
from zeitgraph.reports.gallery.page import ClusterSection, Page, page_words, write_page
from zeitgraph.reports.gallery.sections import GalleryContext, cluster_section


def make_gallery(job: Job, judge_of: JudgeOf) -> dict[str, pa.Table]:
    """Write the week's gallery folder; returns the table `gallery`, one row per picture or post.

    Reads posts, media, features, vectors, clusters, memberships, trends, facts and entities of the
    week, and the memberships and vectors of the week before. `judge_of` makes the judge that
    chooses among candidates. Raises `InputError` for a missing picture, and the errors of the image
    maker and of the judge.
    """
    folder = job.workspace.report_folder(job.week) / "gallery"
    aside = folder.with_name(".gallery-aside")
    shutil.rmtree(aside, ignore_errors=True)  # from a killed run
    aside.mkdir(parents=True)
    settings = job.settings.gallery
    maker = image_maker(settings, job.workspace.root, job.note)
    context = GalleryContext(job, read_gallery_data(job), maker, judge_of, aside)
    clusters = context.data.by_heat
    sections = tuple(cluster_section(context, name) for name in clusters[: settings.clusters])
    left_out = len(clusters) - len(sections)
    write_page(Page(job.week, job.settings.report.lang, sections, left_out), aside)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)
    prefix = folder.relative_to(job.workspace.root).as_posix()
    rows = (row for section in sections for row in _rows(job.week, section, prefix))
    return {"gallery": make_table(GALLERY, rows)}


def gallery_identity(workspace: Workspace) -> str:
    """A digest that changes with the image model and the style libraries, which are no tables.

    Raises the errors of the image maker if its model cannot be used.
    """
    maker = image_maker(workspace.settings.gallery, workspace.root)
    styles = [[s.style_id, s.image, s.name_zh, s.zh] for s in styles_of(workspace)]
    return digest_json([maker.identity, styles])


def _rows(week: str, section: ClusterSection, prefix: str) -> Iterator[GalleryRow]:
    """The rows of a section: its posts, numbered within each role, and its made pictures."""
    for role in dict.fromkeys(card.pick.role for card in section.cards):
        for position, card in enumerate(section.of_role(role)):
            yield {
                "week": week,
                "cluster_id": section.cluster_id,
                "role": role,
                "position": position,
                "post_id": card.pick.post_id,
                "media_id": card.media_id,
                "entity_id": "",
                "path": f"{prefix}/{card.shown.original}" if card.shown else "",
                "note": card.why(page_words("en")["why"]),
            }
    for position, picture in enumerate(section.made):
        yield {
            "week": week,
            "cluster_id": section.cluster_id,
            "role": picture.role,
            "position": position,
            "post_id": "",
            "media_id": "",
            "entity_id": picture.entity_id,
            "path": f"{prefix}/{picture.path}",
            "note": picture.prompt or picture.about,
        }
