"""A page of the console with its form: what every one of them has in common, whatever it is about.

For each request, in this order: the session, or the way to the login; of a form, that it is small, that it was on a
page of this instance (`check_origin`), that it has the session's secret (`csrf`); then whether the session may take the
step (`scope`), and only then the page's own functions, in a thread. A member of the error tree that `act` raises
becomes the same page again, filled in as it was, with what is wrong at its head; what `act` did is told by another page
(303), so that a reload repeats nothing. Nothing of it is kept by anyone's cache.

To write a page::

    def show(visit: Visit) -> Page:
        with visit.snapshot() as snapshot:
            return Page("console/freeze_lot.html", {"lot": read_lot(snapshot, visit.arguments)})

    def act(visit: Visit) -> SeeOther:
        return perform(visit, KeyScope.FREEZES_WRITE, lambda composer, operation_id: composer.freeze_lot(...))

    PAGES = (ConsoleRoute("/console/lots/{lot_id}/freeze", "freeze_lot", show, act, scope=KeyScope.FREEZES_WRITE,
                          parameters=(LOT,)),)

and in the template::

    {% extends "console/base.html" %}
    {% import "console/parts.html" as console with context %}
    {% block page %} … {% call console.form("/console/lots/…/freeze") %} fields {% endcall %} … {% endblock %}

Besides the frame's values every template has: `actor` and `standings` (who, and the bodies that they may choose),
`acting` (the standing of the body that the session acts as, or None), `csrf`, `form_id`, `typed` (what was typed:
`typed.text("code")`), `problem` (a `Said` about the form, or None) and `console_menu`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.auth import KeyScope
from api.parameters import Parameter
from api.web.console.console import Console
from api.web.console.visits import Page, SeeOther, Visit
from api.web.forms import Form
from api.web.frame.asked import Asked

Show = Callable[[Visit], Page | SeeOther]
Act = Callable[[Visit], SeeOther | Page]


@dataclass(frozen=True, slots=True)
class ConsoleRoute:
    """`show` makes the page; `act` takes its form and raises, or says where to go on, or answers with another page: the
    preview of what would be done. `scope`: the step that the page is for, where it is for one; without it, `act` has to
    ask `Visit.require` itself. `menu`: the page stands in the console's menu for whoever may take its step, as
    `console_menu_{name}` of the locales.
    """

    path: str
    name: str
    show: Show
    act: Act | None = None
    scope: KeyScope | None = None
    parameters: tuple[Parameter, ...] = ()
    menu: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A request before a login. `session_id` is what the browser brought, of whatever session; `host` its address."""

    console: Console
    asked: Asked
    arguments: Mapping[str, Any]
    form: Form
    session_id: str | None
    host: str


@dataclass(frozen=True, slots=True)
class OpenRoute:
    """A page without a session. Its form has no secret, for there is no session to have one: what the browser says of
    where the form was (`check_origin`) keeps other sites from logging anyone in.
    """

    path: str
    name: str
    show: Callable[[Stranger], Page]
    act: Callable[[Stranger], SeeOther | Page] | None = None
    parameters: tuple[Parameter, ...] = ()
