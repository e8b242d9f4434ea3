"""The bundle: one JSON document that proves one cancellation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from ledger.bundle import reading
from ledger.bundle.certificates import Certificate, PointsCertificate, ReductionCertificate, read_certificate
from ledger.bundle.parts import DeploymentIdentity, Leaf, Proof, read_proof
from ledger.canonical import canonical_json, parse_canonical
from ledger.entries import EntryProof
from ledger.errors import InvalidBundle, Json
from ledger.ids import Hash32
from ledger.records import Disclosure

TYPE = "tanpuhui-certificate"
FORMAT = 1
MAX_BUNDLE_BYTES = 1 << 20
MAX_BUNDLE_DEPTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One cancellation with its record and its proof. Says nothing until `ledger.verifier` has verified it."""

    deployment: DeploymentIdentity
    certificate: Certificate
    record: Disclosure | None
    leaf: Leaf
    entry: EntryProof | None
    """Of a person's points, and of nothing else."""
    proof: Proof

    NAMES: ClassVar[tuple[str, ...]] = (
        "type",
        "format",
        "deployment",
        "certificate",
        "record",
        "leaf",
        "entry",
        "proof",
    )
    NAMES_WITHOUT_ENTRY: ClassVar[tuple[str, ...]] = tuple(name for name in NAMES if name != "entry")

    def __post_init__(self) -> None:
        if (self.entry is not None) != isinstance(self.certificate, PointsCertificate):
            kind = self.certificate.KIND
            raise InvalidBundle("entry", "be in a bundle of points, and in no other", f"one of {kind}")

    def hide(self, names: Iterable[str] = (), *, entry_fields: Iterable[str] = (), lot: bool = False) -> Bundle:
        """The same bundle that shows less: without these fields of the record, of the entry, and the lot's opening.

        `InvalidRecord` for a name that the record or entry does not have, and for `field_names`, which no bundle hides.
        What is hidden already stays hidden.
        """
        record, entry, certificate = self.record, self.entry, self.certificate
        if record is not None:
            record = record.hide(names)
        if entry is not None:
            entry = replace(entry, entry=entry.entry.hide(entry_fields))
        if lot and isinstance(certificate, ReductionCertificate):
            certificate = replace(certificate, lot=None)
        return replace(self, record=record, entry=entry, certificate=certificate)

    def to_json(self) -> dict[str, Json]:
        """The document."""
        document: dict[str, Json] = {
            "type": TYPE,
            "format": FORMAT,
            "deployment": self.deployment.to_json(),
            "certificate": self.certificate.to_json(),
            "record": None if self.record is None else self.record.to_json(),
            "leaf": self.leaf.to_json(),
            "proof": self.proof.to_json(),
        }
        if self.entry is not None:
            document["entry"] = self.entry.to_json()
        return document

    def to_bytes(self) -> bytes:
        """The document's RFC 8785 bytes; `InvalidJson` for a record that shows what is nested too deep for a bundle."""
        return canonical_json(self.to_json(), max_depth=MAX_BUNDLE_DEPTH)

    @property
    def hash(self) -> Hash32:
        """SHA-256 of the bytes."""
        return Hash32(hashlib.sha256(self.to_bytes()).digest())

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Reads what `to_bytes` wrote; `InvalidJson`, `InvalidBundle` or another `InvalidInput` for anything else."""
        return cls.from_json(parse_bundle(data))

    @classmethod
    def from_json(cls, document: Json) -> Self:
        """Reads what `to_json` wrote; `InvalidBundle` or another `InvalidInput` for anything else.

        What was read has to make the same document again, so that nothing is spelled in two ways: hexadecimal digits of
        records and entries in upper case, among others.
        """
        points = isinstance(document, dict) and "entry" in document
        given = reading.members("bundle", document, cls.NAMES if points else cls.NAMES_WITHOUT_ENTRY)
        if given["type"] != TYPE:
            raise InvalidBundle("type", f"be {TYPE}", given["type"])
        reading.whole(given["format"], "format", FORMAT, FORMAT)
        made = cls(
            deployment=DeploymentIdentity.from_json(given["deployment"]),
            certificate=read_certificate(given["certificate"]),
            record=None if given["record"] is None else Disclosure.from_json(given["record"]),
            leaf=Leaf.from_json(given["leaf"]),
            entry=EntryProof.from_json(given["entry"]) if points else None,
            proof=read_proof(given["proof"]),
        )
        if made.to_json() != document:
            raise InvalidBundle("bundle", "write each value in its one form, digits of hashes in lower case", document)
        return made


def parse_bundle(data: bytes) -> Json:
    """The JSON value in `data`; `InvalidJson` unless it is strict and `data` is its RFC 8785 form (§8.5, step 2)."""
    return parse_canonical(data, max_bytes=MAX_BUNDLE_BYTES, max_depth=MAX_BUNDLE_DEPTH)
