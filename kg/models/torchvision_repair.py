"""Makes torchvision importable beside a build of torch for which it was not compiled.

pip may install the CPU build of torch together with the CUDA build of torchvision. The compiled
operators of torchvision then do not load, since libtorch_cuda.so is missing, and `import
torchvision` fails with «operator torchvision::nms does not exist»; so do transformers and
diffusers, which import it. Only the transforms of torchvision are needed here, so it is enough to
declare the two operators that its import looks up. Call `repair_torchvision()` before importing
transformers, diffusers or open_clip.
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
def repair_torchvision() -> Any:
    """Import torchvision; if that fails without its operators, declare them and import it again.

    Returns the library of declared operators, which must live as long as torchvision is used; None
    if no repair was needed or torchvision is not installed. An import that fails for another reason
    raises its own error.
    """
    if not is_installed("torchvision"):
        return None
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]  # the modules that were imported before the failure
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
