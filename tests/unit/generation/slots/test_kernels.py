"""The compiled kernels compute what torch computes in float64, row by row, whatever the batch."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it

from evalsuite.generation.slots import kernels as module
from evalsuite.generation.slots.kernels import Kernels, compiled_kernels

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
CPU = Path("/proc/cpuinfo")
ROOM = 128
TOLERANCE = {torch.float32: 2e-6, torch.bfloat16: 2**-8}
"""Of numbers up to 1: sums in float32; one rounding to bfloat16."""


def kernels_for(dtype: torch.dtype, width: int) -> Kernels:
    kernels, reason = compiled_kernels(dtype, "cpu", width)
    assert kernels is not None, reason
    return kernels


@needs_gcc
@pytest.mark.skipif(not CPU.is_file(), reason="no /proc/cpuinfo here")
def test_vectors_are_no_wider_than_the_machines_registers() -> None:
    flags = set(CPU.read_text("utf-8").split())
    widest = 16 if "avx512f" in flags else 8 if "avx2" in flags else 4

    assert kernels_for(torch.float32, 64).lanes <= widest
    assert kernels_for(torch.bfloat16, 64).lanes == kernels_for(torch.float32, 64).lanes
    if {"avx2", "fma"} <= flags:
        assert kernels_for(torch.float32, 64).lanes >= 8


class Case:
    """One step of attention with rows of different length."""

    def __init__(
        self, dtype: torch.dtype, width: int, heads: int, key_heads: int, held: list[int]
    ) -> None:
        generator = torch.Generator().manual_seed(0)

        def draw(*shape: int) -> torch.Tensor:
            return torch.randn(shape, generator=generator).to(dtype)

        rows = len(held)
        self.dtype, self.width, self.at = dtype, width, torch.tensor(held)
        mixed = draw(rows, heads + 2 * key_heads, width)  # strided views, as the packed decoder has
        self.query, self.key, self.value = torch.split(mixed, [heads, key_heads, key_heads], dim=1)
        self.keys, self.values = (
            draw(rows, key_heads, width, ROOM),
            draw(rows, key_heads, ROOM, width),
        )
        for row, n in enumerate(held):  # what lies behind belongs to nobody: it must not be seen
            self.keys[row, :, :, n:] = float("nan")
            self.values[row, :, n:] = float("nan")

    def attended(self, rows: slice = slice(None)) -> torch.Tensor:
        out = torch.empty(self.query[rows].shape, dtype=self.dtype)
        kernels_for(self.dtype, self.width).attend(
            self.query[rows],
            self.key[rows],
            self.value[rows],
            (self.keys[rows].contiguous(), self.values[rows].contiguous()),
            at=self.at[rows].contiguous(),
            scale=self.width**-0.5,
            out=out,
        )
        return out

    def expected(self) -> torch.Tensor:
        group = self.query.shape[1] // self.key.shape[1]
        found = []
        for row, n in enumerate(self.at.tolist()):
            keys = torch.cat([self.keys[row, :, :, :n], self.key[row][:, :, None]], dim=2).double()
            values = torch.cat([self.values[row, :, :n], self.value[row][:, None]], dim=1).double()
            query = self.query[row].double().view(-1, group, self.width) * self.width**-0.5
            shares = (query @ keys).softmax(dim=-1)
            found.append((shares @ values).view(-1, self.width))
        return torch.stack(found)


HELD = [0, 1, 15, 16, 17, 63, 64, 65, 100, 127]


def test_the_scratch_is_as_large_as_the_source_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = tmp_path / "kernels.c"
    source.write_text("#define LESS 1\n#define MOST 7   /* heads */\n")
    assert module._heads_at_once() == 4

    monkeypatch.setattr(module, "_SOURCE", source)

    assert module._heads_at_once() == 7


@needs_gcc
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("width", [12, 16, 24, 64, 80, 128])
@pytest.mark.parametrize(("heads", "key_heads"), [(3, 3), (4, 2), (9, 3), (4, 1), (14, 2), (5, 1)])
def test_attention_is_that_of_the_definition(
    dtype: torch.dtype, width: int, heads: int, key_heads: int
) -> None:
    case = Case(dtype, width, heads, key_heads, HELD)

    error = (case.attended().double() - case.expected()).abs().max()

    assert error <= TOLERANCE[dtype] * 4  # numbers reach 4


@needs_gcc
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
def test_a_row_has_the_same_bits_in_every_batch_and_with_any_threads(dtype: torch.dtype) -> None:
    case = Case(dtype, 64, 9, 3, HELD)
    together = case.attended()

    for row in range(len(HELD)):
        assert torch.equal(case.attended(slice(row, row + 1))[0], together[row])
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1 if before > 1 else 2)
        assert torch.equal(case.attended(), together)
    finally:
        torch.set_num_threads(before)


@needs_gcc
def test_a_step_stores_its_keys_and_values_and_nothing_else() -> None:
    case = Case(torch.float32, 16, 2, 2, [3, 7])
    keys, values = case.keys.clone(), case.values.clone()

    kernels_for(torch.float32, 16).attend(
        *(case.query, case.key, case.value, (keys, values)),
        at=case.at,
        scale=1.0,
        out=torch.empty(2, 2, 16),
    )

    for row, n in enumerate(case.at.tolist()):
        case.keys[row, :, :, n], case.values[row, :, n] = case.key[row], case.value[row]
    torch.testing.assert_close(keys, case.keys, rtol=0, atol=0, equal_nan=True)
    torch.testing.assert_close(values, case.values, rtol=0, atol=0, equal_nan=True)


@needs_gcc
@pytest.mark.parametrize("scale", [1e-30, 1.0, 300.0])
def test_attention_survives_scores_of_any_size(scale: float) -> None:
    """Scores far below the best one count for nothing, and no share overflows."""
    case = Case(torch.float32, 16, 1, 1, [100])
    out = torch.empty(1, 1, 16)

    kernels_for(torch.float32, 16).attend(
        *(case.query, case.key, case.value, (case.keys, case.values)),
        at=case.at,
        scale=scale,
        out=out,
    )

    keys, values = case.keys[0, 0, :, :101].double(), case.values[0, 0, :101].double()
    shares = (scale * case.query[0].double() @ keys).softmax(dim=-1)
    torch.testing.assert_close(out[0].double(), shares @ values, rtol=1e-3, atol=1e-5)


@needs_gcc
def test_a_row_that_is_not_a_number_stays_so_and_spoils_no_other() -> None:
    case = Case(torch.float32, 16, 2, 1, [5, 5])
    expected = case.attended()[1]
    case.query[0, 0, 3] = float("nan")

    out = case.attended()

    assert out[0, 0].isnan().all()
    assert torch.equal(out[1], expected)


@needs_gcc
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("shape", [(1, 1, 48), (3, 5, 576), (64, 1, 576)])
def test_rows_are_divided_by_their_root_mean_square(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(shape).to(dtype), torch.randn(shape[-1]).to(dtype)

    found = kernels_for(dtype, 16).normalized(x, weight, 1e-5)

    wide = F.rms_norm(x.double(), (shape[-1],), weight.double(), 1e-5)
    torch.testing.assert_close(found.double(), wide, rtol=TOLERANCE[dtype], atol=1e-6)


@needs_gcc
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("rows", [1, 3, 64])
def test_the_first_heads_are_turned_and_the_others_are_left(dtype: torch.dtype, rows: int) -> None:
    torch.manual_seed(0)
    heads, width = 12, 64
    mixed = torch.randn(rows, 2, heads + 3, width).to(dtype)
    cosine, sine = torch.randn(2, rows, 2, 1, width).to(dtype)
    turning = mixed[:, :, :heads].double()
    expected = turning * cosine + turning.roll(width // 2, dims=-1) * sine
    left = mixed[:, :, heads:].clone()

    kernels_for(dtype, width).turn(mixed, cosine, sine, heads)

    error = (mixed[:, :, :heads].double() - expected).abs().max()
    assert error <= TOLERANCE[dtype] * 16
    assert torch.equal(mixed[:, :, heads:], left)


@needs_gcc
def test_bfloat16_is_rounded_as_torch_rounds() -> None:
    """A product of two bfloat16 numbers is exact in float32; one rounding is left, ties and all."""
    torch.manual_seed(0)
    mixed, cosine = torch.randn(2, 512, 1, 1, 64).to(torch.bfloat16)
    cosine[0, 0, 0, :3] = torch.tensor([float("inf"), float("nan"), 3e38])
    mixed[0, 0, 0, :3] = torch.tensor([1.0, 1.0, 3.0])
    expected = (mixed.float() * cosine.float()).to(torch.bfloat16)
    assert ((mixed.float() * cosine.float()).view(torch.int32) & 0xFFFF == 0x8000).any()  # a tie

    kernels_for(torch.bfloat16, 64).turn(mixed, cosine, torch.zeros_like(cosine), 1)

    torch.testing.assert_close(mixed, expected, rtol=0, atol=0, equal_nan=True)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Compile anew; what was compiled before stays known to the other tests."""
    monkeypatch.setattr(module, "compiled_kernels", compiled_kernels.__wrapped__)
    return monkeypatch


