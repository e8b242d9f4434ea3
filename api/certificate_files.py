"""A certificate as a file: its bundle, shown as narrowly as is asked, and its PDF. Routes and commands make it here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import lru_cache

from api.errors import CertificateIsPersonal, CertificateUnverified
from api.log_keys import LogKeys
from api.repository.log import TileNodes
from api.repository.snapshots import Snapshot
from api.web.certificate_check import Outcome, check
from api.web.certificate_pdf import Fonts, make_pdf
from indexer import certificate_bundles
from indexer.certificate_bundles import Draft
from ledger.bundle import Bundle
from ledger.entries import ACCOUNT, DETAILS, EntryProof
from ledger.errors import InvalidInput, InvalidRecord, ProofMismatch
from ledger.records import FIELD_NAMES

PROJECT = "project"
"""What the opening of a lot is called where somebody asks to hide it."""

PERSONAL_FIELDS = (ACCOUNT, DETAILS)


def public_draft(snapshot: Snapshot, number: int) -> Draft:
    """What anyone may have of a certificate; `NotFound`, or `CertificateIsPersonal`."""
    draft = certificate_bundles.draft(snapshot, TileNodes(snapshot), number)
    if draft.personal:
        raise CertificateIsPersonal(number)
    return draft


def public_bundle(snapshot: Snapshot, number: int, hide: Iterable[str] = ()) -> bytes:
    """The bundle that anyone may have, without the fields that are to be hidden."""
    return narrowed(public_draft(snapshot, number).to_bytes(), hide)


def personal_bundle(draft: Draft, proof: EntryProof, *, disclose: Iterable[str], hide: Iterable[str] = ()) -> bytes:
    """The bundle of a person's certificate, which shows of the entry what is disclosed and nothing else."""
    bundle = read_bundle(draft.to_bytes(proof))
    return _hidden(bundle.hide(entry_fields=set(PERSONAL_FIELDS) - set(disclose)), hide).to_bytes()


def disclosed_bundle(draft: Draft, public: Draft, *, disclose: Iterable[str], hide: Iterable[str] = ()) -> bytes:
    """The bundle that shows what anyone may see, and what the operator discloses besides. `draft` has the record whole.

    `InvalidInput` for a name that the record does not have.
    """
    bundle, shown = read_bundle(draft.to_bytes()), set(disclose)
    if bundle.record is None:
        if shown:
            raise InvalidInput("disclose", "name fields of a record that is kept here", ",".join(sorted(shown)))
        return narrowed(draft.to_bytes(), hide)
    fields = set(bundle.record.values)
    if not shown <= fields:
        raise InvalidInput(
            "disclose", f"name what the record holds: {', '.join(sorted(fields))}", ",".join(sorted(shown))
        )
    seen = read_bundle(public.to_bytes()).record
    kept = shown | {FIELD_NAMES} | (set() if seen is None else set(seen.values))
    return _hidden(bundle.hide(fields - kept), hide).to_bytes()


def require_verified(snapshot: Snapshot, draft: Draft, data: bytes) -> None:
    """Raises `ProofMismatch` unless a bundle verifies against the mirror that it was made of."""
    finding = check(snapshot, data, None, signed=draft.signed, contradictions=draft.contradictions)
    if finding.failed is not None:
        raise ProofMismatch(f"step {finding.failed.number}, {finding.failed.name}", finding.reason.rstrip("."))
    for one in finding.contradictions:
        reason = f"{one.column} of {one.table} is {one.found}, and the leaf says {one.leaf}"
        raise ProofMismatch("index", reason)


def narrowed(data: bytes, hide: Iterable[str]) -> bytes:
    """The same bundle without these fields of its record; `project` stands for the lot's origin. Proves as much.

    `InvalidInput` for a name that the record does not have, and for `field_names`, without which nothing is proved.
    """
    names = list(hide)
    return _hidden(read_bundle(data), names).to_bytes() if names else data


def read_bundle(data: bytes) -> Bundle:
    """A bundle from its bytes; `InvalidInput` for anything else. Nothing is verified."""
    return Bundle.from_bytes(data)


def bundle_hash(data: bytes) -> str:
    """SHA-256 of a bundle's bytes, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _hidden(bundle: Bundle, hide: Iterable[str]) -> Bundle:
    names = set(hide)
    known = set() if bundle.record is None else set(_field_names(bundle))
    lot = PROJECT in names
    try:
        return bundle.hide(names if PROJECT in known else names - {PROJECT}, lot=lot)
    except InvalidRecord:
        allowed = ", ".join([*sorted(known - {FIELD_NAMES}), PROJECT])
        raise InvalidInput("hide", f"name what the record holds: {allowed}", ",".join(sorted(names))) from None


def _field_names(bundle: Bundle) -> list[str]:
    names = bundle.record.values.get(FIELD_NAMES) if bundle.record is not None else None
    return [str(name) for name in names] if isinstance(names, list) else []


class PdfMaker:
    """Makes PDFs of bundles that verify, and keeps those made last of what anyone may have."""

    def __init__(self, public_url: str, font_folder: str | None, log_keys: LogKeys | None) -> None:
        self._public_url = public_url
        self._font_folder = font_folder
        self._log_keys = log_keys
        self._made = lru_cache(maxsize=64)(self.make)

    def of_certificate(self, snapshot: Snapshot, number: int, hide: Iterable[str] = ()) -> bytes:
        """The PDF of what anyone may have; `CertificateUnverified` where what the index says does not verify."""
        draft = public_draft(snapshot, number)
        data = narrowed(draft.to_bytes(), hide)
        self._require_verified(snapshot, number, draft, data)
        return self._made(data)

    def of_person(self, snapshot: Snapshot, number: int, draft: Draft, data: bytes) -> bytes:
        """The PDF of a person's bundle, which is kept nowhere; `CertificateUnverified` as above."""
        self._require_verified(snapshot, number, draft, data)
        return self.make(data)

    def _require_verified(self, snapshot: Snapshot, number: int, draft: Draft, data: bytes) -> None:
        finding = check(snapshot, data, self._log_keys, signed=draft.signed, contradictions=draft.contradictions)
        if finding.outcome is not Outcome.VERIFIED:
            step = finding.failed
            raise CertificateUnverified(number, "index" if step is None else f"{step.number} {step.name}")

    def make(self, data: bytes) -> bytes:
        """The PDF of a bundle, whatever it proves."""
        return make_pdf(read_bundle(data), data, public_url=self._public_url, fonts=Fonts.at(self._font_folder))
