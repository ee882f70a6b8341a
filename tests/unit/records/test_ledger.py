from evalsuite.records.codec import from_json, to_line
from evalsuite.records.ledger import LedgerLine


def test_a_line_comes_back_as_it_was_written() -> None:
    line = LedgerLine(questions="a", models=("b", "c"), settings="d", design="planned", seed=3)

    assert from_json(LedgerLine, to_line(line)) == line