@pytest.mark.usefixtures("fresh")
def test_without_a_compiler_torch_serves_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert module.compiled_kernels(torch.float32, "cpu", 64) == (
        None,
        "no gcc, with which answers come faster (Debian: apt-get install gcc)",
    )


@pytest.mark.usefixtures("fresh")
def test_a_compiler_that_fails_is_reported_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "gcc"
    broken.write_text("#!/bin/sh\necho 'no headers here' >&2\nexit 1\n", encoding="ascii")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    kernels, reason = module.compiled_kernels(torch.float32, "cpu", 64)

    assert kernels is None
    assert reason == "gcc: no headers here"


@pytest.mark.usefixtures("fresh")
@pytest.mark.parametrize(
    ("dtype", "device", "width", "said"),
    [
        (torch.float32, "cuda", 64, ""),
        (torch.float16, "cpu", 64, ""),
        (torch.float32, "cpu", 7, "heads of 7 numbers fill no register"),
    ],
)
def test_what_the_kernels_do_not_serve_is_left_to_torch(
    dtype: torch.dtype, device: str, width: int, said: str
) -> None:
    if said and shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    assert module.compiled_kernels(dtype, device, width) == (None, said)


@pytest.mark.parametrize(
    ("mapped", "names"),
    [
        ("", "none"),
        ("7f00-7f01 r-xp 0 08:01 7  /torch/lib/libomp.so\n", "libomp.so"),
        (
            "7f00-7f01 r-xp 0 08:01 7  /t/libgomp-a34b3233.so.1\n7f02 8  /mkl/libiomp5.so\n",
            "libgomp-a34b3233.so.1, libiomp5.so",
        ),
    ],
)
def test_another_openmp_runtime_is_not_mixed_with_ours(mapped: str, names: str) -> None:
    with pytest.raises(OSError, match=f"found: {names}$"):
        module._openmp_runtime(mapped)


def test_the_openmp_runtime_is_found_once_however_often_it_is_mapped() -> None:
    line = "7f00-7f01 r-xp 0 08:01 7  /torch/lib/libgomp.so.1\n"

    assert module._openmp_runtime(line * 3) == "/torch/lib/libgomp.so.1"


@needs_gcc
def test_one_openmp_runtime_is_in_the_process_and_nothing_is_left_on_disk(tmp_path: Path) -> None:
    script = """
        import re, torch
        from pathlib import Path
        from evalsuite.generation.slots.kernels import compiled_kernels
        kernels, reason = compiled_kernels(torch.float32, "cpu", 64)
        assert kernels is not None, reason
        maps = Path("/proc/self/maps").read_text()
        print(len(set(re.findall(r"/\\S*/lib(?:gomp|iomp5|omp)[-.][^/\\s]*", maps))))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )

    assert done.stdout.strip() == "1"
    assert list(tmp_path.iterdir()) == []
