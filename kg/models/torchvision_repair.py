"""Makes torchvision importable beside a build of torch it was not compiled for.

Where pip brings the CPU build of torch beside the CUDA build of torchvision, torchvision's compiled
operators do not load, and `import torchvision` stops with «operator torchvision::nms does not
exist»; transformers and diffusers import torchvision and then stop too. Only its transforms are
needed here, so declaring the two operators that its import looks up is enough. Call
`mend_torchvision()` before importing transformers, diffusers or open_clip. Knows nothing about who
calls it.
"""

import importlib
import sys
from functools import cache
from typing import Any

from zeitgraph.kg.base.plugins import is_installed

_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@cache
def mend_torchvision() -> Any:
    """Import torchvision, declaring its operators first where it fails without them.

    Returns the library of declared operators, which must live as long as torchvision does, or None
    where nothing was wrong or torchvision is not installed. Raises what the import raises for any
    other reason.
    """
    if not is_installed("torchvision"):
        return None
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]  # the half of it that was imported
        library = _declared_operators()
        importlib.import_module("torchvision")
        return library
    return None


def _declared_operators() -> Any:
    import torch

    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for operator in _OPERATORS:
        library.define(operator)  # type: ignore[no-untyped-call]
    return library
