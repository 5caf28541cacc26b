"""The rows of the tables: each column with its Python type, its Arrow type and its meaning.

A row is a `TypedDict`, as `pyarrow.Table.to_pylist()` returns it. Arrow schemas are derived from
these classes, so a column is declared here and nowhere else. All Arrow fields are nullable; the
Python type says whether a null occurs. `NotRequired` marks columns that may be left out of a row
that is written, which makes them null. The values of states and kinds are in `kg/base/terms.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, NotRequired, TypedDict, get_args, get_origin, get_type_hints

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

TEXT, COUNT, REAL, TIME = pa.string(), pa.int64(), pa.float64(), pa.timestamp("us", tz="UTC")
VECTOR, TEXTS = pa.list_(pa.float32()), pa.list_(pa.string())

Text = Annotated[str, TEXT]
Count = Annotated[int, COUNT]
Real = Annotated[float, REAL]
Time = Annotated[datetime, TIME]
Texts = Annotated[Sequence[str], TEXTS]
Vector = Annotated[Sequence[float] | NDArray[np.float32], VECTOR]
TextOrNull = Annotated[str | None, TEXT]
CountOrNull = Annotated[int | None, COUNT]
RealOrNull = Annotated[float | None, REAL]
TextsOrNull = Annotated[Sequence[str] | None, TEXTS]
VectorOrNull = Annotated[Sequence[float] | NDArray[np.float32] | None, VECTOR]

ENGAGEMENT = ("views", "likes", "comments", "shares", "saves", "clicks", "impressions")
"""The counts of a post that its heat is made from, as columns of `intake` and `posts`."""


class IntakeRow(TypedDict):
    """A post as it was read."""

    post_id: Annotated[Text, "id of the post"]
    week: Annotated[Text, "ISO week of publication, UTC"]
    published_at: Annotated[Time, "time of publication, UTC"]
    text: NotRequired[Annotated[TextOrNull, "text of the post"]]
    lang: NotRequired[Annotated[TextOrNull, "language that the file gives"]]
    url: NotRequired[Annotated[TextOrNull, "address of the post"]]
    author: NotRequired[Annotated[TextOrNull, "author, hashed"]]
    region: NotRequired[Annotated[TextOrNull, "region of the author"]]
    gender: NotRequired[Annotated[TextOrNull, "gender of the author"]]
    age_band: NotRequired[Annotated[TextOrNull, "age band of the author"]]
    views: NotRequired[Annotated[CountOrNull, "views"]]
    likes: NotRequired[Annotated[CountOrNull, "likes"]]
    comments: NotRequired[Annotated[CountOrNull, "comments"]]
    shares: NotRequired[Annotated[CountOrNull, "shares"]]
    saves: NotRequired[Annotated[CountOrNull, "saves"]]
    clicks: NotRequired[Annotated[CountOrNull, "clicks"]]
    impressions: NotRequired[Annotated[CountOrNull, "impressions"]]
    image_vector: NotRequired[Annotated[VectorOrNull, "vector of the picture that the file gives"]]
    text_vector: NotRequired[Annotated[VectorOrNull, "vector of the text that the file gives"]]
    extra: NotRequired[Annotated[TextOrNull, "unknown columns of the file, as JSON"]]
    content: Annotated[Text, "digest of the content, by which a changed post is noticed"]
    file: Annotated[Text, "name of the file that the post came from"]
    row: Annotated[Count, "number of the row in that file"]


class MediaRow(TypedDict):
    """A picture of a post, or a key frame of a video."""

    media_id: Annotated[Text, "id of the picture, from its content"]
    post_id: Annotated[Text, "the post that shows it"]
    kind: Annotated[Text, "`picture` or `frame`"]
    path: Annotated[Text, "file, relative to the workspace"]
    width: Annotated[Count, "width in pixels"]
    height: Annotated[Count, "height in pixels"]
    at_s: Annotated[RealOrNull, "seconds into the video; null for a picture"]
    position: Annotated[Count, "place among the pictures of the post, from 0"]
    week: Annotated[Text, "week of the post"]


class PostRow(TypedDict):
    """A post with its language settled and its heat computed."""

    post_id: Annotated[Text, "id of the post"]
    week: Annotated[Text, "ISO week of publication, UTC"]
    published_at: Annotated[Time, "time of publication, UTC"]
    text: Annotated[TextOrNull, "text of the post"]
    lang: Annotated[TextOrNull, "language: given by the file, or detected"]
    heat: Annotated[Real, "engagement on a logarithmic scale, capped; see [heat] in the settings"]
    url: Annotated[TextOrNull, "address of the post"]
    author: Annotated[TextOrNull, "author, hashed"]
    region: Annotated[TextOrNull, "region of the author"]
    gender: Annotated[TextOrNull, "gender of the author"]
    age_band: Annotated[TextOrNull, "age band of the author"]
    views: Annotated[CountOrNull, "views"]
    likes: Annotated[CountOrNull, "likes"]
    comments: Annotated[CountOrNull, "comments"]
    shares: Annotated[CountOrNull, "shares"]
    saves: Annotated[CountOrNull, "saves"]
    clicks: Annotated[CountOrNull, "clicks"]
    impressions: Annotated[CountOrNull, "impressions"]
    extra: Annotated[TextOrNull, "unknown columns of the file, as JSON"]


class VectorRow(TypedDict):
    """A unit vector of a picture, a text or a whole post."""

    post_id: Annotated[Text, "id of the post"]
    side: Annotated[Text, "`picture`, `text` or `post`"]
    item_id: Annotated[Text, "the media_id of a picture, else the post_id"]
    vector: Annotated[Vector, "float32 values of length 1 together"]
    week: Annotated[Text, "week of the post"]


class EditRow(TypedDict):
    """A manual edit that holds in a week."""

    week: Annotated[Text, "the week"]
    kind: Annotated[Text, "`rename`, `merge`, `split`, `delete` or `pin`"]
    cluster_id: Annotated[Text, "the cluster that is edited"]
    other_id: Annotated[Text, "the cluster that it is merged into; empty for other kinds"]
    entry: Annotated[Text, "how messages name the edit: `[[merge]] 2`"]
    since: Annotated[TextOrNull, "first week in which the edit holds; null for all weeks"]
    en: NotRequired[Annotated[TextOrNull, "English name that it gives"]]
    zh: NotRequired[Annotated[TextOrNull, "Chinese name that it gives"]]
    posts: NotRequired[Annotated[TextsOrNull, "posts that a split moves"]]
    words: NotRequired[Annotated[TextsOrNull, "words whose posts a split moves"]]
    centre: NotRequired[Annotated[TextOrNull, "of a pin: whether the centre follows its posts"]]


class FeatureRow(TypedDict):
    """Measurements of a post's pictures, and its words. See `kg/workspace/conditions.py`."""

    post_id: Annotated[Text, "id of the post"]
    week: Annotated[Text, "week of the post"]
    pictures: Annotated[Count, "how many pictures were measured"]
    hue: Annotated[RealOrNull, "mean hue in degrees"]
    unity: Annotated[RealOrNull, "how much the hues agree"]
    coloured: Annotated[RealOrNull, "share of pixels that have a colour"]
    saturation: Annotated[RealOrNull, "mean saturation"]
    value: Annotated[RealOrNull, "mean brightness"]
    contrast: Annotated[RealOrNull, "contrast of the luma"]
    texture: Annotated[RealOrNull, "share of fine detail"]
    entropy: Annotated[RealOrNull, "evenness of the visual weight"]
    balance: Annotated[RealOrNull, "balance of left and right"]
    symmetry: Annotated[RealOrNull, "symmetry of left and right"]
    golden: Annotated[RealOrNull, "distance of the heaviest place to a golden section"]
    roundness: Annotated[RealOrNull, "how round the edges run"]
    words: Annotated[Texts, "words of the text, each once, sorted"]


