"""Files of bundles, as commands take and write them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from ledger.bundle import MAX_BUNDLE_BYTES, Bundle
from ledger.errors import InvalidInput
from scripts.output import Facts, Grams, Result

BundleArgument = Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle's file.")]


def given_bundle(bundle: Path) -> bytes:
    """The bytes of a bundle's file, and of a file that is too large no more than say so."""
    try:
        with bundle.open("rb") as file:
            return file.read(MAX_BUNDLE_BYTES + 1)
    except OSError as error:
        raise InvalidInput("bundle", f"be a file that can be read ({error.strerror})", str(bundle)) from None


def written_bundle(output: Path, data: bytes, *, signed: bool | None = None) -> Result:
    """What a command says of the bundle that it wrote; `signed` is whether a published checkpoint covers it."""
    bundle = Bundle.from_bytes(data)
    members = () if bundle.record is None else bundle.record.members
    shown = () if bundle.record is None else tuple(sorted(bundle.record.values))
    grams = bundle.leaf.grams if bundle.entry is None else bundle.entry.entry.grams
    facts = {
        "number": bundle.certificate.number,
        "kind": bundle.certificate.KIND,
        "quantity_gco2e": Grams(grams),
        "file": str(output),
        "sha256": hashlib.sha256(data).hexdigest(),
        "fields_shown": ", ".join(shown),
        "fields_withheld": len(members) - len(shown),
    }
    note = "no published checkpoint covers it yet: export it again when one does" if signed is False else ""
    return Result(parts=[Facts("Bundle", facts)], note=note)
