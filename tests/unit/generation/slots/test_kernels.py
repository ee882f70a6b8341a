"""The compiled kernels compute what torch computes in float64, row by row, whatever the batch."""

from __future__ import annotations

import shutil

import pytest
import torch
import torch.nn.functional as F  # noqa: N812  torch's own name for it

from evalsuite.generation.sampling import two_largest
from evalsuite.generation.slots.block import SlotBlock
from evalsuite.generation.slots.kernels import Kernels, compiled_kernels

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
ROOM = 128
TOLERANCE = {torch.float32: 2e-6, torch.bfloat16: 2**-8}
"""Of numbers up to 1: sums in float32; one rounding to bfloat16."""


def kernels_for(dtype: torch.dtype, width: int) -> Kernels:
    kernels, reason = compiled_kernels(dtype, "cpu", width)
    assert kernels is not None, reason
    return kernels


def block_of(keys: torch.Tensor, values: torch.Tensor, span: int) -> SlotBlock:
    """Lay keys of shape (rows, heads, width, room) as the kernels take them."""
    spans = keys.reshape(*keys.shape[:3], -1, span).transpose(2, 3)
    return SlotBlock(keys=spans.contiguous(), values=values.contiguous())


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
        kernels = kernels_for(self.dtype, self.width)
        kernels.attend(
            self.query[rows],
            self.key[rows],
            self.value[rows],
            block_of(self.keys[rows], self.values[rows], kernels.span),
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


HELD = [0, 1, 2, 6, 14, 15, 16, 17, 62, 63, 64, 65, 100, 127]


@needs_gcc
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("width", [7, 12, 16, 24, 64, 80, 128])
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
    kernels = kernels_for(torch.float32, 16)
    block = block_of(case.keys, case.values.clone(), kernels.span)

    kernels.attend(
        *(case.query, case.key, case.value, block),
        at=case.at,
        scale=1.0,
        out=torch.empty(2, 2, 16),
    )

    for row, n in enumerate(case.at.tolist()):
        case.keys[row, :, :, n], case.values[row, :, n] = case.key[row], case.value[row]
    keys = block.transposed_keys(2, ROOM)
    torch.testing.assert_close(keys, case.keys, rtol=0, atol=0, equal_nan=True)
    torch.testing.assert_close(block.values, case.values, rtol=0, atol=0, equal_nan=True)


@needs_gcc
@pytest.mark.parametrize("scale", [1e-30, 1.0, 300.0])
def test_attention_survives_scores_of_any_size(scale: float) -> None:
    """Scores far below the best one count for nothing, and no share overflows."""
    case = Case(torch.float32, 16, 1, 1, [100])
    out = torch.empty(1, 1, 16)

    kernels = kernels_for(torch.float32, 16)
    block = block_of(case.keys, case.values, kernels.span)
    kernels.attend(
        *(case.query, case.key, case.value, block),
        at=case.at,
        scale=scale,
        out=out,
    )

    keys, values = block.transposed_keys(1, 101)[0, 0].double(), block.values[0, 0, :101].double()
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
@pytest.mark.parametrize("shape", [(1, 1, 7), (1, 1, 48), (3, 5, 586), (64, 1, 576)])
def test_rows_are_divided_by_their_root_mean_square(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    x, weight = torch.randn(shape).to(dtype), torch.randn(shape[-1]).to(dtype)

    found = kernels_for(dtype, 64).normalized(x, weight, 1e-5)

    wide = F.rms_norm(x.double(), (shape[-1],), weight.double(), 1e-5)
    torch.testing.assert_close(found.double(), wide, rtol=TOLERANCE[dtype], atol=1e-6)


@needs_gcc
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("width", [12, 64, 80])
@pytest.mark.parametrize("rows", [1, 3, 64])
def test_the_first_heads_are_turned_and_the_others_are_left(
    dtype: torch.dtype, width: int, rows: int
) -> None:
    torch.manual_seed(0)
    heads = 12
    mixed = torch.randn(rows, 2, heads + 3, width).to(dtype)
    cosine, sine = torch.randn(2, 50, width).to(dtype)
    positions = torch.randint(50, (1, 2)).expand(rows, 2)  # one for all, as a prompt pass has
    turning = mixed[:, :, :heads].double()
    rolled = turning.roll(width // 2, dims=-1)
    expected = turning * cosine[positions][:, :, None] + rolled * sine[positions][:, :, None]
    left = mixed[:, :, heads:].clone()

    kernels_for(dtype, width).turn(mixed, (cosine, sine), positions, heads)

    error = (mixed[:, :, :heads].double() - expected).abs().max()
    assert error <= TOLERANCE[dtype] * 16
    assert torch.equal(mixed[:, :, heads:], left)


@needs_gcc
def test_heads_that_have_no_halves_are_left_to_torch() -> None:
    assert not kernels_for(torch.float32, 7).turns(torch.zeros(1, 1, 2, 7))


@needs_gcc
def test_bfloat16_is_rounded_as_torch_rounds() -> None:
    """A product of two bfloat16 numbers is exact in float32; one rounding is left, ties and all."""
    torch.manual_seed(0)
    mixed = torch.randn(512, 1, 1, 64).to(torch.bfloat16)
    cosine = torch.randn(512, 64).to(torch.bfloat16)
    cosine[0, :3] = torch.tensor([float("inf"), float("nan"), 3e38])
    mixed[0, 0, 0, :3] = torch.tensor([1.0, 1.0, 3.0])
    expected = (mixed.float() * cosine[:, None, None].float()).to(torch.bfloat16)
    assert (
        (mixed.float() * cosine[:, None, None].float()).view(torch.int32) & 0xFFFF == 0x8000
    ).any()  # a tie

    angles = cosine, torch.zeros_like(cosine)
    kernels_for(torch.bfloat16, 64).turn(mixed, angles, torch.arange(512)[:, None], 1)

    torch.testing.assert_close(mixed, expected, rtol=0, atol=0, equal_nan=True)


class Product:
    """Rows times one matrix, or a gate's and another, in float64 beside the kernels."""

    def __init__(
        self, dtype: torch.dtype, rows: int, depth: int, columns: int, matrices: int = 1
    ) -> None:
        generator = torch.Generator().manual_seed(0)

        def draw(*shape: int) -> torch.Tensor:
            return torch.randn(shape, generator=generator).to(dtype)

        self.kernels = kernels_for(dtype, 64)
        if not self.kernels.multiplies:
            pytest.skip("torch multiplies on this machine")
        self.x, self.summand = draw(rows, depth), draw(rows, columns)
        self.weights = [draw(columns, depth) * depth**-0.5 for _ in range(matrices)]
        self.biases = [draw(columns) for _ in range(matrices)]
        self.packed = self.kernels.packed(self.weights, self.biases)

    def found(self, rows: slice = slice(None), *, plus: bool = True) -> torch.Tensor:
        summand = self.summand[rows] if plus else None
        return self.kernels.product(self.x[rows], self.packed, summand)

    def expected(self, *, plus: bool = True) -> torch.Tensor:
        results = [
            F.linear(self.x.double(), w.double(), b.double())
            for w, b in zip(self.weights, self.biases, strict=True)
        ]
        product = results[0] if len(results) == 1 else F.silu(results[0]) * results[1]
        return product + self.summand.double() if plus else product


@needs_gcc
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("plus", [True, False])
@pytest.mark.parametrize("matrices", [1, 2])
@pytest.mark.parametrize("rows", [*range(10), 15, 16, 17, 31, 32, 33, 64, 70])
@pytest.mark.parametrize(
    ("depth", "columns"), [(2, 1), (32, 33), (48, 40), (96, 666), (192, 48), (1536, 100)]
)
def test_a_product_is_that_of_the_definition(
    *, dtype: torch.dtype, plus: bool, matrices: int, rows: int, depth: int, columns: int
) -> None:
    case = Product(dtype, rows, depth, columns, matrices)

    torch.testing.assert_close(
        case.found(plus=plus).double(),
        case.expected(plus=plus),
        rtol=TOLERANCE[dtype] * 4,
        atol=TOLERANCE[dtype] * 8,
    )


@needs_gcc
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("matrices", [1, 2])
def test_a_product_has_the_same_bits_in_every_batch_and_with_any_threads(
    dtype: torch.dtype, matrices: int
) -> None:
    case = Product(dtype, 37, 288, 150, matrices)
    together = case.found()

    for start, stop in ((0, 1), (5, 6), (3, 11), (20, 37)):
        assert torch.equal(case.found(slice(start, stop)), together[start:stop])
    before = torch.get_num_threads()
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            assert torch.equal(case.found(), together)
    finally:
        torch.set_num_threads(before)


@needs_gcc
def test_silu_of_a_gate_is_right_from_end_to_end() -> None:
    gates = torch.cat([torch.linspace(-120, 120, 4001), torch.tensor([-1e6, 0.0, 1e6])])
    kernels = kernels_for(torch.float32, 64)
    if not kernels.multiplies:
        pytest.skip("torch multiplies on this machine")
    identity = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    one = torch.zeros(2), torch.ones(2)
    weights = kernels.packed([identity, torch.zeros(2, 2)], one)

    found = kernels.product(torch.stack([gates, -gates], dim=1), weights)

    expected = F.silu(torch.stack([gates, -gates], dim=1).double())
    torch.testing.assert_close(found.double(), expected, rtol=1e-6, atol=1e-30)


@needs_gcc
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("depth", [96, 50])
def test_a_row_that_is_not_a_number_spoils_no_other_product(dtype: torch.dtype, depth: int) -> None:
    case = Product(dtype, 12, depth, 50, 2)
    expected = case.found()
    case.x[3, 5] = float("nan")

    found = case.found()

    assert found[3].isnan().all()
    others = torch.arange(12) != 3
    assert torch.equal(found[others], expected[others])


@needs_gcc
def test_what_can_not_be_packed_is_left_to_torch() -> None:
    kernels = kernels_for(torch.float32, 64)

    assert not kernels.packs(torch.zeros(4, 4, dtype=torch.bfloat16))
    assert kernels.packs(torch.zeros(4, 4)) == kernels.multiplies


class Logits:
    """Rows of every kind: of equals, of infinities, all ruled out but one, all ruled out."""

    def __init__(self, dtype: torch.dtype, columns: int) -> None:
        generator = torch.Generator().manual_seed(columns)
        rows = torch.randn(40, columns, generator=generator)
        rows[8:16] = rows[8:16].round()  # many equals
        rows[16] = 0.0
        rows[17] = float("-inf")
        rows[18] = float("-inf")
        rows[18, columns // 2] = -3.0
        rows[19, -1] = float("inf")
        rows[20, 0] = rows[20, -1] = float("inf")
        for row in range(24, 40):  # the largest in every corner of a register
            rows[row, (row * 37) % columns] = 9.0
            rows[row, (row * 53 + 1) % columns] = 8.0
        self.numbers = rows.to(dtype)


COLUMNS = [1, 2, 7, 16, 17, 63, 64, 65, 700, 4096, 4097, 9001]


@needs_gcc
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("columns", COLUMNS)
def test_the_two_largest_are_those_of_a_sorted_row(dtype: torch.dtype, columns: int) -> None:
    logits = Logits(dtype, columns).numbers
    kernels = kernels_for(dtype, 64)
    assert kernels.ranks(logits)

    tokens, best, second = kernels.two_largest(logits)

    for row, numbers in enumerate(logits.tolist()):
        ranked = [*sorted(numbers, reverse=True), float("-inf")]
        assert (best[row].item(), second[row].item()) == (ranked[0], ranked[1]), row
        assert tokens[row].item() == numbers.index(ranked[0]), row
    theirs = two_largest(logits)
    assert torch.equal(tokens, theirs[0])
    assert torch.equal(best, theirs[1].float())
    assert torch.equal(second, theirs[2].float())


@needs_gcc
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("columns", COLUMNS)
def test_a_row_with_nan_has_no_largest_and_spoils_no_other(
    dtype: torch.dtype, columns: int
) -> None:
    logits = Logits(dtype, columns).numbers
    kernels = kernels_for(dtype, 64)
    expected = kernels.two_largest(logits)
    for row, column in ((3, 0), (5, columns - 1), (30, columns // 2)):
        logits[row, column] = float("nan")

    tokens, best, second = kernels.two_largest(logits)

    assert best.isnan().nonzero()[:, 0].tolist() == [3, 5, 30]
    assert ((tokens >= 0) & (tokens < columns)).all()
    sound = ~best.isnan()
    for now, before in zip((tokens, best, second), expected, strict=True):
        assert torch.equal(now[sound], before[sound])


@needs_gcc
def test_the_two_largest_are_the_same_with_any_threads() -> None:
    logits = torch.randn(64, 4099)  # enough to be shared
    kernels, before = kernels_for(torch.float32, 64), torch.get_num_threads()
    results = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            results.append(kernels.two_largest(logits))
    finally:
        torch.set_num_threads(before)

    for result in results[1:]:
        assert all(map(torch.equal, result, results[0]))


@needs_gcc
def test_logits_of_another_type_or_order_are_left_to_torch() -> None:
    kernels, logits = kernels_for(torch.bfloat16, 64), torch.zeros(4, 8)

    assert not kernels.ranks(logits)
    assert not kernels.ranks(logits.bfloat16().T)
    assert not kernels.ranks(logits.bfloat16()[None])
    assert kernels.ranks(logits.bfloat16())
