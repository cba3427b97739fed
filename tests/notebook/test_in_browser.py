"""What an app needs, as far as its files say it; the rest is seen in a browser."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from flet_jupyter.exceptions import AppFileError
from flet_jupyter.notebook.in_browser import declared_in, packages_of

if TYPE_CHECKING:
    from pathlib import Path

newer = pytest.mark.skipif(sys.version_info < (3, 11), reason="needs tomllib, as Pyodide has it")


@newer
def test_the_dependencies_of_a_script_are_those_of_its_metadata() -> None:
    block = (
        '# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n#   "humanize<5",\n#   "rich",\n# ]\n# ///\n'
    )
    assert declared_in("#!/usr/bin/env python\n" + block + "import rich\n", "a.py") == ["humanize<5", "rich"]
    assert declared_in("import rich\n", "a.py") == []
    assert declared_in("# /// script\n# ///\n", "a.py") == []


@newer
def test_what_the_site_has_itself_is_not_asked_for() -> None:
    block = '# /// script\n# dependencies = ["flet[all]==1.0.0", "Flet_Jupyter", "flet-map", "rich"]\n# ///\n'
    assert declared_in(block, "a.py") == ["flet-map", "rich"]


@newer
@pytest.mark.parametrize("line", ['dependencies = "rich"', "dependencies = [1]", "dependencies = ["])
def test_dependencies_that_make_no_sense_are_told(line: str) -> None:
    with pytest.raises(AppFileError, match=r"dependencies at the top of a\.py"):
        declared_in(f"# /// script\n# {line}\n# ///\n", "a.py")


def test_packages_are_found_in_the_app_and_in_the_modules_that_it_imports(tmp_path: Path) -> None:
    for name, source in {
        "helper.py": "import pandas as pd, os\nimport helper",
        "part/__init__.py": "from . import inner",
        "part/inner.py": "from .deep.er import value\nfrom ..helper import thing",
        "part/deep/er.py": "import scipy.stats",
        "part/test_part.py": "import pytest",
        "os/large.py": "import torch",
        "broken.py": "import (",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    source = (
        "import os\nimport helper, broken\ndef later():\n    from part import inner\nfrom numpy.linalg import norm\n"
    )
    assert packages_of(source, tmp_path) == {"numpy", "pandas", "scipy"}
    assert packages_of("import (", tmp_path) == set()
