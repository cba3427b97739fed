"""What an app needs, as far as its files say it; the rest is seen in a browser."""

from __future__ import annotations

import sys

import pytest

from flet_jupyter.exceptions import AppFileError
from flet_jupyter.notebook.in_browser import _declared, without_installs


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Pyodide's Python is newer")
def test_the_dependencies_of_a_script_are_those_of_its_metadata() -> None:
    block = (
        '# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n#   "humanize<5",\n#   "rich",\n# ]\n# ///\n'
    )
    assert _declared("#!/usr/bin/env python\n" + block + "import rich\n") == ["humanize<5", "rich"]
    assert _declared("import rich\n") == []
    assert _declared("# /// script\n# ///\n") == []


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Pyodide's Python is newer")
@pytest.mark.parametrize("line", ['dependencies = "rich"', "dependencies = [1]", "dependencies = ["])
def test_dependencies_that_make_no_sense_are_told(line: str) -> None:
    with pytest.raises(AppFileError, match="dependencies at the top of the script"):
        _declared(f"# /// script\n# {line}\n# ///\n")


def test_a_cell_without_its_installs_has_the_same_lines() -> None:
    cell = "%pip install -q one\nimport one\n    %pip install two\nprint('%pip install three')\n%piplite"
    assert without_installs(cell) == "\nimport one\n\nprint('%pip install three')\n%piplite"
