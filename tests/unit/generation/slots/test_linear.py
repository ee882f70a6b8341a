"""Layers by the compiled kernels and by torch compute the same."""

from __future__ import annotations

import shutil
from functools import partial

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it

from evalsuite.generation.slots.kernels import Kernels, compiled_kernels
from evalsuite.generation.slots.linear import Compiled, gated_linear, linear

BY = ["torch", *(["kernels"] if shutil.which("gcc") else [])]
TOLERANCE = {torch.float32: 1e-5, torch.bfloat16: 3e-2}


def kernels_of(name: str, dtype: torch.dtype) -> Kernels | None:
    return None if name == "torch" else compiled_kernels(dtype, "cpu", 64)[0]


def module(columns: int, depth: int, dtype: torch.dtype, *, bias: bool) -> torch.nn.Linear:
    torch.manual_seed(columns + depth)
    return torch.nn.Linear(depth, columns, bias=bias).to(dtype)


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("biases", [(False, False), (True, True)])
@torch.inference_mode()
def test_several_layers_of_one_input_lie_side_by_side(
    by: str, dtype: torch.dtype, biases: tuple[bool, bool]
) -> None:
    modules = [module(n, 32, dtype, bias=b) for n, b in zip((40, 24), biases, strict=True)]
    x, summand = torch.randn(3, 2, 32).to(dtype), torch.randn(3, 2, 64).to(dtype)
    layer = linear(modules, kernels_of(by, dtype))
    expected = torch.cat([m(x) for m in modules], dim=-1)

    close = partial(torch.testing.assert_close, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
    close(layer(x), expected)
    close(layer(x, summand), expected + summand)


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("bias", [True, False])
@torch.inference_mode()
def test_a_gate_goes_through_silu_and_the_other_does_not(
    *, by: str, dtype: torch.dtype, bias: bool
) -> None:
    gate, up = module(50, 32, dtype, bias=bias), module(50, 32, dtype, bias=bias)
    up.weight.copy_(up.weight.flip(0))
    x, summand = torch.randn(5, 1, 32).to(dtype), torch.randn(5, 1, 50).to(dtype)
    layer = gated_linear(gate, up, kernels_of(by, dtype))
    expected = F.silu(gate(x)) * up(x)

    close = partial(torch.testing.assert_close, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype])
    close(layer(x), expected)
    close(layer(x, summand), expected + summand)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_kernels_serve_where_they_can() -> None:
    kernels = kernels_of("kernels", torch.float32)
    assert kernels is not None

    layer = linear([module(8, 32, torch.float32, bias=False)], kernels)
    other = linear([module(8, 32, torch.bfloat16, bias=False)], kernels)

    assert isinstance(layer, Compiled) == kernels.multiplies
    assert not isinstance(other, Compiled)
