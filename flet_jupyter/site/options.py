"""What an option is: its name, where its value may come from, and which value is in force."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast

import traitlets

from flet_jupyter.exceptions import BadOption
from flet_jupyter.site.kinds import FLAG, Kind

T = TypeVar("T")
D = TypeVar("D")

_SHOWN: Final = 100
"""Characters of a bad value that are worth reading."""

_OWNERS: Final = MappingProxyType({"app": "an app", "server": "the server"})

Source: TypeAlias = Literal["explicit", "environment", "configuration"]


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option.

    Attributes
    ----------
    name : str
        Its name in Python and in configuration files.
    per : {"app", "server"}
        Whether each app has a value of its own.
    default : Any
        What holds where nobody says anything.
    kind : Kind
        How its values are written.
    help : str
        A sentence or two that say what it does.
    variable : str or None
        The environment variable.
    flag : str
        The command-line option, dashes included. For one that is true or false, what gives the other value.
    hidden : bool
        Whether its value is a secret: in no message, table or ``repr``.
    """

    name: str
    per: Literal["app", "server"]
    default: Any
    kind: Kind[Any]
    help: str
    variable: str | None
    flag: str
    hidden: bool

    def read(self, value: Any, source: Source) -> Any:
        """Read a value.

        An empty string switches off what has no value by default: given on a command line, it takes back what a
        variable says.

        Raises
        ------
        BadOption
            The value cannot be had; the text says where it came from and what is expected.
        """
        if self.default is None and isinstance(value, str) and not value:
            return None
        try:
            return self.kind.parse(value)
        # A path of an unknown user is a RuntimeError, a number without end an ArithmeticError.
        except (TypeError, ValueError, LookupError, RuntimeError, ArithmeticError):
            raise BadOption(f"{self._blame(value, source)} is not {self.kind.expected}.") from None

    def trait(self) -> traitlets.TraitType[Any, Any]:
        """Make the trait with which a traitlets application offers this option.

        It takes any value. Whoever then calls `site_settings` or `server_settings` gets one sentence about a bad
        one that says where it came from, which a trait does not know.
        """
        text = f"{self.help} Expected: {self.kind.expected}."
        if self.variable:
            text += f" Environment variable: {self.variable}."
        default = list(self.default) if isinstance(self.default, tuple) else self.default
        trait = self.kind.trait(default_value=default, allow_none=self.default is None, help=text)
        return trait.tag(config=True)

    def _blame(self, value: Any, source: Source) -> str:
        # str: traitlets gives strings from the command line as objects with another repr.
        text = repr(str(value) if isinstance(value, str) else value)
        shown = "" if self.hidden else "=" + (text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
        if source == "environment":
            return f"{self.variable}{shown}"
        return f"{self.name}{shown} " + (f"({self.flag})" if source == "explicit" else "in the configuration")


def option(
    default: D,
    kind: Kind[T],
    sentence: str,
    variable: str | None = None,
    *,
    flag: str | None = None,
    hidden: bool = False,
) -> T | D:
    """Make a field of a dataclass an option; the parameters are as in `Option`."""
    metadata = {"kind": kind, "help": sentence, "variable": variable, "flag": flag, "hidden": hidden}
    return cast("T | D", field(default=default, repr=not hidden, metadata=metadata))


def options_of(table: type[Any], per: Literal["app", "server"]) -> Mapping[str, Option]:
    """List the options of a dataclass whose fields were made by `option`, by name."""
    found = {}
    for each in fields(table):
        flag = each.metadata["flag"] or _usual_flag(each.name, each.metadata["kind"], each.default)
        found[each.name] = Option(name=each.name, per=per, default=each.default, **{**each.metadata, "flag": flag})
    return MappingProxyType(found)


def _usual_flag(name: str, kind: Kind[Any], default: Any) -> str:
    return ("--no-" if kind is FLAG and default else "--") + name.replace("_", "-")


def resolve(
    options: Mapping[str, Option],
    elsewhere: Mapping[str, Option],
    *,
    explicit: Mapping[str, Any],
    environ: Mapping[str, str],
    configured: Mapping[str, Any],
) -> dict[str, Any]:
    """Find the value in force of each option that somebody has set; None is as good as not set.

    Parameters
    ----------
    options : mapping of str to Option
        What can be set.
    elsewhere : mapping of str to Option
        What cannot be set here but in another place, for the message about it.
    explicit, environ, configured : mapping
        Values by option name, or by variable name; the first wins over the second, that over the third.

    Raises
    ------
    BadOption
        A name is unknown, or the value in force cannot be had.
    """
    for name in (*explicit, *configured):
        if name not in options:
            raise BadOption(_unknown(str(name), options, elsewhere))
    values = {}
    for name, each in options.items():
        variable = environ.get(each.variable, "") if each.variable else ""
        if explicit.get(name) is not None:
            values[name] = each.read(explicit[name], "explicit")
        elif variable.strip():
            value = each.read(variable, "environment")
            # Only the working directory can be meant; an argument or file may mean the folder of the app.
            values[name] = value.absolute() if isinstance(value, Path) else value
        elif configured.get(name) is not None:
            values[name] = each.read(configured[name], "configuration")
    return values


def _unknown(name: str, options: Mapping[str, Option], elsewhere: Mapping[str, Option]) -> str:
    owner = _OWNERS[next(iter(options.values())).per]
    if name in elsewhere:
        return f"{name} is an option of {_OWNERS[elsewhere[name].per]}, not of {owner}."
    close = difflib.get_close_matches(name, [*options, *elsewhere], n=1)
    return f"{name} is not an option of {owner}" + (f"; did you mean {close[0]}?" if close else ".")


def table(options: Mapping[str, Option]) -> str:
    """Write options as a Markdown table."""
    rows = ["| option | command line | variable | default | values | what it does |", "|---|---|---|---|---|---|"]
    for each in options.values():
        flag = each.flag if each.kind is FLAG else f"{each.flag}=..."
        variable = f"`{each.variable}`" if each.variable else ""
        cells = (f"`{each.name}`", f"`{flag}`", variable, _written(each.default), each.kind.expected, each.help)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _written(default: Any) -> str:
    if default is None or default in ("", ()):
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"
