"""PyTorch on the processor: the eager loop as its tutorials write it, and `vmap` for sweeps.

The examples lie in one tensor and minibatches are gathered from it, which is faster than a
`DataLoader`.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn
from torch.func import functional_call, grad, vmap
from torch.nn import functional

from benchmarks.cases import Case, examples, initial_weights
from benchmarks.contender import Contender

OPTIMIZERS = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}


def build(case: Case) -> nn.Sequential:
    """Return the network with the case's initial weights and zero biases."""
    layers: list[nn.Module] = []
    weights = initial_weights(case)
    for i, (fan_in, fan_out) in enumerate(case.shapes):
        hidden = i < len(case.hidden)
        normalized = hidden and case.batch_norm
        linear = nn.Linear(fan_in, fan_out, bias=not normalized)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weights[i].T))
            if linear.bias is not None:
                linear.bias.zero_()
        layers.append(linear)
        if normalized:
            layers.append(nn.BatchNorm1d(fan_out))
        if hidden:
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class Eager(Contender):
    """zero_grad, forward, backward, step."""

    fused = False

    def __init__(self, case: Case, threads: int) -> None:
        super().__init__(case, threads)
        torch.set_num_threads(threads)
        x, y = examples(case, case.examples)
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)

    def prepare(self) -> None:
        torch.manual_seed(0)
        self.model = build(self.case)
        self.model.train()
        options = {"fused": True} if self.fused else {}
        self.optimizer = OPTIMIZERS[self.case.optimizer](
            self.model.parameters(), lr=self.case.learning_rate, **options
        )

    def batches(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield all epochs' minibatches."""
        for _ in range(self.case.epochs):
            for rows in torch.randperm(len(self.x)).split(self.case.batch):
                yield self.x[rows], self.y[rows]

    def run(self) -> None:
        for x, y in self.batches():
            self.optimizer.zero_grad()
            functional.cross_entropy(self.model(x), y).backward()
            self.optimizer.step()

    def loss(self) -> float:
        self.model.eval()
        with torch.no_grad():
            return float(functional.cross_entropy(self.model(self.x), self.y))


class Fused(Eager):
    """The same with the fused optimizer, which is not PyTorch's default on the processor."""

    fused = True


class Vmap(Eager):
    """All replicas at once: the gradient function vectorized over stacked parameters."""

    def prepare(self) -> None:
        torch.manual_seed(0)
        self.model = build(self.case)
        count = self.case.replicas
        self.rates = torch.from_numpy(self.case.learning_rates)
        self.parameters = {
            name: value.detach().expand(count, *value.shape).clone()
            for name, value in self.model.named_parameters()
        }

    def _loss(
        self, parameters: dict[str, torch.Tensor], x: torch.Tensor, y: torch.Tensor
    ) -> torch.Tensor:
        return functional.cross_entropy(functional_call(self.model, parameters, (x,)), y)

    def run(self) -> None:
        gradient = vmap(grad(self._loss), in_dims=(0, None, None))
        for x, y in self.batches():
            gradients = gradient(self.parameters, x, y)
            for name, value in self.parameters.items():
                value -= self.rates.view(-1, *[1] * (value.ndim - 1)) * gradients[name]

    def loss(self) -> float:
        losses = vmap(self._loss, in_dims=(0, None, None))(self.parameters, self.x, self.y)
        return float(losses.mean())


CONTENDERS = {"eager": Eager, "fused": Fused, "vmap": Vmap}
