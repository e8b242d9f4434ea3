"""A filled-in form of an act: what was typed, what of it is not taken, and what is asked for if all of it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from api.errors import BodyInvalid
from api.parameters import Arguments
from api.schemas.writes import RecordedBody
from api.web.console.acts.fields import Field, NotTaken, Place, Trouble, read_field
from api.web.console.acts.tables import Act
from api.web.texts import visible
from api.writing import validated
from ledger.errors import InvalidInput, Json

WHOLE: Final = ""
"""Under which a trouble stands that is no single field's."""


class Asked(NamedTuple):
    """What the route is asked for: ids of the path, and the body as the API reads it."""

    arguments: Arguments
    body: RecordedBody


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent. Either `troubles` says what is not taken, by field, or `asked` is there."""

    act: Act
    typed: Mapping[str, str]
    troubles: Mapping[str, Trouble]
    asked: Asked | None

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields that this form has."""
        return self.act.fields_for(self.typed.get("purpose"))


def read_form(act: Act, text: Callable[[str], str]) -> Filled:
    """Reads a form; `text` gives what was typed into a field. Every field is looked at, so that all that is wrong is
    said at once.
    """
    typed = {one.name: text(one.name) for one in act.fields}
    troubles: dict[str, Trouble] = {}
    read: dict[Place, dict[str, Json]] = {place: {} for place in Place}
    for field in act.fields_for(typed.get("purpose")):
        try:
            value = read_field(field, typed[field.name])
        except NotTaken as error:
            troubles[field.name] = error.trouble
            continue
        if value is not None:
            read[field.place][field.name] = value
    if troubles:
        return Filled(act, typed, troubles, None)
    try:
        return Filled(act, typed, {}, _asked(act, read))
    except (InvalidInput, BodyInvalid) as error:
        return Filled(act, typed, troubles_of(act, error), None)


def _asked(act: Act, read: Mapping[Place, Mapping[str, Json]]) -> Asked:
    further: Any = read[Place.FIELDS].get("fields", {})
    if twice := sorted(further.keys() & read[Place.RECORD].keys()):
        raise InvalidInput("fields", f"not say again what the form asks: {', '.join(twice)}", twice)
    body = validated({**read[Place.BODY], "fields": {**further, **read[Place.RECORD]}}, act.route.body)
    path = {one.name: one.parse(str(read[Place.PATH][one.name]), one.name) for one in act.route.parameters}
    return Asked(path, body)


def troubles_of(act: Act, error: InvalidInput | BodyInvalid) -> dict[str, Trouble]:
    """What the API's own checks say, at the fields that they speak of."""
    found = (
        [(error.field, error.rule)]
        if isinstance(error, InvalidInput)
        else [(one.field, one.rule) for one in error.errors]
    )
    return {
        _field_name(act, name): Trouble("acts_wrong_rule", {"rule": visible(rule), "field": visible(name)})
        for name, rule in found
    }


def _field_name(act: Act, told: str) -> str:
    last = told.removeprefix("fields.")
    for field in act.fields:
        if last in {field.name, *field.told_as}:
            return field.name
    return "fields" if told.startswith("fields") else WHOLE
