"""Two optimisers for one network: Muon for the inner matrices, AdamW for all other weights."""

from collections.abc import Sequence

import torch
from torch import Tensor

MOMENTUM = 0.95
ROUNDS = 5
NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""Coefficients of a quintic that moves singular values toward 1 (Jordan 2024)."""


class Optimisers:
    """Muon and AdamW. Muon (Jordan 2024) learns from fewer pictures, but takes matrices only.

    Filters (out, in, 3, 3) are therefore reshaped to (out, in · 9). `edges` are prefixes of the
    names of weights that AdamW keeps: those next to pixels, latents or texts. PyTorch's own Muon
    multiplies in bfloat16, which took 26 times as long on a processor without it.
    """

    def __init__(self, network: torch.nn.Module, rate: float, edges: Sequence[str]) -> None:
        weights = dict(network.named_parameters())
        inner = {n: p for n, p in weights.items() if p.ndim > 1 and not n.startswith(tuple(edges))}
        self.inner = [(p, torch.zeros(len(p), p[0].numel())) for p in inner.values()]
        rest = [p for name, p in weights.items() if name not in inner]
        self.adam = torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.99), weight_decay=0.0)

    def step(self, rate: float) -> None:
        """Takes one step at a learning rate and clears the gradients."""
        for weight, momentum in self.inner:
            if weight.grad is None:
                continue
            momentum.lerp_(weight.grad.reshape(momentum.shape), 1 - MOMENTUM)
            ahead = weight.grad.reshape(momentum.shape).lerp(momentum, MOMENTUM)
            size = 0.2 * max(momentum.shape) ** 0.5  # makes a step as large as one of AdamW
            weight.data.sub_(orthogonal(ahead).view_as(weight), alpha=rate * size)
            weight.grad = None
        for group in self.adam.param_groups:
            group["lr"] = rate
        self.adam.step()
        self.adam.zero_grad()


def orthogonal(matrix: Tensor) -> Tensor:
    """Returns a matrix near the closest one with equal singular values, by Newton–Schulz
    iterations.
    """
    tall = len(matrix) > matrix.shape[1]
    found = matrix.T if tall else matrix
    found = found / found.norm().clamp(min=1e-7)
    once, thrice, fifth = NEWTON_SCHULZ
    for _ in range(ROUNDS):
        gram = found @ found.T
        found = torch.addmm(found, thrice * gram + fifth * (gram @ gram), found, beta=once)
    return found.T if tall else found
