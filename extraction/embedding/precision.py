"""Chooses the precision of a network: bf16 if the processor multiplies it natively, else fp32.

Weights are cast once. torch's autocast would cast them at every layer, and was slower than fp32
when measured. This module does not know what the network is for.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from zeitgraph.kg.workspace.settings import VectorSettings


def choose_precision(network: Any, settings: VectorSettings) -> Any:
    """The network (a `torch.nn.Module`), cast as `vectors.precision` says.

    `auto` casts to bf16 on a processor with AVX-512 BF16 or AMX. With networks of 9 to 151 million
    parameters this gave twice as many texts and pictures a second, and vectors with a cosine above
    0.999 to those of fp32. On other devices `auto` is fp32. The channels-last memory format gave a
    fifth more pictures a second (benchmarks/picture_vectors.py).
    """
    import torch

    auto = settings.device == "cpu" and multiplies_bf16()
    wide = {"auto": not auto, "fp32": True, "bf16": False}[settings.precision]
    cast = network.to(torch.float32 if wide else torch.bfloat16)
    return cast.to(memory_format=torch.channels_last)


def quick_matrices() -> AbstractContextManager[None]:
    """In this block, networks that train on the processor multiply in bf16 if that is faster."""
    import torch

    quick: AbstractContextManager[None] = (
        torch.autocast("cpu", torch.bfloat16) if multiplies_bf16() else nullcontext()
    )
    return quick


def multiplies_bf16() -> bool:
    """Whether the processor has AVX-512 BF16 or AMX; without them, bf16 is 5 to 26 times slower."""
    import torch

    return bool(
        torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()  # noqa: SLF001 -- torch has no public function for it
    )
