"""The bundled image maker loads like any other pipeline and draws what a prompt describes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from zeitgraph.extraction.demo.drawing.look import looks
from zeitgraph.extraction.demo.story.claims import LANGS
from zeitgraph.kg.workspace.settings import GallerySettings
from zeitgraph.reports.gallery.diffusion import DiffusersMaker
from zeitgraph.reports.gallery.image_makers import Prompt
from zeitgraph.training.clip.training_texts import CLAIMS, claim_vector
from zeitgraph.training.painter.folder import WEIGHTS
from zeitgraph.training.painter.patches import CHANNELS, cut, find_patches
from zeitgraph.training.painter.prompts import prompt, unwanted
from zeitgraph.training.painter.prototypes import JUDGING, prototype, render
from zeitgraph.training.painter.second_judge import SecondJudge

MEGABYTE = 1_000_000
pytestmark = pytest.mark.filterwarnings(  # diffusers' own scheduler, with NumPy 2
    "ignore:__array__ implementation:DeprecationWarning"
)
PROMPTS = {
    "cyberpunk": "cyberpunk style, a cup in the street",
    "ink-wash": "水墨风格，在山间的茶壶",
    "dopamine": "dopamine style, a balloon at the shop front",
    "riviera": "里维埃拉风，在花园里的花瓶",
}


@pytest.fixture(scope="module")
def maker() -> DiffusersMaker:
    settings = GallerySettings(image_maker="diffusers", model=str(WEIGHTS), steps=12, guidance=2.0)
    return DiffusersMaker(settings, Path())


@pytest.fixture(scope="module")
def drawn(maker: DiffusersMaker) -> list[Image.Image]:
    return [maker.draw(Prompt(text, unwanted()[1]), [1])[0] for text in PROMPTS.values()]


def test_the_folder_is_small_and_contains_only_safetensors_and_json() -> None:
    files = [file for file in WEIGHTS.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} == {".safetensors", ".json"}
    assert sum(file.stat().st_size for file in files) <= 40 * MEGABYTE


def test_a_seed_draws_the_same_bytes_alone_and_in_a_batch(
    maker: DiffusersMaker,
) -> None:
    request = Prompt(PROMPTS["cyberpunk"], unwanted()[1])
    first, second = maker.draw(request, [3, 4])
    assert first.size == (128, 128)
    assert first.tobytes() == maker.draw(request, [3])[0].tobytes()
    assert first.tobytes() != second.tobytes()


def test_the_second_judge_recognises_the_styles_of_the_prompts(
    drawn: Sequence[Image.Image],
) -> None:
    assert [style for style, _ in SecondJudge().names(drawn)] == list(PROMPTS)


def test_the_second_judge_recognises_style_and_thing_of_new_true_pictures() -> None:
    prototypes = [prototype(JUDGING, index) for index in range(3 * len(looks()))]
    names = SecondJudge().names([Image.fromarray(render(picture)) for picture in prototypes])
    right = [(s == p.style, t == p.objects[0]) for p, (s, t) in zip(prototypes, names, strict=True)]
    styles, things = np.mean(right, axis=0)
    assert styles >= 0.95
    assert things >= 0.8


def test_prompts_claim_only_what_their_picture_shows() -> None:
    rng = np.random.default_rng(1)
    for index in range(300):
        picture = prototype(JUDGING, index)
        sample = prompt(picture, rng)
        assert sample.text
        shown = {picture.style, picture.scene, *picture.objects}
        assert {
            claim for claim, yes in zip(CLAIMS, claim_vector(sample), strict=True) if yes
        } <= shown


def test_prompts_are_in_both_languages() -> None:
    rng = np.random.default_rng(2)
    texts = [prompt(prototype(JUDGING, index), rng).text for index in range(100)]
    share = np.mean([text.isascii() for text in texts])
    assert len(LANGS) == 2
    assert 0.25 < share < 0.75


def test_latents_of_patches_preserve_most_of_the_picture() -> None:
    pixels = np.stack([render(prototype(JUDGING, index)) for index in range(21)])
    patches = find_patches(pixels)
    latents = patches.latents(pixels)
    assert latents.shape == (21, CHANNELS, 16, 16)
    assert float(latents.std()) == pytest.approx(1, abs=0.05)
    brighter = np.clip(pixels.astype(int) + 20, 0, 255).astype(np.uint8)
    moved = (patches.latents(brighter) - latents).abs().mean((0, 2, 3))
    assert int(moved.argmax()) == 0  # the first component is light
    rows = cut(pixels).view(-1, len(patches.middle))
    back = (rows - patches.middle) @ patches.basis @ patches.basis.T + patches.middle
    assert 10 * np.log10(4 / float((back - rows).square().mean())) > 25  # decibels


def test_a_few_steps_lower_the_loss_of_the_denoiser() -> None:
    torch = pytest.importorskip("torch")
    from zeitgraph.training.painter.folder import fresh_denoiser
    from zeitgraph.training.painter.optimisers import Optimisers
    from zeitgraph.training.painter.train_denoiser import EDGES, denoiser_loss

    torch.manual_seed(0)
    unet = fresh_denoiser().train()
    optimisers = Optimisers(unet, 2e-3, EDGES)
    clean, states = 0.5 * torch.randn(4, CHANNELS, 16, 16), torch.randn(4, 64, 128)
    noise, sigma = torch.randn_like(clean), torch.tensor([0.2, 0.4, 0.6, 0.8])
    losses = []
    for _ in range(12):
        loss = denoiser_loss(unet, clean, states, noise, sigma)
        loss.backward()  # type: ignore[no-untyped-call]
        optimisers.step(2e-3)
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]


def test_muon_makes_steps_of_similar_strength_in_every_direction() -> None:
    torch = pytest.importorskip("torch")
    from zeitgraph.training.painter.optimisers import orthogonal

    torch.manual_seed(4)
    for shape in ((16, 40), (40, 16)):
        strengths = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
        assert 0.5 < float(strengths.min()) <= float(strengths.max()) < 1.5
