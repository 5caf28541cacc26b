"""A small workspace with all tables that a report needs, drawn from a seed.

Ten styles over twelve weeks with a rise, a fade, a birth and a drift; English and Chinese texts,
engagement, drawn pictures, entities and facts. `ask_tables` answers the canned questions from the
tables, so that reports can be tested without the RDF store.
"""

import colorsys
import math
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from zeitgraph.kg.base.ids import content_id
from zeitgraph.kg.base.weeks import week_after, week_start
from zeitgraph.kg.workspace.tables import TABLES, make_table
from zeitgraph.kg.workspace.workspace import Workspace
from zeitgraph.reports.report.evidence_builder import Ask

Row = dict[str, Any]
LAST = "2026-W46"
STYLES = {  # name, Chinese name, hue, share at the start, share at the end
    "Nordic minimal": ("北欧极简", 0.58, 0.17, 0.16),
    "Dopamine dressing": ("多巴胺穿搭", 0.93, 0.13, 0.12),
    "Camping": ("露营", 0.28, 0.16, 0.07),
    "Glamping": ("精致露营", 0.12, 0.02, 0.13),
    "Ink wash": ("水墨", 0.60, 0.09, 0.09),
    "Korean cream": ("韩系奶油", 0.10, 0.10, 0.11),
    "Cyberpunk": ("赛博朋克", 0.80, 0.08, 0.08),
    "Pastoral": ("田园风", 0.24, 0.08, 0.05),
    "Vintage film": ("复古胶片", 0.07, 0.07, 0.07),
    "Bohemian": ("波西米亚", 0.03, 0.05, 0.04),
}
RULE_WORDS = ("tent", "rising", "two", "#fall", "帐篷", "上升", "lantern")
"""Words of rules: names of things, and words that the claim checker reads elsewhere."""
BORN = ("linen · veil · dawn", "亚麻 · 薄纱 · 晨光", 0.15)
THINGS = {
    "object": (("tent", "帐篷"), ("lantern", "提灯"), ("sofa", "沙发"), ("umbrella", "雨伞"),
               ("teapot", "茶壶"), ("dress", "连衣裙")),
    "scene": (("meadow", "草地"), ("living room", "客厅"), ("night street", "夜街")),
    "brand": (("Lumora", "流萌"), ("Kite & Co", "风筝"), ("Gap", "盖璞")),
    "person": (("Mira Sol", "苏米拉"), ("Jun Ito", "伊藤润")),
}  # fmt: skip
SAYINGS = (
    ("en", "The {thing} by the window, {style} at its quietest ☕"),
    ("en", "my {style} weekend: one {thing}, no plans"),
    ("zh", "{style}的{thing}，越看越喜欢～"),
    ("zh", "周末的{style}，一只{thing}就够了"),
    ("en", "Is {style} over? This {thing} says no. #{tag}"),
)


def make_world(folder: Path, seed: int, posts: int = 90, weeks: int = 12) -> Workspace:
    """A workspace at `folder` with about `posts` posts a week up to `LAST`."""
    workspace = Workspace.create(folder, "starter")
    dice = np.random.default_rng(seed)
    last_shares: dict[str, float] = {}
    seen: dict[str, int] = {}
    for step in range(weeks):
        week = week_after(LAST, step - weeks + 1)
        tables = _week(dice, workspace, week, step / (weeks - 1), posts, last_shares, seen)
        for name, rows in tables.items():
            workspace.write(name, week, make_table(TABLES[name], rows))
    return workspace


def style_ids() -> dict[str, str]:
    """Cluster ids by English name."""
    ids = {name: content_id("c", "named", name) for name in STYLES}
    return ids | {BORN[0]: content_id("c", "found", BORN[0])}


def entity_ids() -> dict[str, str]:
    """Entity ids by English name."""
    return {en: content_id("e", en) for pairs in THINGS.values() for en, _ in pairs}