class ClusterRow(TypedDict):
    """A cluster at the end of a week."""

    cluster_id: Annotated[Text, "id of the cluster"]
    name: Annotated[Text, "name in the language of most of its posts"]
    origin: Annotated[Text, "`named` or `discovered`"]
    first_week: Annotated[Text, "week of its first posts"]
    last_week: Annotated[Text, "latest week with more posts than stray in by chance"]
    week: Annotated[Text, "the week"]
    name_en: Annotated[TextOrNull, "English name"]
    name_zh: Annotated[TextOrNull, "Chinese name"]
    style: Annotated[TextOrNull, "id of the style in its library; null for a discovered cluster"]
    posts: Annotated[Count, "posts of the week"]
    total_posts: Annotated[Count, "posts of all weeks"]
    heat: Annotated[Real, "heat of the week"]
    words: Annotated[Texts, "words that set it apart, the strongest first"]
    exemplars: Annotated[Texts, "posts nearest its centre"]
    centre: Annotated[Vector, "unit mean of its posts' vectors, weighted by heat"]
    plain_centre: Annotated[Vector, "unit mean of its posts' vectors, without weights"]
    state: Annotated[Text, "`young`, `active`, `faded`, `merged` or `continued`"]
    mass: Annotated[Real, "weight behind `centre`, decayed from week to week"]
    plain_mass: Annotated[Real, "weight behind `plain_centre`, decayed from week to week"]
    core: Annotated[Vector, "weighted centre in the corrected post space"]
    anchor: Annotated[VectorOrNull, "the core when the cluster settled or last drifted"]
    min_similarity: Annotated[Real, "least cosine to the core of a post that belongs to it"]
    unseen_posts: Annotated[Count, "posts before its birth that were already like it"]
    parent: Annotated[Text, "cluster that it split from or continues as; empty for none"]
    hold: Annotated[TextOrNull, "what an edit fixes: `held`, `follows` or `still`; else null"]
    shown_as: Annotated[TextOrNull, "cluster that shows its posts; empty for none, null unedited"]
    style_near: Annotated[RealOrNull, "least cosine to a style's phrasings for a text to join"]


