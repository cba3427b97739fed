"""Benchmarks in a real JupyterLab and Chromium: `make bench`, or `python -m tests.bench NAME...`."""
