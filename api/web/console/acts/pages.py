"""Pages of acts: the list of them, and of each the form, the preview and the confirmation.

One page for each act, with three kinds of answer to its form (`step`): `preview` shows what would be signed, `change`
goes back to the form with everything that was typed, `sign` does it. Nothing is kept between them but what the form
carries: the confirmation composes the operation anew and is refused unless it is the one that was shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from api.errors import BodyInvalid
from api.parameters import Parameter, plain_text
from api.web.console.acting import known_record, operation_id_of_form, perform, perform_as_holder
from api.web.console.acts.choices import choices_of
from api.web.console.acts.errors import ActDoneOtherwise, HolderActs
from api.web.console.acts.fields import Trouble
from api.web.console.acts.forms import WHOLE, Asked, Filled, read_form, troubles_of
from api.web.console.acts.outlook import told
from api.web.console.acts.preview import Preview, check_shown, composed, look_at, typed_again
from api.web.console.acts.tables import ACTS, HOLDER_ACTS, Act, Weight
from api.web.console.acts.words import argument_label, readable, word_of_value
from api.web.console.routes import ConsoleRoute
from api.web.console.visits import Page, SeeOther, Visit
from api.web.frame.rules import rule_in
from chain.operations import Operation
from ledger.errors import InvalidInput, OperationConflict, Refused, Unavailable
from ledger.ids import Address

STEP: Final = "step"
SIGN, CHANGE = "sign", "change"
AGAIN: Final = "again"
_UNPROCESSABLE: Final = 422


def show_list(visit: Visit) -> Page:
    """The acts that this session may begin, by group."""
    actor = visit.actor
    groups: dict[str, list[Act]] = {}
    for act in (*ACTS.values(), *HOLDER_ACTS.values()):
        of_body = not act.own and act.role is actor.acting_as and act.route.scope in actor.scopes
        if of_body or (act.own and _is_holder(visit)):
            groups.setdefault(act.group, []).append(act)
    return Page("console/acts/list.html", {"groups": groups})


def show(act: Act, visit: Visit) -> Page:
    """The form: empty, filled in by the address that leads here, or as it was typed before."""
    given = visit.form.text if visit.form.given else lambda name: visit.arguments.get(name) or ""
    text = _with_own(act, visit, given)
    return form_page(act, visit, {field.name: text(field.name) for field in act.fields}, {})


def take(act: Act, visit: Visit) -> Page | SeeOther:
    """What comes of the form."""
    filled = read_form(act, _with_own(act, visit, visit.form.text))
    step = visit.form.text(STEP)
    if step == CHANGE:
        return form_page(act, visit, filled.typed, {})
    if filled.asked is None:
        return _to_mend(filled, visit, filled.troubles)
    try:
        operation = compose_for(act, filled.asked, visit)
    except (InvalidInput, BodyInvalid) as error:
        return _to_mend(filled, visit, troubles_of(act, error))
    return sign(filled, operation, visit) if step == SIGN else preview_page(filled, operation, visit)


def compose_for(act: Act, asked: Asked, visit: Visit) -> Operation:
    """The operation of this form in this session."""
    return composed(
        act,
        asked,
        operation_id_of_form(visit),
        sender=signer_of(act, visit),
        session_secret=visit.session_id,
        saved=known_record(visit),
    )


def signer_of(act: Act, visit: Visit) -> Address:
    """Whose key signs: the body's, or the holder's own. Raises what `Visit.require` raises, and `HolderActs`."""
    if not act.own:
        return visit.require(act.route.scope)
    if visit.actor.address is None or not _is_holder(visit):
        raise HolderActs
    return visit.actor.address


def _is_holder(visit: Visit) -> bool:
    return visit.actor.has_wallet and visit.actor.acting_as is None


def _with_own(act: Act, visit: Visit, text: Callable[[str], str]) -> Callable[[str], str]:
    """What was typed; of a holder's act the own account, whatever was."""
    if not act.own:
        return text
    own = signer_of(act, visit).hex0x
    return lambda name: own if name == act.own else text(name)


def sign(filled: Filled, operation: Operation, visit: Visit) -> Page | SeeOther:
    """Does what was shown, and nothing else. Raises `ActDiffers`, `ActDoneOtherwise`, and what `perform` raises."""
    form = visit.form
    check_shown(
        operation,
        operation_id=form.text("operation_id"),
        calldata=form.text("calldata_hash"),
        signer=form.text("signer"),
    )
    preview = look(filled, operation, visit)
    if not typed_again(preview.again, form.text(AGAIN)):
        return _preview_page(preview, filled, visit, wrong=True)
    try:
        if filled.act.own:
            return perform_as_holder(visit, lambda *_: operation)
        return perform(visit, filled.act.route.scope, lambda *_: operation)
    except OperationConflict:
        raise ActDoneOtherwise(operation.id) from None


