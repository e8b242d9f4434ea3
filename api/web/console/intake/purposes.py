"""What is to be done with a file, from the fields of its form."""

from __future__ import annotations

from typing import TypeVar

from api.intake_port import FileKind, Purpose
from api.web.forms import Form
from ledger.errors import InvalidInput, UnknownWord
from ledger.vocabulary import BatchKind, ReductionClass, Word

W = TypeVar("W", bound=Word)


def purpose_of(form: Form) -> Purpose:
    """Of each kind only its own fields count, whatever else was filled in; `InvalidInput` for one that is wrong."""
    kind = _kind(form.text("kind"))
    if kind is FileKind.OPERATIONS:
        return Purpose(kind=kind, mapping=_given(form, "operations_mapping"))
    if kind is FileKind.FEED:
        return Purpose(kind=kind, mapping=_given(form, "feed_mapping"), activity=_given(form, "activity"))
    batch_kind = _word(BatchKind, form, "batch_kind")
    return Purpose(
        kind=kind,
        mapping=form.text("instructions_mapping"),
        batch_kind=batch_kind,
        reduction_class=_word(ReductionClass, form, "reduction_class"),
        party="" if batch_kind is BatchKind.CANCEL else _given(form, "party"),
    )


def _kind(text: str) -> FileKind:
    if text not in set(FileKind):
        raise UnknownWord("kind", "be one of " + ", ".join(kind.value for kind in FileKind), text)
    return FileKind(text)


def _given(form: Form, name: str) -> str:
    text = form.text(name)
    if not text or len(text) > 128:
        raise InvalidInput(name, "be given, in at most 128 characters", text[:128])
    return text


def _word(words: type[W], form: Form, name: str) -> W:
    return words.from_label(form.text(name), name)
