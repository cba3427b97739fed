"""The kernel's one runtime: a kernel has one IPython shell, and apps belong to it."""

from __future__ import annotations

import functools

from IPython.core.getipython import get_ipython

from flet_jupyter.notebook.runtime import KernelRuntime

__all__ = ["kernel_runtime"]


@functools.cache
def kernel_runtime() -> KernelRuntime:
    """Return the runtime of this kernel, made when first asked for."""
    return KernelRuntime(get_ipython())
