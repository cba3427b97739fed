"""Flet in a notebook: magics, widget, display hooks, output capture."""