class MembershipRow(TypedDict):
    """Which cluster a post is in."""

    post_id: Annotated[Text, "id of the post"]
    cluster_id: Annotated[Text, "cluster that the post counts for; empty for none"]
    week: Annotated[Text, "week of the post"]
    weight: Annotated[Real, "weight of the post in [0, 1]"]
    similarity: NotRequired[Annotated[RealOrNull, "cosine to the core; null without a cluster"]]
    heat_weight: NotRequired[Annotated[RealOrNull, "weight by heat; null without a vector"]]
    copy_of: Annotated[Text, "post that it copies; empty for none"]
    assigned_cluster: NotRequired[
        Annotated[TextOrNull, "cluster it joined before an edit, or null"]
    ]


class LineageRow(TypedDict):
    """An event in the life of a cluster."""

    week: Annotated[Text, "the week"]
    event: Annotated[Text, "`born`, `drifted`, `continued`, `faded`, `revived`, `split`, …"]
    cluster_id: Annotated[Text, "the cluster"]
    other_id: Annotated[Text, "the other cluster of a split or merge; empty for none"]
    measure: Annotated[RealOrNull, "posts, weeks or cosine, by the event"]
    done_by: Annotated[TextOrNull, "`hand` for an edit, null for the clustering"]


class SubstyleRow(TypedDict):
    """How far a post belongs to a sub-style of its cluster."""

    post_id: Annotated[Text, "id of the post"]
    cluster_id: Annotated[Text, "cluster of the sub-style"]
    substyle_id: Annotated[Text, "id of the sub-style"]
    weight: Annotated[Real, "membership in [0, 1]; those of a post sum to 1 at most"]
    week: Annotated[Text, "week in which the sub-style was found"]


class RuleRow(TypedDict):
    """A condition of the rule that sets a cluster apart."""

    week: Annotated[Text, "the week"]
    cluster_id: Annotated[Text, "the cluster"]
    substyle_id: Annotated[Text, "its sub-style; empty for the whole cluster"]
    position: Annotated[Count, "place of the condition, from 1; 0 if no rule is good enough"]
    feature: Annotated[Text, "column of `features`, or `word`"]
    low: Annotated[RealOrNull, "lower bound, inclusive; null for none"]
    high: Annotated[RealOrNull, "upper bound, exclusive; null for none"]
    word: Annotated[TextOrNull, "the word that the text must hold"]
    precision: Annotated[RealOrNull, "share of the posts picked that belong, on unseen posts"]
    recall: Annotated[RealOrNull, "share of the members that are picked, on unseen posts"]
    posts: Annotated[CountOrNull, "unseen posts that the rule picks"]
    members: Annotated[CountOrNull, "unseen posts that belong"]


class TrendRow(TypedDict):
    """The week of a cluster in figures."""

    week: Annotated[Text, "the week"]
    cluster_id: Annotated[Text, "the cluster"]
    posts: Annotated[Count, "posts of the week"]
    heat: Annotated[Real, "heat of the week"]
    share: Annotated[Real, "share of the week's posts, in [0, 1]"]
    growth: Annotated[
        RealOrNull, "share over the mean share of the weeks before, less 1; null if unknown"
    ]
    state: Annotated[Text, "`rising`, `fading`, `steady`, …"]
    share_low: Annotated[RealOrNull, "lower end of the share's interval"]
    share_high: Annotated[RealOrNull, "upper end of the share's interval"]
    heat_share: Annotated[RealOrNull, "share of the week's heat, in [0, 1]"]
    fair_share: Annotated[RealOrNull, "share with posts balanced by group; null if not balanced"]
    p_value: Annotated[RealOrNull, "probability of such a change by chance; null if untested"]
    forecast: Annotated[RealOrNull, "share expected next week"]
    forecast_low: Annotated[RealOrNull, "lower end of the forecast's interval"]
    forecast_high: Annotated[RealOrNull, "upper end of the forecast's interval"]


