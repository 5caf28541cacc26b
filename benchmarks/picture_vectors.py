"""Measures how fast the starter CLIP encodes pictures with two memory formats.

    python benchmarks/picture_vectors.py

The formats are PyTorch's default and channels last. Both run alternately in one process on one
thread. Prints the median of five rounds each, the ratio of the rounds pair by pair, and versions.
Seconds are those of the processor, so other work disturbs them less.
"""

import time
from importlib.metadata import version
from statistics import median

import torch

from zeitgraph.extraction.embedding.clip import OpenClipEmbedder
from zeitgraph.kg.workspace.settings import VectorSettings

ROUNDS, PICTURES, CHUNK = 5, 128, 16


def seconds(network: torch.nn.Module, pixels: torch.Tensor) -> float:
    """Returns the processor seconds for all chunks."""
    begin = time.process_time()
    with torch.inference_mode():
        for chunk in torch.split(pixels, CHUNK):
            network.encode_image(chunk)  # type: ignore[operator]
    return time.process_time() - begin


def main() -> None:
    """Measures and prints."""
    torch.set_num_threads(1)
    pixels = torch.randn(PICTURES, 3, 128, 128, generator=torch.Generator().manual_seed(1))
    last = OpenClipEmbedder(VectorSettings())._loaded.network.float()  # noqa: SLF001 -- the network alone is timed
    plain = OpenClipEmbedder(VectorSettings())._loaded.network.float()  # noqa: SLF001
    plain = plain.to(memory_format=torch.contiguous_format)
    for network in (last, plain):
        seconds(network, pixels)
    pairs = [(seconds(last, pixels), seconds(plain, pixels)) for _ in range(ROUNDS)]
    for name, own in zip(
        ("channels last", "as torch lays them"), zip(*pairs, strict=True), strict=True
    ):
        print(f"{name:20} {PICTURES / median(own):6.1f} pictures a second")
    print(f"ratio                {median(plain / last for last, plain in pairs):6.2f}")
    print(f"versions             torch {version('torch')}, open_clip {version('open_clip_torch')}")


if __name__ == "__main__":
    main()
