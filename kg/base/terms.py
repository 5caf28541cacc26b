"""The closed vocabularies of the tables: every value that a column of states or kinds may hold.

Each is a `StrEnum`: a member equals the text in the table (`ClusterState.YOUNG == "young"`), and is
written as that text. Iterating over a class gives its values in the order that users see.
"""

from enum import StrEnum


class ClusterState(StrEnum):
    """`clusters.state`: what a cluster does with new posts.

    A named cluster is young until enough posts have joined it by its phrasings; only then does its
    own centre attract posts. No post joins a merged cluster, nor one that continued as another.
    """

    YOUNG = "young"
    ACTIVE = "active"
    FADED = "faded"
    MERGED = "merged"
    CONTINUED = "continued"


class ClusterOrigin(StrEnum):
    """`clusters.origin`: from a style library, or found in the posts."""

    NAMED = "named"
    DISCOVERED = "discovered"


class Hold(StrEnum):
    """`clusters.hold`: what a manual edit fixes.

    A held cluster is never merged automatically. A pinned one follows its posts, or stays still.
    """

    HELD = "held"
    FOLLOWS = "follows"
    STILL = "still"


class LineageEvent(StrEnum):
    """`lineage.event`: what happened to a cluster in a week."""

    BORN = "born"
    DRIFTED = "drifted"
    CONTINUED = "continued"
    FADED = "faded"
    REVIVED = "revived"
    SPLIT = "split"
    MERGED = "merged"
    RENAMED = "renamed"
    DELETED = "deleted"
    PINNED = "pinned"


class DoneBy(StrEnum):
    """`lineage.done_by`: who caused an event; null for the clustering itself."""

    HAND = "hand"


class TrendState(StrEnum):
    """`trends.state`: how a cluster's share of posts moves. The first rule that holds decides."""

    BOT_SUSPECT = "bot-suspect"
    NOT_ENOUGH_DATA = "not-enough-data"
    SEASONAL = "seasonal"
    EMERGING = "emerging"
    RISING = "rising"
    FADING = "fading"
    HEAT_BURST = "heat-burst"
    STEADY = "steady"


class EntityKind(StrEnum):
    """`entities.kind` and `mentions.kind`."""

    PERSON = "person"
    BRAND = "brand"
    PRODUCT = "product"
    PLACE = "place"
    SCENE = "scene"
    OBJECT = "object"
    HASHTAG = "hashtag"


class EntitySource(StrEnum):
    """`entities.source`: from the catalogue, or coined from posts."""

    CATALOGUE = "catalogue"
    POSTS = "posts"


class LinkWay(StrEnum):
    """`links.how`: how the entity of a mention was chosen.

    alias: only one entity has the name. context: the words of the post decided. new: no entity has
    the name, so one was coined. nil: nothing decides, and `entity_id` is empty.
    """

    ALIAS = "alias"
    CONTEXT = "context"
    NEW = "new"
    NIL = "nil"


class Predicate(StrEnum):
    """`facts.predicate`: a cluster features an entity of a kind, or two entities co-occur."""

    FEATURES_PERSON = "features_person"
    FEATURES_BRAND = "features_brand"
    FEATURES_PRODUCT = "features_product"
    FEATURES_PLACE = "features_place"
    FEATURES_SCENE = "features_scene"
    FEATURES_OBJECT = "features_object"
    FEATURES_HASHTAG = "features_hashtag"
    CO_OCCURS_WITH = "co_occurs_with"


class EditKind(StrEnum):
    """`edits.kind`: the word in double brackets in `edits.toml`."""

    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"
    DELETE = "delete"
    PIN = "pin"


class VectorSide(StrEnum):
    """`vectors.side`: what a vector describes: one picture, the text, or the whole post."""

    PICTURE = "picture"
    TEXT = "text"
    POST = "post"


class MediaKind(StrEnum):
    """`media.kind`: a picture, or a key frame of a video."""

    PICTURE = "picture"
    FRAME = "frame"


class GalleryRole(StrEnum):
    """`gallery.role`: why a picture is shown; prototypes and mosaics are made, not found."""

    TYPICAL = "typical"
    RISING = "rising"
    ODD = "odd"
    PROTOTYPE = "prototype"
    MOSAIC = "mosaic"


class ClaimStatus(StrEnum):
    """`claims.status`: whether the report keeps a sentence after checking it."""

    KEPT = "kept"
    DROPPED = "dropped"