def _week(  # noqa: PLR0917 -- a week has many parts
    dice: np.random.Generator,
    workspace: Workspace,
    week: str,
    age: float,
    volume: int,
    before: dict[str, float],
    seen: dict[str, int],
) -> dict[str, list[Row]]:
    ids, names = style_ids(), {name: (zh, hue) for name, (zh, hue, _, _) in STYLES.items()}
    weights = {n: a + (b - a) * age**1.6 for n, (_, _, a, b) in STYLES.items()}
    if age == 1.0:
        weights[BORN[0]], names[BORN[0]] = 0.06, BORN[1:]
    total = int(volume * (1.0 + 0.15 * math.sin(age * 9)))
    parts = np.array([*weights.values(), 0.12])
    drawn = dice.choice(len(parts), size=total, p=parts / parts.sum())
    tables: dict[str, list[Row]] = {
        n: [] for n in ("intake", "posts", "media", "memberships", "clusters", "trends", "lineage",
                        "entities", "facts", "mentions", "links", "rules")
    }  # fmt: skip
    shown: dict[str, Counter[str]] = {name: Counter() for name in names}
    order = list(weights)
    for number, choice in enumerate(drawn):
        style = order[choice] if choice < len(order) else ""
        _post(dice, workspace, tables, week, number, style, names, shown)
    counts = Counter(order[c] if c < len(order) else "" for c in drawn)
    for style in order:
        _trend(tables, week, style, counts[style], total, names[style], before, seen)
    for style in order:
        for name, count in shown[style].items():
            kind = next(k for k, pairs in THINGS.items() if name in dict(pairs))
            tables["facts"].append(
                {"week": week, "subject": ids[style], "predicate": f"features_{kind}"}
                | {"object": entity_ids()[name], "count": count}
                | {"probability": count / max(counts[style], 1)}
            )
    for kind, pairs in THINGS.items():
        tables["entities"] += [
            {"entity_id": entity_ids()[en], "name": en, "kind": kind, "name_en": en}
            | {"name_zh": zh, "source": "catalogue", "week": week}
            for en, zh in pairs
        ]
    for number, style in enumerate(order):
        tables["rules"] += _rule(week, ids[style], number)
    if age == 1.0:
        tables["lineage"] += [
            {"week": week, "event": "born", "cluster_id": ids[BORN[0]], "other_id": ""}
            | {"measure": 0.0},
            {"week": week, "event": "drifted", "cluster_id": ids["Camping"], "other_id": ""}
            | {"measure": 0.71},
        ]
    return tables


def _rule(week: str, cluster: str, number: int) -> list[Row]:
    """A rule of one to three conditions, or none, with words that the claim checker reads."""
    whose: dict[str, Any] = {"week": week, "cluster_id": cluster, "substyle_id": ""}
    figures: dict[str, Any] = {"precision": 0.7 + number / 50, "recall": 0.9 - number / 40}
    figures |= {"posts": 31 + number, "members": 40 + number}
    if number % 5 == 4:
        return [whose | {"position": 0, "feature": "", "word": "", "members": 8}]
    conditions: list[dict[str, Any]] = [
        {"feature": "hue", "low": 340.0, "high": 10.0 * number, "word": ""},
        {"feature": "value", "low": 0.8, "high": None, "word": ""},
        {"feature": "word", "low": None, "high": None, "word": RULE_WORDS[number % 7]},
    ]
    chosen = conditions[number % 3 :][: 1 + number % 3]
    return [whose | c | figures | {"position": n} for n, c in enumerate(chosen, start=1)]


