"""What is known of a class of controls or values: found out once, kept with the class."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from flet_jupyter.core.flet_api import UNSET, BaseControl, Value, validated_fields

__all__ = ["Kind", "has_own_hook", "kind_of"]

_OWN_FIELDS: Final = frozenset(("_i", "_c", "_internals"))
_ATTRIBUTE: Final = "_flet_jupyter_kind"


class Kind:
    """What is known of one dataclass.

    Attributes
    ----------
    cls : type
        The class.
    is_control : bool
        Whether it is a control, else a value.
    tracked : bool
        Whether flet keeps its properties in ``_values`` and the names of changed ones in ``_dirty``; else it is a plain
        dataclass, of which flet notes what was set in ``__changes``.
    hook : function
        ``before_update``.
    has_hook : bool
        Whether ``before_update`` is overridden.
    is_app_hook : bool
        Whether that is the app's own, which is called at each update. Flet's own look at nothing but the control and
        what is in it, so they need not be called while that stays as it is.
    has_rules : bool
        Whether flet validates anything.
    validated : frozenset of str
        Which fields.
    has_class_rules : bool
        Whether it also validates them together.
    builds : bool
        Whether ``build`` is overridden.
    structural : tuple of str
        Fields that flet has no ``Prop`` for: whoever sets these tells nobody.
    order : dict
        All fields that travel, with their place.
    hidden : frozenset of str
        Fields that stay in Python.
    inputs : tuple of str
        Those of them that flet's own hook may read, as that of a button makes what travels of its ``style``.
    events : frozenset of str
        Handlers: all that travels is whether there is one.
    overrides : dict
        Defaults that differ from those of the class that declares the property, which the client knows.
    root_defaults : dict
        Those defaults, as far as they are not None.
    defaults : dict
        Default values of all other fields.
    field_defaults : dict
        Default values of structural fields.
    """

    __slots__ = (
        "builds",
        "cls",
        "defaults",
        "events",
        "field_defaults",
        "has_class_rules",
        "has_hook",
        "has_rules",
        "hidden",
        "hook",
        "inputs",
        "is_app_hook",
        "is_control",
        "order",
        "overrides",
        "root_defaults",
        "structural",
        "tracked",
        "validated",
    )

    def __reduce__(self) -> tuple[Any, ...]:
        return type(None), ()  # cloudpickle takes the class along, which gets to know this anew

    def __init__(self, cls: type) -> None:
        fields = dataclasses.fields(cls)
        self.cls = cls
        self.is_control = issubclass(cls, BaseControl)
        structural = getattr(cls, "_structural_fields", None)
        self.tracked = structural is not None and (self.is_control or issubclass(cls, Value))
        hook = getattr(cls, "before_update", None)
        self.hook = hook
        self.has_hook = self.is_control and hook is not BaseControl.before_update
        self.is_app_hook = self.has_hook and not getattr(hook, "__module__", "").startswith("flet.")
        self.validated, self.has_class_rules = validated_fields(cls) if self.is_control else (frozenset(), False)
        self.has_rules = bool(self.validated) or self.has_class_rules
        self.builds = self.is_control and getattr(cls, "build", None) is not BaseControl.build
        self.hidden = frozenset(field.name for field in fields if field.metadata.get("skip", False))
        self.inputs = (
            tuple(name for name in self.hidden if not name.startswith("_") and name != "data") if self.has_hook else ()
        )
        travelling = [field for field in fields if field.name not in self.hidden]
        self.order = {field.name: place for place, field in enumerate(travelling)}
        # In flet's order, which is that of a set: it decides in which order flet mounts.
        own = _OWN_FIELDS if self.is_control else ()
        self.structural = tuple(name for name in structural or () if name not in own)
        self.events = frozenset(
            field.name for field in travelling if field.name.startswith("on_") and field.metadata.get("event", True)
        )
        self.overrides = {n: v for n, v in getattr(cls, "_override_props", {}).items() if v is not None}
        self.root_defaults = {
            n: v for n, v in getattr(cls, "_root_defaults", {}).items() if v is not None and v is not UNSET
        }
        self.defaults = getattr(cls, "_prop_defaults", {})
        self.field_defaults = {name: _first_default(cls, name) for name in self.structural}


def kind_of(cls: type) -> Kind:
    """Return what is known of a dataclass."""
    kind = getattr(cls, _ATTRIBUTE, None)
    if kind is None or kind.cls is not cls:
        kind = Kind(cls)
        # In the class, so that it goes with it: a cell that is run again makes another.
        type.__setattr__(cls, _ATTRIBUTE, kind)
    return kind


def has_own_hook(control: Any, kind: Kind) -> bool:
    """Tell whether a control has another ``before_update`` than its class had: one was set in it, or in the class."""
    return getattr(control.before_update, "__func__", None) is not kind.hook


def _first_default(cls: type, name: str) -> Any:
    """Return the default of a field in the class that declares it first, as the client knows it."""
    for base in reversed(cls.__mro__):
        field = getattr(base, "__dataclass_fields__", {}).get(name)
        if field is not None:
            return field.default
    return dataclasses.MISSING
