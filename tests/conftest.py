"""What tests of several parts use."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings

# How long an example takes is the machine's affair.
settings.register_profile("steady", deadline=None)
# For `make fuzz`: see CONTRIBUTING.md.
settings.register_profile("fuzz", deadline=None, max_examples=int(os.environ.get("EXAMPLES", "100000")))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@pytest.fixture
def app_file(tmp_path: Any) -> Callable[..., Any]:
    """Write an app file and others beside it."""

    def write(source: str, name: str = "app.py", **beside: str) -> Any:
        for other, text in beside.items():
            (tmp_path / f"{other}.py").write_text(text)
        path = tmp_path / name
        path.write_text(source)
        return path

    return write