def _post(  # noqa: PLR0917
    dice: np.random.Generator,
    workspace: Workspace,
    tables: dict[str, list[Row]],
    week: str,
    number: int,
    style: str,
    names: Mapping[str, tuple[str, float]],
    shown: Mapping[str, Counter[str]],
) -> None:
    lang, saying = SAYINGS[int(dice.integers(len(SAYINGS)))]
    picked = [pairs[int(dice.integers(len(pairs)) * dice.random())] for pairs in THINGS.values()]
    zh, hue = names.get(style, ("日常", 0.5))
    words = {"style": zh if lang == "zh" else style or "everyday"}
    words |= {"thing": picked[0][lang == "zh"], "tag": (style or "life").replace(" ", "")}
    text = saying.format(**words)
    post_id = content_id("p", week, number, text)
    moment = week_start(week) + timedelta(days=7 * float(dice.random()))
    likes = int(dice.pareto(1.2) * 20)
    row = {"post_id": post_id, "week": week, "published_at": moment, "text": text, "lang": lang}
    row |= {"url": f"https://posts.example/{post_id}", "likes": likes, "views": likes * 31}
    row |= {"comments": likes // 9, "shares": likes // 20, "region": "CN" if lang == "zh" else "UK"}
    tables["intake"].append(row | {"content": post_id, "file": "world", "row": number})
    tables["posts"].append(row | {"heat": math.log1p(likes + likes * 0.31)})
    tables["memberships"].append(
        {"post_id": post_id, "cluster_id": style_ids().get(style, ""), "week": week}
        | {"weight": float(dice.random()) if style else 0.0, "similarity": 0.3, "heat_weight": 1.0}
    )
    named = [en for (en, _), luck in zip(picked, dice.random(4), strict=True) if luck < 0.5]
    if style:
        shown[style].update(named)
    for place, name in enumerate(named):
        span = {"post_id": post_id, "start": place, "end": place + 1, "week": week}
        kind = next(k for k, pairs in THINGS.items() if name in dict(pairs))
        tables["mentions"].append(span | {"surface": name, "kind": kind})
        tables["links"].append(
            span | {"entity_id": entity_ids()[name], "score": 1.0, "how": "alias"}
        )
    if dice.random() < 0.8:
        path = f"media/{post_id}.png"
        if week == LAST:
            (workspace.root / "media").mkdir(exist_ok=True)
            draw_picture(dice, hue).save(workspace.root / path)
        tables["media"].append(
            {"media_id": content_id("m", post_id), "post_id": post_id, "kind": "image"}
            | {"path": path, "width": 256, "height": 320, "position": 0, "week": week}
        )


def _trend(  # noqa: PLR0917
    tables: dict[str, list[Row]],
    week: str,
    style: str,
    count: int,
    total: int,
    called: tuple[str, float],
    before: dict[str, float],
    seen: dict[str, int],
) -> None:
    cluster, share = style_ids()[style], count / total
    spread = 1.96 * math.sqrt(share * (1 - share) / total)
    growth = share / before[style] - 1 if before.get(style) else None
    state = "not-enough-data" if growth is None else "steady"
    if growth is not None and abs(growth) > 0.25 and count > 4:
        state = "rising" if growth > 0 else "fading"
    before[style] = share
    seen[style] = seen.get(style, 0) + count
    tables["trends"].append(
        {"week": week, "cluster_id": cluster, "posts": count, "heat": count * 3.1, "share": share}
        | {"growth": growth, "state": state, "share_low": max(0.0, share - spread)}
        | {"share_high": share + spread, "heat_share": share, "fair_share": 0.8 * share}
        | {"forecast": 0.9 * share, "forecast_low": max(0.0, share - 2 * spread)}
        | {"forecast_high": share + 2 * spread}
    )
    tables["clusters"].append(
        {
            "cluster_id": cluster,
            "name": style,
            "origin": "discovered" if style == BORN[0] else "named",
        }
        | {"first_week": LAST if style == BORN[0] else "2026-W35", "last_week": week, "week": week}
        | {"name_en": style, "name_zh": called[0], "style": style, "posts": count}
        | {"total_posts": seen[style], "heat": count * 3.1, "state": state, "exemplars": []}
        | {"words": ["light", "linen"], "centre": [1.0], "plain_centre": [1.0]}
    )


def draw_picture(dice: np.random.Generator, hue: float) -> Image.Image:
    """A soft abstract picture around a hue, 256 × 320."""

    def colour(shift: float, saturation: float, value: float) -> tuple[int, int, int]:
        parts = colorsys.hsv_to_rgb((hue + shift) % 1, saturation, value)
        return tuple(int(255 * part) for part in parts)  # type: ignore[return-value]

    picture = Image.new("RGB", (256, 320), colour(0, 0.25, 0.95))
    pen = ImageDraw.Draw(picture)
    for _ in range(9):
        x, y, r = (int(dice.integers(*span)) for span in ((0, 256), (0, 320), (20, 110)))
        tone = colour(float(dice.normal() * 0.04), 0.2 + 0.6 * float(dice.random()), 0.95)
        pen.ellipse((x - r, y - r, x + r, y + r), fill=tone)
    picture = picture.filter(ImageFilter.GaussianBlur(6))
    pen = ImageDraw.Draw(picture)
    x = int(dice.integers(60, 160))
    pen.rectangle((x, 120, x + 60, 290), fill=colour(0.5, 0.35, 0.55))
    return picture


# -- the canned questions, answered from the tables ------------------------------------------------


def ask_tables(workspace: Workspace) -> Ask:
    """Answers the canned questions from the tables, with the same columns as the graph."""

    def ask(name: str, arguments: Mapping[str, Any]) -> list[Row]:
        rows: list[Row] = _ANSWERS[name](workspace, **arguments)
        return rows

    return ask


def _rows(workspace: Workspace, table: str, week: str) -> list[dict[str, Any]]:
    return list(workspace.read(table, week).to_pylist())


def _overview(workspace: Workspace, week: str) -> list[Row]:
    posts, members = _rows(workspace, "posts", week), _rows(workspace, "memberships", week)
    clusters = {row["cluster_id"] for row in members} - {""}
    seen = {row["entity_id"] for row in _rows(workspace, "links", week)}
    if not posts:
        return []
    return [
        {"posts": len(posts), "clustered": sum(bool(m["cluster_id"]) for m in members)}
        | {"heat": sum(p["heat"] for p in posts), "clusters": len(clusters), "entities": len(seen)}
    ]


def _clusters(workspace: Workspace, week: str, limit: int) -> list[Row]:
    names = {row["cluster_id"]: row for row in _rows(workspace, "clusters", week)}
    rows: list[Row] = [
        {"cluster_id": t["cluster_id"]}
        | {key: names[t["cluster_id"]][key] for key in ("name", "name_zh", "origin")}
        | {
            k: t[k]
            for k in ("posts", "share", "share_low", "share_high", "heat", "growth", "state")
        }
        for t in _rows(workspace, "trends", week)
    ]
    return sorted(rows, key=lambda r: (-r["share"], -r["posts"], r["cluster_id"]))[:limit]


def _moving(workspace: Workspace, week: str, limit: int, states: tuple[str, ...]) -> list[Row]:
    rows = [row for row in _clusters(workspace, week, 999) if row["state"] in states]
    return sorted(rows, key=lambda row: (-abs(row["growth"]), row["cluster_id"]))[:limit]


def _with_column(workspace: Workspace, week: str, limit: int, column: str) -> list[Row]:
    """The clusters with a value in `column`, and all columns whose names begin with it."""
    trends = {row["cluster_id"]: row for row in _rows(workspace, "trends", week)}
    rows: list[Row] = [
        {key: row[key] for key in ("cluster_id", "name", "name_zh", "posts", "share")}
        | {key: value for key, value in trend.items() if key.startswith(column)}
        for row in _clusters(workspace, week, 999)
        if (trend := trends[row["cluster_id"]])[column] is not None
    ]
    return sorted(rows, key=lambda row: (-row[column], -row["posts"], row["cluster_id"]))[:limit]


def _history(workspace: Workspace, cluster: str) -> list[Row]:
    return [
        {key: row[key] for key in ("week", "posts", "share", "heat", "growth", "state")}
        for week in workspace.weeks("trends")
        for row in _rows(workspace, "trends", week)
        if row["cluster_id"] == cluster
    ]


def _rules(workspace: Workspace, cluster: str, week: str) -> list[Row]:
    keys = ("position", "feature", "low", "high", "word", "precision", "recall", "posts", "members")
    return [
        {key: None if row[key] == "" else row[key] for key in keys}
        for row in _rows(workspace, "rules", week)
        if row["cluster_id"] == cluster and not row["substyle_id"]
    ]


def _entities(workspace: Workspace, cluster: str, week: str, kind: str, limit: int) -> list[Row]:
    known = {row["entity_id"]: row for row in _rows(workspace, "entities", week)}
    rows: list[Row] = [
        {"entity_id": f["object"], "name": known[f["object"]]["name"]}
        | {"name_zh": known[f["object"]]["name_zh"], "kind": known[f["object"]]["kind"]}
        | {"posts": f["count"], "probability": f["probability"]}
        for f in _rows(workspace, "facts", week)
        if f["subject"] == cluster and known[f["object"]]["kind"] == kind
    ]
    return sorted(rows, key=lambda row: (-row["posts"], row["entity_id"]))[:limit]


def _posts(workspace: Workspace, cluster: str, week: str, limit: int) -> list[Row]:
    weights = {
        row["post_id"]: row["weight"]
        for row in _rows(workspace, "memberships", week)
        if row["cluster_id"] == cluster
    }
    rows: list[Row] = [
        {key: row[key] for key in ("post_id", "text", "heat", "published_at")}
        | {"weight": weights[row["post_id"]]}
        for row in _rows(workspace, "posts", week)
        if row["post_id"] in weights
    ]
    return sorted(rows, key=lambda row: (-row["weight"], row["post_id"]))[:limit]


def _events(workspace: Workspace, week: str) -> list[Row]:
    names = {row["cluster_id"]: row["name"] for row in _rows(workspace, "clusters", week)}
    return [
        {"event": row["event"], "cluster_id": row["cluster_id"], "name": names[row["cluster_id"]]}
        | {key: row[key] for key in ("other_id", "measure", "done_by")}
        for row in _rows(workspace, "lineage", week)
    ]


def _triples(workspace: Workspace, week: str, limit: int) -> list[Row]:
    rows: list[Row] = [
        {"style": "Glamping", "object": "tent", "scene": "meadow", "posts": 5},
        {"style": "Nordic minimal", "object": "sofa", "scene": "living room", "posts": 4},
    ]
    return rows[:limit]


_ANSWERS: Mapping[str, Any] = {
    "week_overview": _overview,
    "top_clusters": _clusters,
    "rising_clusters": lambda w, **a: _moving(w, **a, states=("rising", "emerging")),
    "fading_clusters": lambda w, **a: _moving(w, **a, states=("fading",)),
    "forecasts": lambda w, **a: _with_column(w, **a, column="forecast"),
    "fair_shares": lambda w, **a: _with_column(w, **a, column="fair_share"),
    "cluster_history": _history,
    "cluster_entities": _entities,
    "cluster_rules": _rules,
    "cluster_posts": _posts,
    "events": _events,
    "style_object_scene": _triples,
}
