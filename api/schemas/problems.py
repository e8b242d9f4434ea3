"""Problem documents (RFC 9457)."""

from typing import Annotated, Any

from pydantic import Field

from api.schemas.common import AsOf, Model


class ProblemField(Model):
    """A field and the rule that its value breaks."""

    field: str
    rule: str
    """Reads on from "must"."""


class ProblemRefusal(Model):
    """The contract's error."""

    name: Annotated[str, Field(examples=["ReductionLedger_LotFrozen"])]
    arguments: dict[str, Any]


class Problem(Model):
    """What went wrong."""

    type: str
    """Identifies the type of problem and leads to its description."""
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str
    """What is wrong and what to do next, in English or Chinese by Accept-Language."""
    code: str
    """Stable name of the type, for programs."""
    errors: Annotated[list[ProblemField], Field(default=[])]
    refusal: ProblemRefusal | None = None
    """Where a contract refused the operation: nothing was changed."""
    operation_id: str | None = None
    """Where an operation was begun: its id, to ask its status."""
    error_id: str | None = None
    """Where something of ours failed: the id to give to the operator."""
    as_of: AsOf | None = None


class ProblemType(Model):
    """What a type of problem means."""

    code: str
    status: int
    title: str
    title_zh: str
    meaning: str
