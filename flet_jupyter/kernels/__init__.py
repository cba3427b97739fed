"""Kernels that a server starts for apps."""

from __future__ import annotations

from flet_jupyter.kernels.preheater import Preheater
from flet_jupyter.kernels.provisioner import PanelProvisioner

__all__ = ["PanelProvisioner", "Preheater"]
