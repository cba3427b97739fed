"""The command ``jupyter flet``."""

from __future__ import annotations

from jupyter_core.application import JupyterApp

from flet_jupyter.web.serve import FletServe

__all__ = ["FletCommand", "main"]


class FletCommand(JupyterApp):
    """Flet apps and Jupyter."""

    name = "jupyter-flet"
    description = "Serve Flet apps as a website: jupyter flet serve app.py"
    subcommands = {  # noqa: RUF012 - traitlets' own way
        "serve": (FletServe, "Serve apps as a dynamic website."),
    }

    def start(self) -> None:
        """Run the subcommand, or say which there are."""
        super().start()
        if self.subapp is None:
            self.print_help()
            self.exit(2)


main = FletCommand.launch_instance
