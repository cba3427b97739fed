"""Where the tags of an HTML page are, so that some can be replaced and the rest stays as it is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from typing import TypeAlias

__all__ = ["Comment", "Edit", "Element", "Markup", "Tag", "apply", "start_tag"]

Edit: TypeAlias = tuple[int, int, str]
"""Replace what is between two places by a text."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A start tag.

    Attributes
    ----------
    name : str
        In lower case.
    attributes : dict of str to str
        By lower-case name, with references such as ``&amp;`` resolved; empty where there is no value.
    start, stop : int
        Where it begins, and where what follows it does.
    """

    name: str
    attributes: dict[str, str]
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment: its text and place."""

    text: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Element:
    """An element with its text: start tag, what is between, and where what follows the end tag begins."""

    tag: Tag
    text: str
    stop: int


class Markup(HTMLParser):
    """The places in a page, whatever its case, quotes and order of attributes.

    Parameters
    ----------
    html : str
        The page. What stands in comments and scripts is no tag.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.html = html
        self.tags: list[Tag] = []
        self.comments: list[Comment] = []
        self._ends: list[tuple[int, str]] = []
        self._doctype = 0
        self._lines = [0]
        for line in html.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)
        self.feed(html)
        self.close()

    @property
    def head_start(self) -> int:
        """Where the content of the head begins, written or implied."""
        by_name = {tag.name: tag.stop for tag in reversed(self.tags)}
        return by_name.get("head", by_name.get("html", self._doctype))

    @property
    def head_stop(self) -> int:
        """Where the head's end tag is; without one, where the body begins or else the head does."""
        ends = [start for start, name in self._ends if name == "head"]
        bodies = [tag.start for tag in self.tags if tag.name == "body"]
        return (ends or bodies or [self.head_start])[0]

    @property
    def scripts(self) -> Iterable[Element]:
        """The scripts, in order."""
        return [self._whole(tag) for tag in self.tags if tag.name == "script"]

    def element(self, name: str) -> tuple[int, int] | None:
        """Give the place of the first element of that name, tags included."""
        for tag in self.tags:
            if tag.name == name:
                return tag.start, self._whole(tag).stop
        return None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a start tag."""
        start = self._place()
        # The first of two attributes with one name counts.
        attributes = {name: value or "" for name, value in reversed(attrs)}
        self.tags.append(
            Tag(tag, dict(reversed(attributes.items())), start, start + len(self.get_starttag_text() or ""))
        )

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a start tag written as in XML."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Note an end tag."""
        self._ends.append((self._place(), tag))

    def handle_comment(self, data: str) -> None:
        """Note a comment."""
        start = self._place()
        self.comments.append(Comment(data, start, self._after(">", start + len(data) + len("<!--"))))

    def handle_decl(self, decl: str) -> None:  # noqa: ARG002 (its place is enough)
        """Note the document type."""
        self._doctype = self._after(">", self._place())

    def _whole(self, tag: Tag) -> Element:
        ends = self._ends[bisect_left(self._ends, (tag.stop, "")) :]
        end = next((start for start, name in ends if name == tag.name), len(self.html))
        return Element(tag, self.html[tag.stop : end], self._after(">", end))

    def _after(self, text: str, place: int) -> int:
        found = self.html.find(text, place)
        return len(self.html) if found < 0 else found + len(text)

    def _place(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column


def start_tag(name: str, attributes: Mapping[str, str]) -> str:
    """Write a start tag; the values are plain text."""
    written = [f'{key}="{escape(value)}"' if value else key for key, value in attributes.items()]
    return f"<{' '.join([name, *written])}>"


def apply(html: str, edits: Iterable[Edit]) -> str:
    """Make the edits, which do not overlap; those at one place follow each other in the order given."""
    parts = []
    done = 0
    for start, stop, text in sorted(edits, key=lambda edit: edit[:2]):
        parts += [html[done:start], text]
        done = stop
    return "".join([*parts, html[done:]])
