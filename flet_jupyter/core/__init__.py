"""The session core: Flet apps live here, free of any I/O library.

Bytes go in through :meth:`Link.receive <flet_jupyter.core.link.Link.receive>` and come out through
the function that a transport gave to its link. Nothing here waits for a socket.
"""
