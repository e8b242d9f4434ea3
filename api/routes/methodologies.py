"""Methodology versions."""

from api.pagination import Key
from api.parameters import (
    Arguments,
    Parameter,
    code,
    code_parameter,
    id_or_code,
    number_parameter,
    word_parameter,
)
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import methodologies
from api.repository.methodologies import MethodologyRow
from api.repository.records import public_value
from api.repository.snapshots import Snapshot
from api.schemas.methodologies import MethodologiesAnswer, MethodologyAnswer, methodology_document
from ledger.errors import NotFound
from ledger.ids import MethodologyId
from ledger.vocabulary import MethodologyKind, MethodologyStatus, ReductionClass


def read_methodology(snapshot: Snapshot, arguments: Arguments) -> Found:
    """A version by id, or the newest of a code."""
    asked = arguments["methodology"]
    found = methodologies.newest(snapshot, asked) if isinstance(asked, str) else methodologies.by_id(snapshot, asked)
    if found is None:
        raise NotFound("methodology", str(asked))
    return _whole(snapshot, found)


def read_version(snapshot: Snapshot, arguments: Arguments) -> Found:
    """A version by code and number."""
    found = methodologies.by_version(snapshot, arguments["code"], arguments["version"])
    if found is None:
        raise NotFound("methodology version", f"{arguments['code']}/{arguments['version']}")
    return _whole(snapshot, found)


def _whole(snapshot: Snapshot, row: MethodologyRow) -> Found:
    """A version with its quantification, which only the record of its publication holds."""
    quantification = public_value(snapshot, row.published_leaf_index, "quantification")
    return Found({**methodology_document(row), "quantification": quantification})


def read_methodologies(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Versions in the order in which they were published."""
    rows = methodologies.page(snapshot, **arguments, after=-1 if after is None else int(after[0]), limit=limit)
    return [((row.published_leaf_index,), methodology_document(row)) for row in rows]


ROUTES = (
    ListRoute(
        "/v1/methodologies",
        read_methodologies,
        key_types=(int,),
        summary="Methodology versions",
        model=MethodologiesAnswer,
        tag="methodologies",
        parameters=(
            Parameter("code", "query", "Only versions of this code.", code, {"type": "string"}, "SHCER-PV-001"),
            word_parameter("kind", MethodologyKind, "Only for projects, or only for scenarios."),
            word_parameter("reduction_class", ReductionClass, "Only of this class."),
            word_parameter("status", MethodologyStatus, "Only in this status."),
        ),
    ),
    ReadRoute(
        "/v1/methodologies/{code:path}/{version}",
        read_version,
        summary="A methodology version by code and number",
        model=MethodologyAnswer,
        tag="methodologies",
        parameters=(
            code_parameter("code", "The publisher's code, percent-encoded."),
            number_parameter("version", "Counted from 1.", place="path", least=1, most=2**32 - 1, example=1),
        ),
        may_be_missing=True,
    ),
    ReadRoute(
        "/v1/methodologies/{methodology}",
        read_methodology,
        summary="A methodology version by id, or the newest of a code",
        model=MethodologyAnswer,
        tag="methodologies",
        parameters=(
            Parameter(
                "methodology",
                "path",
                "Id of a version (0x and 64 hexadecimal digits), or a code, which gives its newest version.",
                id_or_code(MethodologyId),
                {"type": "string"},
                "SHCER-PV-001",
            ),
        ),
        may_be_missing=True,
    ),
)