def look(filled: Filled, operation: Operation, visit: Visit) -> Preview:
    """What is shown of an operation."""
    assert filled.asked is not None  # noqa: S101 - it was composed of it
    with visit.snapshot() as snapshot:
        return look_at(filled.act, filled.asked, operation, snapshot)


def preview_page(filled: Filled, operation: Operation, visit: Visit) -> Page:
    """What would be signed, with what the ledger says to it now."""
    return _preview_page(look(filled, operation, visit), filled, visit, wrong=False)


def _preview_page(preview: Preview, filled: Filled, visit: Visit, *, wrong: bool) -> Page:
    refusal, unasked = _asked_of_the_ledger(preview.operation, visit)
    words, language = visit.asked.words, visit.language
    values = {
        "act": filled.act,
        "preview": preview,
        "typed": {name: text for name, text in filled.typed.items() if text},
        "statements": [(one.tone, told(words, language, one.text, one.values)) for one in preview.outlook.statements],
        "changes": [(told(words, language, one.text, one.values), one) for one in preview.outlook.changes],
        "refused": None if refusal is None else visit.console.problems.said(refusal, language),
        "refusal": None if refusal is None else refusal.details(),
        "unasked": unasked,
        "wrong": wrong,
        "label": partial(argument_label, words),
        "readable": readable,
        "word_of": partial(word_of_value, language),
        "final": filled.act.weight is Weight.FINAL,
    }
    refused = wrong or refusal is not None
    return Page("console/acts/preview.html", values, _UNPROCESSABLE if refused else 200, kept=False)


def _asked_of_the_ledger(operation: Operation, visit: Visit) -> tuple[Refused | None, bool]:
    """Its refusal, if there is one, and whether it could not be asked."""
    try:
        visit.console.chain.try_operation(operation)
    except Refused as refusal:
        return refusal, False
    except Unavailable:
        return None, True
    return None, False


def form_page(
    act: Act, visit: Visit, typed: Mapping[str, str], troubles: Mapping[str, Trouble], status: int = 200
) -> Page:
    """The form of an act. Of one whose fields depend on a purpose, the choice of the purpose first."""
    purpose = typed.get("purpose", "")
    words = visit.asked.words
    said = {name: trouble_text(words, visit.language, one) for name, one in troubles.items()}
    if act.asks_purpose_first and purpose not in act.fields[0].options:
        carried = {name: text for name, text in typed.items() if text and name != "purpose"}
        return Page("console/acts/purpose.html", {"act": act, "field": act.fields[0], "carried": carried}, kept=False)
    with visit.snapshot() as snapshot:
        choices = choices_of(act, snapshot, typed, visit.language)
    values = {
        "act": act,
        "fields": act.fields_for(purpose),
        "typed": typed,
        "troubles": said,
        "whole": said.get(WHOLE),
        "purpose": purpose if act.asks_purpose_first else "",
        "final": act.weight is Weight.FINAL,
        **choices,
    }
    return Page("console/acts/form.html", values, status, kept=False)


def trouble_text(words: Mapping[str, str], language: str, trouble: Trouble) -> str:
    """What is wrong with a field, with the rule in the reader's language where it is known in it."""
    values = dict(trouble.values)
    if "rule" in values:
        values["rule"] = rule_in(values["rule"], language)[0]
    return words[trouble.text].format(**values)


def _to_mend(filled: Filled, visit: Visit, troubles: Mapping[str, Trouble]) -> Page:
    return form_page(filled.act, visit, filled.typed, troubles, _UNPROCESSABLE)


def _prefilled(act: Act) -> tuple[Parameter, ...]:
    """Every field may be filled in by the address that leads to the form, for links from other pages."""
    return tuple(Parameter(field.name, "query", "", plain_text, {}, None) for field in act.fields)


def _route(act: Act) -> ConsoleRoute:
    return ConsoleRoute(
        act.path,
        f"act_{act.name}",
        partial(show, act),
        partial(take, act),
        scope=None if act.own else act.route.scope,
        parameters=_prefilled(act),
    )


PAGES: Final = (
    ConsoleRoute("/console/acts", "acts", show_list, menu=True),
    *(_route(act) for act in (*ACTS.values(), *HOLDER_ACTS.values())),
)
