"""Two optimisers that share a network: Muon for the matrices inside, AdamW for all else."""

from collections.abc import Sequence

import torch


class Optimisers:
    """Muon (Jordan 2024) learns from fewer pictures; it takes matrices only.

    So filters (out, in, 3, 3) are shown to it as (out, in · 9). `edges` are the beginnings of the
    names of weights that AdamW keeps: those that touch pixels, latents or texts.
    """

    def __init__(self, network: torch.nn.Module, rate: float, edges: Sequence[str]) -> None:
        weights = dict(network.named_parameters())
        inner = {n: p for n, p in weights.items() if p.ndim > 1 and not n.startswith(tuple(edges))}
        self.inner = [(p, torch.nn.Parameter(p.data.view(len(p), -1))) for p in inner.values()]
        self.muon = torch.optim.Muon(
            [matrix for _, matrix in self.inner],
            lr=rate,
            weight_decay=0.0,
            adjust_lr_fn="match_rms_adamw",
        )
        rest = [p for name, p in weights.items() if name not in inner]
        self.adam = torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.99), weight_decay=0.0)

    def step(self, rate: float) -> None:
        """One step at a learning rate; gradients are used up."""
        for weight, matrix in self.inner:
            matrix.grad = None if weight.grad is None else weight.grad.reshape(matrix.shape)
            weight.grad = None
        for optimiser in (self.muon, self.adam):
            for group in optimiser.param_groups:
                group["lr"] = rate
            optimiser.step()  # type: ignore[no-untyped-call]
            optimiser.zero_grad()
