"""How a server starts kernels: as ever, but those of panels at once if a process is in reserve."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any, ClassVar, Final

from jupyter_client.provisioning.factory import KernelProvisionerFactory
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from flet_jupyter.core.panel_sessions import SUFFIX, VARIABLE

if TYPE_CHECKING:
    from flet_jupyter.kernels.preheater import Preheater

__all__ = ["PanelProvisioner"]

_NAME: Final = "flet-jupyter"
"""The name of the entry point."""


class PanelProvisioner(LocalProvisioner):
    """jupyter-client's own provisioner, for the kernels of panels with a :class:`Preheater`.

    A kernel that is restarted starts as ever. Whoever is connected to it takes a tenth of a second or more to hear it
    again (ZeroMQ looks for it that often), and would miss what one says that is there at once.

    All kernels of the server go through it; for others than panels' it is what it inherits from. A notebook's kernel
    would find modules imported that its cells had not asked for.
    """

    preheater: ClassVar[Preheater | None] = None
    _has_launched = False

    @classmethod
    def use(cls, preheater: Preheater, config_of: Any) -> None:
        """Start this server's kernels so, unless its configuration names another provisioner, or it has none.

        Parameters
        ----------
        preheater : Preheater
            What starts the kernels of panels.
        config_of : traitlets.config.Configurable
            What has the configuration, if it has not been read yet.
        """
        factory = KernelProvisionerFactory.instance(parent=config_of)
        # Windows has no way for a process to become another, nor for another's interrupts to reach it.
        if sys.platform == "win32" or _NAME not in factory.provisioners:
            return
        if factory.default_provisioner_name == "local-provisioner":
            factory.default_provisioner_name = _NAME
        cls.preheater = preheater

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Launch a kernel."""
        process = None if self._has_launched else self._preheated(cmd, **self._scrub_kwargs(kwargs))
        self._has_launched = True
        if process is None:
            return await super().launch_kernel(cmd, **kwargs)
        # What it does with one that it has started itself.
        self.process = process
        self.pid = process.pid
        with contextlib.suppress(OSError):  # it may have ended already
            self.pgid = os.getpgid(process.pid)
        self.cwd = kwargs.get("cwd")
        return self.connection_info

    def _preheated(self, cmd: list[str], *, env: Any = None, cwd: Any = None, **others: Any) -> Any:
        if self.preheater is None or others or not (env or {}).get(VARIABLE, "").endswith(SUFFIX):
            return None
        return self.preheater.launch(cmd, env, None if cwd is None else str(cwd))
