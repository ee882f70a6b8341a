"""The rates of a calibration test, each held to its bound and written down."""

import pytest
from rates import Rates


@pytest.fixture
def rates(request: pytest.FixtureRequest) -> Rates:
    function = getattr(request.node, "originalname", request.node.name)
    return Rates(f"{request.node.path.name}::{function}")
