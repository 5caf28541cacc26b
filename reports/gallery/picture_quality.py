"""Posts whose pictures are blurred or dark compared with the other pictures of their cluster.

Input: rows of the table `features`, and the posts of each cluster. Output: post ids.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from zeitgraph.kg.workspace.rows import FeatureRow

MIN_SHARE = 0.4
"""The least texture and contrast, as a share of the cluster's median.

In the demo world of 2,000 posts 43 of 47 blurred and dark pictures in clusters are below this
share, and none of 871 good ones.
"""

MIN_POSTS = 4
"""Posts with a picture that a cluster needs for the comparison."""


def low_quality_posts(
    features: Iterable[FeatureRow], clusters: Iterable[Sequence[str]]
) -> frozenset[str]:
    """The posts with less than `MIN_SHARE` of their cluster's median texture or contrast.

    A style that is soft or dark as a whole has no low-quality posts; neither has a cluster with
    fewer than `MIN_POSTS` posts with a picture.
    """
    measured = {row["post_id"]: row for row in features if row["pictures"]}
    low_quality = set[str]()
    for posts in clusters:
        pictured = [post_id for post_id in posts if post_id in measured]
        if len(pictured) < MIN_POSTS:
            continue
        for values in (
            np.array([measured[post_id]["texture"] for post_id in pictured], np.float64),
            np.array([measured[post_id]["contrast"] for post_id in pictured], np.float64),
        ):
            low = values < MIN_SHARE * np.median(values)
            low_quality.update(p for p, is_low in zip(pictured, low, strict=True) if is_low)
    return frozenset(low_quality)
