"""What a cheat would try with a certificate, each with the step that has to catch it (issue of the proofs).

Every forgery here is as consistent as the forger can make it without the keys and without breaking a hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from ledger import log_tree
from ledger.bundle import Bundle, LogProof, PointsCertificate, ReductionCertificate
from ledger.canonical import canonical_json
from ledger.checkpoints import Checkpoint
from ledger.entries import EntryProof
from ledger.ids import ZERO_ADDRESS, Address, Hash32
from ledger.notes import KeyType, Note
from ledger.records import Disclosure, Field, Record
from ledger.verifier import Trust
from ledger.vocabulary import CancellationPurpose, OperationKind
from tests.fakes.bundles import LOT, BundleWorld, Cancellation, digest, signer

VERIFIED: Final = "verified"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Bytes, what is pinned, and the name of the step that refuses them."""

    name: str
    data: bytes
    step: str
    trust: Trust


class Cheat:
    """One world and the forgeries in it."""

    def __init__(self) -> None:
        self.world = BundleWorld()
        self.first = self.world.cancel_reductions(grams=1_000)
        self.second = self.world.cancel_reductions(grams=2_000, first_serial=1_001)
        self.points = self.world.cancel_points()
        self.more_points = self.world.cancel_points(entries=8, index=2, grams=77)
        self.campaign = self.world.cancel_campaign()
        self.trust = self.world.trust()

    def bundle(self, cancellation: Cancellation | None = None) -> Bundle:
        """A good one."""
        return self.world.bundle(self.first if cancellation is None else cancellation)

    def attempt(self, name: str, bundle: Bundle | bytes, step: str, trust: Trust | None = None) -> Attempt:
        """One try."""
        data = bundle if isinstance(bundle, bytes) else bundle.to_bytes()
        return Attempt(name, data, step, self.trust if trust is None else trust)

    def all(self) -> Iterator[Attempt]:
        """Every try."""
        for group in (self.json, self.deployments, self.records, self.leaves, self.of_points, self.logs, self.notes):
            yield from group()

    # Bytes

    def json(self) -> Iterator[Attempt]:
        """Bytes that two readers could see differently, or that nobody should have to read."""
        good = self.bundle().to_bytes()
        number = b'"chain_id":31337'
        assert number in good
        yield self.attempt("empty", b"", "json")
        yield self.attempt("not json", b"certificate", "json")
        yield self.attempt("cut short", good[:-1], "json")
        yield self.attempt("two documents", good + good, "json")
        yield self.attempt("not utf-8", good.replace("上".encode(), b"\xff\xff\xff"), "json")
        yield self.attempt("lone surrogate", good.replace("上".encode(), b"\\ud800"), "json")
        yield self.attempt("duplicate member", good.replace(number, number + b"," + number), "json")
        yield self.attempt("duplicate, other value first", good.replace(number, b'"chain_id":1,' + number), "json")
        yield self.attempt("huge number", good.replace(number, b'"chain_id":' + b"9" * 400_000), "json")
        yield self.attempt("2^53", good.replace(number, b'"chain_id":9007199254740992'), "json")
        yield self.attempt("fraction", good.replace(number, b'"chain_id":31337.0'), "json")
        yield self.attempt("exponent", good.replace(number, b'"chain_id":31337e0'), "json")
        yield self.attempt("huge exponent", good.replace(number, b'"chain_id":1e999999999'), "json")
        yield self.attempt("minus zero", good.replace(number, b'"chain_id":-0'), "json")
        yield self.attempt("leading zero", good.replace(number, b'"chain_id":031337'), "json")
        yield self.attempt("infinity", good.replace(number, b'"chain_id":Infinity'), "json")
        yield self.attempt("not a number", good.replace(number, b'"chain_id":NaN'), "json")
        yield self.attempt("deep lists", b"[" * 500_000 + b"]" * 500_000, "json")
        yield self.attempt("deep objects", b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "json")
        yield self.attempt("a string without end", b'"' + b'\\"' * 500_000, "json")
        nested = good.replace(b'{"seat":[1,2]}', b"[" * 13 + b"]" * 13)
        assert nested != good
        yield self.attempt("17 deep", nested, "json")
        yield self.attempt("too large", good.replace(number, number + b" " * (1 << 20)), "size")
        yield self.attempt("a number for a bundle", b"7", "form")
        yield self.attempt("null for a bundle", b"null", "form")
        yield self.attempt("an empty object", b"{}", "form")

    def deployments(self) -> Iterator[Attempt]:
        """Another chain, another deployment of the same contracts, and what lies about where it is from."""
        other_chain = BundleWorld(chain_id=1)
        yield self.attempt("of another chain", other_chain.bundle(other_chain.cancel_reductions()), "deployment")
        good = self.bundle()
        for name in ("genesis_hash", "transparency_log", "reduction_ledger", "point_ledger"):
            value = getattr(good.deployment, name)
            moved = replace(good.deployment, **{name: type(value)(bytes([value[0] ^ 1]) + value[1:])})
            yield self.attempt(f"of another deployment: {name}", replace(good, deployment=moved), "deployment")

    # What is certified

    def records(self) -> Iterator[Attempt]:
        """Records of others, with fields of others, with two fields of one name."""
        good = self.bundle()
        assert good.record is not None
        other = self.second.record
        yield self.attempt("another certificate's record", replace(good, record=other.disclose(other.values)), "record")
        kind = Disclosure(OperationKind.POINTS_CANCELLED, good.record.members)
        yield self.attempt("record of another kind", replace(good, record=kind), "record")
        for what, members in self._record_members(good.record):
            yield self.attempt(what, replace(good, record=Disclosure(good.record.kind, tuple(members))), "record")
        yield from self._second_beneficiary()
        yield from self._disagreements()

    def _record_members(self, record: Disclosure) -> Iterator[tuple[str, list[Field | Hash32]]]:
        members = list(record.members)
        hidden = [member.commitment if isinstance(member, Field) else member for member in members]
        yield "a field dropped", members[:-1]
        yield "a hidden field dropped", [*members[:-2], members[-1]]
        yield "a commitment doubled", [hidden[0], *members]
        yield "all fields hidden", [*hidden]
        names = next(place for place, one in enumerate(members) if isinstance(one, Field) and one.name == "field_names")
        yield "field_names hidden", [*members[:names], hidden[names], *members[names + 1 :]]
        yield "two commitments swapped", [hidden[1], hidden[0], *members[2:]]

    def _second_beneficiary(self) -> Iterator[Attempt]:
        """An issuer who wrote two beneficiaries into one record, and shows each one of them to one person."""
        names = ["account", "beneficiary", "field_names", "lot_id", "purpose", "quantity_gco2e", "rules"]
        values: dict[str, Any] = {**self.first.record.values, "field_names": names}
        fields = [Field(name, digest(f"salt {name}")[:16], values[name]) for name in names]
        second = Field("beneficiary", digest("another salt")[:16], "somebody else")
        shown: dict[str, list[Field | Hash32]] = {
            "two beneficiaries, the first shown": [*fields[:2], second.commitment, *fields[2:]],
            "two beneficiaries, the second shown": [fields[0], fields[1].commitment, second, *fields[2:]],
        }
        for what, members in shown.items():
            yield self._relogged(what, tuple(members), "record")
        named_twice = Field("field_names", bytes(16), [*names[:2], "beneficiary", *names[2:]])
        both: tuple[Field | Hash32, ...] = (*fields[:2], second.commitment, named_twice, *fields[3:])
        yield self._relogged("two beneficiaries, both named", both, "record")
        unsorted = Field("field_names", bytes(16), [names[1], names[0], *names[2:]])
        yield self._relogged("names out of order", (*fields[:2], unsorted, *fields[3:]), "record")
        elsewhere = Field("field_names", bytes(16), ["account", "event", *names[2:]])
        yield self._relogged("a name at another's place", (*fields[:2], elsewhere, *fields[3:]), "record")
        no_list = Field("field_names", bytes(16), "account")
        yield self._relogged("names that are no list", (*fields[:2], no_list, *fields[3:]), "record")

    def _disagreements(self) -> Iterator[Attempt]:
        """An issuer whose record says something else than the chain."""
        lies: dict[str, Any] = {
            "quantity_gco2e": "1001",
            "account": Address(b"\x01" * 20).hex0x,
            "lot_id": digest("another lot").hex0x,
            "purpose": "voluntary-offset",
        }
        for name, lie in lies.items():
            values = {key: value for key, value in self.first.record.values.items() if key != "field_names"}
            record = Record.of(OperationKind.REDUCTION_CANCELLED, {**values, name: lie}, lambda _: bytes(16))
            yield self._relogged(f"the record says another {name}", record.fields, "agreement")
        values = {key: value for key, value in self.points.record.values.items() if key != "field_names"}
        lies = {"class": "I", "batch_root": digest("x").hex0x, "entry_count": "6", "file_hash": digest("x").hex0x}
        for name, lie in lies.items():
            record = Record.of(OperationKind.POINTS_CANCELLED, {**values, name: lie}, lambda _: bytes(16))
            yield self._relogged(f"the record of points says another {name}", record.fields, "agreement", self.points)
        values = {key: value for key, value in self.campaign.record.values.items() if key != "field_names"}
        for name, lie in {"class": "I", "campaign_id": digest("x").hex0x, "quantity_gco2e": "1"}.items():
            record = Record.of(OperationKind.CAMPAIGN_CANCELLED, {**values, name: lie}, lambda _: bytes(16))
            yield self._relogged(
                f"the campaign's record says another {name}", record.fields, "agreement", self.campaign
            )

    def _relogged(
        self, name: str, members: tuple[Field | Hash32, ...], step: str, cancellation: Cancellation | None = None
    ) -> Attempt:
        """A log of its own, honestly signed, whose leaf has the hash of this record."""
        base = self.first if cancellation is None else cancellation
        record = Disclosure(base.record.kind, members)
        return self.attempt(name, self._logged(replace(self.bundle(base), record=record), record_hash=True), step)

    def _logged(self, bundle: Bundle, *, record_hash: bool = False, **of_the_leaf: Any) -> Bundle:
        """The bundle with another leaf that is in a signed log: what the operator of the log could do."""
        if record_hash and bundle.record is not None:
            of_the_leaf["record_hash"] = bundle.record.hash
        leaf = replace(bundle.leaf, **of_the_leaf)
        leaves = [*self.world.leaves]
        leaves[leaf.index] = leaf.hash(self.world.chain_id)
        note = self.world.note(Checkpoint(bundle.deployment.origin, len(leaves), Hash32(log_tree.root(leaves))))
        path = tuple(map(Hash32, log_tree.inclusion_proof(leaves, leaf.index)))
        return replace(bundle, leaf=leaf, proof=LogProof(inclusion=path, checkpoint=note))

    def leaves(self) -> Iterator[Attempt]:
        """Leaves of other operations, other ledgers, other numbers, lots and quantities."""
        good = self.bundle().hide(("account", "lot_id", "purpose", "quantity_gco2e"))
        bare = replace(good, record=None)
        yield self.attempt("another kind", self._logged(bare, kind=OperationKind.REDUCTION_CORRECTED), "leaf")
        yield self.attempt("of points", self._logged(bare, kind=OperationKind.POINTS_CANCELLED), "leaf")
        yield self.attempt("of the other ledger", self._logged(good, ledger=good.deployment.point_ledger), "leaf")
        yield self.attempt("by nobody", self._logged(good, from_account=ZERO_ADDRESS), "leaf")
        yield self.attempt("to somebody", self._logged(good, to_account=Address(b"\x01" * 20)), "leaf")
        yield self.attempt("nothing", self._logged(good, grams=0), "leaf")
        yield self.attempt("2^63", self._logged(good, grams=2**63), "leaf")
        campaign = self.bundle(self.campaign)
        yield self.attempt(
            "a campaign's by somebody", self._logged(campaign, from_account=Address(b"\x01" * 20)), "leaf"
        )
        yield self.attempt("more than was cancelled", replace(good, leaf=replace(good.leaf, grams=1_001)), "inclusion")
        yield self.attempt("another subject", self._logged(good, subject=digest("x")), "subject")
        certificate = good.certificate
        assert isinstance(certificate, ReductionCertificate)
        changes: dict[str, Any] = {
            "number": 99,
            "purpose": CancellationPurpose.VOLUNTARY_OFFSET,
            "first_serial": 2,
            "lot_id": digest("x"),
        }
        for name, value in changes.items():
            changed = replace(certificate, **{name: value})
            yield self.attempt(f"a certificate of another {name}", replace(good, certificate=changed), "subject")
        lots = {"activity": replace(LOT, activity_code="SH-X"), "methodology": replace(LOT, methodology_code="SH-X")}
        for name, lot in lots.items():
            yield self.attempt(f"another {name}", replace(good, certificate=replace(certificate, lot=lot)), "lot")
        other_kind = replace(good, certificate=self.campaign.certificate)
        yield self.attempt("a campaign's certificate on reductions", other_kind, "leaf")

    def of_points(self) -> Iterator[Attempt]:
        """Entries of others, of other batches, with more grams, under other numbers."""
        good = self.bundle(self.points)
        certificate, entry = good.certificate, good.entry
        assert isinstance(certificate, PointsCertificate)
        assert entry is not None
        assert self.more_points.entry is not None
        more = self._logged(replace(good, record=None), grams=good.leaf.grams + 1)
        yield self.attempt("a leaf of more than the batch has", more, "entry")
        yield self.attempt("another batch's entry", replace(good, entry=self.more_points.entry), "entry")
        yield self.attempt(
            "another number", replace(good, certificate=replace(certificate, number=certificate.number + 1)), "entry"
        )
        low = replace(certificate, number=certificate.batch.first_certificate - 1)
        yield self.attempt("a number below the batch's", replace(good, certificate=low), "entry")
        changes: dict[str, Callable[[EntryProof], EntryProof]] = {
            "more grams": lambda one: replace(one, entry=replace(one.entry, grams=one.entry.grams + 1)),
            "another entry id": lambda one: replace(one, entry=replace(one.entry, entry_id=digest("x"))),
            "another account": lambda one: replace(one, entry=replace(one.entry, account=digest("x"))),
            "another reference": lambda one: replace(one, entry=replace(one.entry, details=digest("x"))),
            "another place": lambda one: replace(one, index=one.index - 1),
            "another size": lambda one: replace(one, size=one.size + 1),
            "another total": lambda one: replace(one, total=one.total + 1),
            "another root": lambda one: replace(one, root=digest("x")),
            "a path cut short": lambda one: replace(one, path=one.path[:-1]),
            "a path too long": lambda one: replace(one, path=(*one.path, one.path[-1])),
            "a path turned": lambda one: replace(one, path=one.path[::-1]),
            "a sibling with other grams": lambda one: replace(
                one, path=(one.path[0]._replace(grams=one.path[0].grams + 1), *one.path[1:])
            ),
            "a sibling without grams": lambda one: replace(one, path=(one.path[0]._replace(grams=0), *one.path[1:])),
            "a sibling of 2^64 - 1": lambda one: replace(
                one, path=(one.path[0]._replace(grams=2**64 - 1), *one.path[1:])
            ),
        }
        for name, change in changes.items():
            yield self.attempt(f"an entry with {name}", replace(good, entry=change(entry)), "entry")
        batch_changes: dict[str, Any] = {
            "number": 8,
            "root": digest("x"),
            "total": certificate.batch.total + 1,
            "entry_count": 6,
            "file_hash": digest("x"),
            "first_certificate": 1,
        }
        for name, value in batch_changes.items():
            changed = replace(certificate, batch=replace(certificate.batch, **{name: value}))
            yield self.attempt(f"a batch with another {name}", replace(good, certificate=changed), "subject")
        without = {name: value for name, value in good.to_json().items() if name != "entry"}
        yield self.attempt("points without their entry", canonical_json(without), "form")
        whole = {**self.bundle().to_json(), "entry": entry.to_json()}
        yield self.attempt("reductions with an entry", canonical_json(whole), "form")

    # The log and who signs it

    def logs(self) -> Iterator[Attempt]:
        """Proofs of other leaves, other sizes, other logs."""
        good, world = self.bundle(), self.world
        proof = good.proof
        assert isinstance(proof, LogProof)
        other = world.log_proof(self.second)
        yield self.attempt("another certificate's proof", replace(good, proof=other), "inclusion")
        earlier = world.log_proof(self.first, size=self.first.leaf.index + 1)
        mixed = replace(proof, inclusion=earlier.inclusion)
        yield self.attempt("a proof for an earlier size", replace(good, proof=mixed), "inclusion")
        mixed = replace(earlier, inclusion=proof.inclusion)
        yield self.attempt("a checkpoint of an earlier size", replace(good, proof=mixed), "inclusion")
        too_early = world.note(world.checkpoint(self.first.leaf.index))
        yield self.attempt(
            "a checkpoint before the leaf", replace(good, proof=replace(proof, checkpoint=too_early)), "checkpoint"
        )
        for name, path in {
            "cut short": proof.inclusion[:-1],
            "too long": (*proof.inclusion, digest("x")),
            "turned": proof.inclusion[::-1],
            "emptied": (),
            "longer than any": tuple(digest(str(number)) for number in range(100)),
        }.items():
            yield self.attempt(f"a path {name}", replace(good, proof=replace(proof, inclusion=path)), "inclusion")
        moved = replace(good, leaf=replace(good.leaf, index=good.leaf.index + 1))
        yield self.attempt("another index", moved, "inclusion")
        late = replace(good, leaf=replace(good.leaf, timestamp=good.leaf.timestamp + 1))
        yield self.attempt("another time", late, "inclusion")
        rewritten = [*world.leaves]
        rewritten[0] = digest("another first leaf")
        root = Hash32(log_tree.root(rewritten))
        path = tuple(map(Hash32, log_tree.inclusion_proof(rewritten, good.leaf.index)))
        unsigned = Checkpoint(good.deployment.origin, len(rewritten), root).text
        forged = str(Note(unsigned, Note.parse(proof.checkpoint).lines))
        yield self.attempt(
            "a log that was rewritten",
            replace(good, proof=LogProof(inclusion=path, checkpoint=forged)),
            "log-signature",
        )

    def notes(self) -> Iterator[Attempt]:
        """Checkpoints that are none, or that others signed."""
        good, world = self.bundle(), self.world
        stated = world.checkpoint()
        note = Note.parse(world.note(stated))
        for name, text, step in self._texts(stated, note):
            proof = world.log_proof(self.first, checkpoint=text)
            yield self.attempt(name, replace(good, proof=proof), step)

    def _texts(self, stated: Checkpoint, note: Note) -> Iterator[tuple[str, str, str]]:
        world, log, witnesses = self.world, self.world.log_key, self.world.witness_keys
        stranger = signer(log.name, KeyType.LOG)
        stranger = replace(stranger, seed=digest("a stranger's seed"))
        yield "not signed", stated.text, "log-signature"
        yield "signed by a stranger", world.note(stated, log_keys=[stranger]), "log-signature"
        yield "signed by witnesses alone", world.note(stated, log_keys=[]), "log-signature"
        posing = replace(witnesses[0], name=log.name, type=KeyType.LOG)
        yield "signed by a witness in the log's name", world.note(stated, log_keys=[posing]), "log-signature"
        as_witness = replace(log, type=KeyType.WITNESS)
        yield "cosigned by the log's key", world.note(stated, log_keys=[as_witness]), "log-signature"
        bad = replace(note.lines[0], signature=bytes([note.lines[0].signature[0] ^ 1]) + note.lines[0].signature[1:])
        yield "the log's line broken", str(Note(note.text, (bad, *note.lines[1:]))), "log-signature"
        yield "the log's line twice, once broken", str(Note(note.text, (*note.lines, bad))), "log-signature"
        earlier = Note.parse(world.note(world.checkpoint(stated.size - 1)))
        yield "lines of an earlier checkpoint", str(Note(note.text, earlier.lines)), "log-signature"
        yield "one witness too few", world.note(stated, witnesses=witnesses[:1]), "witnesses"
        yield "no witness", world.note(stated, witnesses=[]), "witnesses"
        twice = (note.lines[0], note.lines[1], note.lines[1])
        yield "one witness twice", str(Note(note.text, twice)), "witnesses"
        again = witnesses[0].sign(note.text, timestamp=9)
        yield "one witness at two times", str(Note(note.text, (note.lines[0], note.lines[1], again))), "witnesses"
        alias = replace(witnesses[0], name="witness-z.example")
        yield "one witness under a second name", world.note(stated, witnesses=[witnesses[0], alias]), "witnesses"
        late = replace(note.lines[1], signature=bytes(7) + b"\x01" + note.lines[1].signature[8:])
        yield "a witness's time changed", str(Note(note.text, (note.lines[0], late, *note.lines[2:]))), "witnesses"
        cut = replace(note.lines[1], signature=note.lines[1].signature[8:])
        yield (
            "a witness's line without a time",
            str(Note(note.text, (note.lines[0], cut, *note.lines[2:]))),
            "witnesses",
        )
        yield "three lines good, one broken", str(Note(note.text, (*note.lines, late))), "witnesses"
        yield from self._malformed(stated, note)

    def _malformed(self, stated: Checkpoint, note: Note) -> Iterator[tuple[str, str, str]]:
        lines = "".join(f"{line}\n" for line in note.lines)
        origin, size, root = stated.text.split("\n")[:3]
        for name, text in {
            "no text": "",
            "another origin": f"tanpuhui/1/{'0' * 64}\n{size}\n{root}\n\n{lines}",
            "an extension line": f"{stated.text}extension\n\n{lines}",
            "a size with a zero before": f"{origin}\n0{size}\n{root}\n\n{lines}",
            "a size with a sign": f"{origin}\n+{size}\n{root}\n\n{lines}",
            "a size of 2^63": f"{origin}\n{2**63}\n{root}\n\n{lines}",
            "a root cut short": f"{origin}\n{size}\n{root[:-4]}\n\n{lines}",
            "a root with spare bits": f"{origin}\n{size}\n{root[:-2]}{chr(ord(root[-2]) + 1)}=\n\n{lines}",
            "a root without padding": f"{origin}\n{size}\n{root[:-1]}\n\n{lines}",
            "carriage returns": str(note).replace("\n", "\r\n"),
            "no line feed behind": str(note)[:-1],
            "an empty line behind": f"{note}\n",
            "a control character": f"{stated.text}\n{lines}".replace(origin, origin + "\x01"),
            "65 signature lines": f"{stated.text}\n" + str(note.lines[0]) * 0 + f"{note.lines[0]}\n" * 65,
            "a line that is none": f"{stated.text}\n{lines}signature\n",
            "a hyphen for the dash": f"{stated.text}\n{lines}".replace("—", "-"),
            "text unsigned with a line feed too many": f"{stated.text}\n",
            "too large": f"{stated.text}\n{lines}— x {'A' * 70_000}\n",
        }.items():
            yield name, text, "checkpoint"
