"""The short way: the two most asked routes and pages that are kept, answered before FastAPI sees them.

It only finds the route; the answer is made by the very function that the FastAPI route calls, so that the two cannot
differ.
"""

from api.answers import Answer
from api.problems import Problems
from api.reading import Conditions
from api.repository.snapshots import Readers
from api.routes.certificates import CERTIFICATE
from api.routes.log import INCLUSION_PROOF
from api.web.frame.kept import KeptWay

_CERTIFICATES = CERTIFICATE.path.removesuffix("{number}")
_PROOF = INCLUSION_PROOF.path
_NO_PARAMETERS: dict[str, str] = {}


class ShortWay:
    """Answers in the event loop; only for readers whose point reads are fit for that."""

    def __init__(self, readers: Readers, problems: Problems, pages: KeptWay) -> None:
        self._readers = readers
        self._problems = problems
        self._pages = pages

    def answer(self, path: str, query: bytes, conditions: Conditions) -> Answer | None:
        """The answer, or none where FastAPI has to find the route."""
        if path.startswith(_CERTIFICATES):
            number = path[len(_CERTIFICATES) :]
            if number and "/" not in number:
                return CERTIFICATE.answer(self._readers, self._problems, {"number": number}, query, conditions)
        elif path == _PROOF:
            return INCLUSION_PROOF.answer(self._readers, self._problems, _NO_PARAMETERS, query, conditions)
        else:
            return self._pages.answer(path, query, conditions)
        return None
