"""Which function says what an act will do: one of its name for each; what holders do,
does the same to the ledger as what is done for them."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Final

from api.web.console.acts import outlook_points, outlook_reductions, outlook_registries
from api.web.console.acts.outlook import Look
from api.web.console.acts.tables import ACTS, HOLDER_ACTS

_MODULES: Final[Mapping[str, ModuleType]] = {
    "issuance": outlook_reductions,
    "reductions": outlook_reductions,
    "accounts": outlook_registries,
    "methodologies": outlook_registries,
    "activities": outlook_registries,
    "providers": outlook_points,
    "campaigns": outlook_points,
}

LOOKS: Final[Mapping[str, Look]] = {
    **{act.name: getattr(_MODULES[act.group], act.name) for act in ACTS.values()},
    **{name: getattr(outlook_reductions, name.removesuffix("_own")) for name in HOLDER_ACTS},
}