class BalanceRow(TypedDict):
    """A group of posts before and after balancing."""

    week: Annotated[Text, "the week"]
    side: Annotated[Text, "column that posts are balanced by"]
    value: Annotated[Text, "the group"]
    posts: Annotated[Count, "posts of the group"]
    before: Annotated[Real, "share of the posts"]
    target: Annotated[Real, "share that the group was to have"]
    after: Annotated[Real, "share after weighting"]


class MentionRow(TypedDict):
    """A span of text that names something."""

    post_id: Annotated[Text, "id of the post"]
    start: Annotated[Count, "first character, as a Python string offset"]
    end: Annotated[Count, "offset after the last character"]
    surface: Annotated[Text, "the span as written"]
    kind: Annotated[Text, "kind of entity; empty if the recogniser leaves it open"]
    week: Annotated[Text, "week of the post"]


class LinkRow(TypedDict):
    """The entity that a mention means."""

    post_id: Annotated[Text, "id of the post"]
    start: Annotated[Count, "first character of the mention"]
    end: Annotated[Count, "offset after its last character"]
    entity_id: Annotated[Text, "the entity; empty for none"]
    score: Annotated[Real, "certainty in [0, 1]"]
    how: Annotated[Text, "`alias`, `context`, `new` or `nil`"]
    week: Annotated[Text, "week of the post"]


class EntityRow(TypedDict):
    """An entity that posts name."""

    entity_id: Annotated[Text, "id of the entity"]
    name: Annotated[Text, "name in the language that it has, English first"]
    kind: Annotated[Text, "kind of entity"]
    name_en: Annotated[TextOrNull, "English name"]
    name_zh: Annotated[TextOrNull, "Chinese name"]
    source: Annotated[Text, "`catalogue` or `posts`"]
    week: Annotated[Text, "the week"]


class FactRow(TypedDict):
    """A statement about a week, with the posts that support it."""

    week: Annotated[Text, "the week"]
    subject: Annotated[Text, "a cluster or an entity"]
    predicate: Annotated[Text, "`features_KIND` or `co_occurs_with`"]
    object: Annotated[Text, "an entity"]
    count: Annotated[Count, "posts that support it"]
    probability: Annotated[Real, "P(object in a post | subject in the post)"]


class ClaimRow(TypedDict):
    """A sentence of a report."""

    week: Annotated[Text, "the week"]
    claim_id: Annotated[Text, "id of the sentence"]
    text: Annotated[Text, "the sentence"]
    evidence: Annotated[Texts, "ids of the evidence that it names"]
    status: Annotated[Text, "`kept` or `dropped`"]
    reason: Annotated[Text, "why it was dropped; empty if kept"]
    lang: Annotated[Text, "`en` or `zh`"]
    section: Annotated[Text, "section of the report"]


class GalleryRow(TypedDict):
    """A picture of the gallery."""

    week: Annotated[Text, "the week"]
    cluster_id: Annotated[Text, "the cluster"]
    role: Annotated[Text, "`typical`, `rising`, `odd`, `prototype` or `mosaic`"]
    position: Annotated[Count, "place among those of its role"]
    post_id: Annotated[Text, "post that shows it; empty for a made picture"]
    media_id: Annotated[Text, "the picture; empty for a made one"]
    entity_id: Annotated[Text, "of a prototype: the thing that it was to show; empty for none"]
    path: Annotated[Text, "file of the picture"]
    note: Annotated[Text, "why it is shown"]


class RejectRow(TypedDict):
    """An item that was set aside."""

    item: Annotated[Text, "id of the post or row"]
    stage: Annotated[Text, "stage that set it aside"]
    reason: Annotated[Text, "why"]
    file: Annotated[TextOrNull, "file that it came from"]
    row: Annotated[CountOrNull, "row of that file"]
    week: Annotated[TextOrNull, "week of the post; null if it has no time"]


def columns_of(row: type) -> dict[str, tuple[pa.DataType, str]]:
    """The Arrow type and the meaning of each column of a row class, in order."""
    columns = {}
    for name, hint in get_type_hints(row, include_extras=True).items():
        inner: Any = get_args(hint)[0] if get_origin(hint) is NotRequired else hint
        _, arrow, meaning = get_args(inner)
        columns[name] = (arrow, meaning)
    return columns


def schema_of(row: type) -> pa.Schema:
    """The Arrow schema of a row class: all fields nullable, in the order of the class."""
    return pa.schema([(name, arrow) for name, (arrow, _) in columns_of(row).items()])
