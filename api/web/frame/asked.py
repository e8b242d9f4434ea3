"""How a page was asked for: language, address, filters, conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from api.languages import CHINESE, ENGLISH, LANGUAGES
from api.parameters import Parameter
from api.reading import Conditions
from api.web.texts import language_of, texts
from ledger.errors import InvalidInput


def _language(text: str, name: str) -> str:
    if text not in LANGUAGES:
        raise InvalidInput(name, f"be one of {', '.join(LANGUAGES)}", text)
    return text


LANG: Final = Parameter("lang", "query", "Language of the page.", _language, {"enum": list(LANGUAGES)}, ENGLISH)
"""The parameter that every page takes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`path` as it stands in the address, `query` the parameters that were given, `lang` and empty ones left out.

    `chosen`: the reader chose the language by `?lang=`; then every link of the page carries it on.
    """

    language: str
    chosen: bool
    path: str
    query: Mapping[str, str]
    conditions: Conditions

    @classmethod
    def of(cls, path: str, query: Mapping[str, str], conditions: Conditions) -> Asked:
        """From the query as text. A language that there is none of is refused when the parameters are parsed."""
        given = query.get(LANG.name)
        chosen = given if given in LANGUAGES else None
        kept = {name: value for name, value in query.items() if name != LANG.name and value != ""}
        return cls(language_of(chosen, conditions.accept_language), chosen is not None, path, kept, conditions)

    @property
    def words(self) -> Mapping[str, str]:
        """The texts of the page's language."""
        return texts(self.language)

    @property
    def other_language(self) -> str:
        """The language that the page offers beside its own."""
        return ENGLISH if self.language == CHINESE else CHINESE

    def link(self, path: str, **query: object) -> str:
        """An address on this server that keeps the reader's language. Empty and None values are left out."""
        given = {name: str(value) for name, value in query.items() if value is not None and value != ""}
        if self.chosen:
            given["lang"] = self.language
        return f"{path}?{urlencode(given)}" if given else path

    def here(self, **changes: object) -> str:
        """This very page with some parameters changed."""
        return self.link(self.path, **{**self.query, **changes})

    @property
    def in_other_language(self) -> str:
        """This very page in the other language."""
        return f"{self.path}?{urlencode({**self.query, 'lang': self.other_language})}"
