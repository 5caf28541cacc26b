"""In which precision a network runs: bf16 where the processor multiplies it, else fp32.

Weights are cast once; torch's autocast would cast them again at every layer, and was slower than
fp32 where it was measured. Knows nothing of what the network is for.
"""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from zeitgraph.kg.workspace.settings import VectorSettings


def choose_precision(network: Any, settings: VectorSettings) -> Any:
    """The network (a `torch.nn.Module`), cast as the settings say.

    `auto` casts to bf16 on a processor that has AVX-512 BF16 or AMX: measured here with networks of
    9 to 151 million parameters, twice as many texts and pictures a second, and vectors at a cosine
    above 0.999 to those of fp32. On another device it is fp32. Filters lie with the channels last:
    a fifth more pictures a second (benchmarks/picture_vectors.py).
    """
    import torch

    auto = settings.device == "cpu" and multiplies_bf16()
    wide = {"auto": not auto, "fp32": True, "bf16": False}[settings.precision]
    cast = network.to(torch.float32 if wide else torch.bfloat16)
    return cast.to(memory_format=torch.channels_last)


def quick_matrices() -> AbstractContextManager[None]:
    """While it lasts, networks that train on the processor multiply in bf16, if it is quicker."""
    import torch

    quick: AbstractContextManager[None] = (
        torch.autocast("cpu", torch.bfloat16) if multiplies_bf16() else nullcontext()
    )
    return quick


def multiplies_bf16() -> bool:
    """Whether the processor has AVX-512 BF16 or AMX: without, bf16 took 5 to 26 times as long."""
    import torch

    return bool(
        torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()  # noqa: SLF001 -- torch has no public question
    )
