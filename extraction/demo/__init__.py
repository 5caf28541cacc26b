"""The demo world: posts, pictures and their ground truth, drawn from a seed; and the bundled
models.

`write_corpus(Path("corpus"), seed=7, posts=1500)` writes a whole world.
"""

from pathlib import Path

from zeitgraph.extraction.demo.corpus import CorpusSummary, write_corpus

__all__ = ["PACKAGES", "WEIGHTS_FOLDER", "CorpusSummary", "write_corpus"]

WEIGHTS_FOLDER = Path(__file__).with_name("weights")
"""The bundled models: `clip/`, `painter/`, `recogniser/` and `second-judge/`."""

PACKAGES = ("av", "open_clip", "spacy")
"""What the demo cannot do without, beside the core; the extra `demo` brings them and the rest."""
