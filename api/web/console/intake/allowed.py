"""Who may do what with files: the bodies whose steps they ask for, and of those nobody but who may take the steps.

What a file asks for is signed by the keys of this instance. So a session needs the body and the scopes that it would
need to ask for the same by forms; a mapping whose rows ask several bodies is for the command line, where every body's
key is somebody's: whoever proposes an issuance must not confirm it by the next column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from api.auth import ROLE_OF_SCOPE, KeyScope
from api.intake_port import FileKind, IntakePort, MappingChoice, Purpose
from api.web.console.visits import Visit
from api.web.errors import ActNotAllowed, AnotherBodyActs, RoleNotHeld
from ledger.errors import InvalidInput, NotFound, SignerNotConfigured, Unavailable
from ledger.vocabulary import Role

SCOPE_OF_ACTION: Final[Mapping[str, KeyScope]] = {
    "open-account": KeyScope.ACCOUNTS_OPEN,
    "close-account": KeyScope.ACCOUNTS_CLOSE,
    "freeze-account": KeyScope.FREEZES_WRITE,
    "unfreeze-account": KeyScope.FREEZES_WRITE,
    "publish-methodology": KeyScope.METHODOLOGIES_WRITE,
    "withdraw-methodology": KeyScope.METHODOLOGIES_WRITE,
    "register-activity": KeyScope.ACTIVITIES_WRITE,
    "suspend-activity": KeyScope.ACTIVITIES_WRITE,
    "resume-activity": KeyScope.ACTIVITIES_WRITE,
    "close-activity": KeyScope.ACTIVITIES_WRITE,
    "withdraw-activity": KeyScope.ACTIVITIES_WRITE,
    "propose": KeyScope.ISSUANCES_PROPOSE,
    "confirm": KeyScope.ISSUANCES_CONFIRM,
    "reject": KeyScope.ISSUANCES_CONFIRM,
    "transfer": KeyScope.TRANSFERS_WRITE,
    "cancel": KeyScope.CANCELLATIONS_WRITE,
    "correct": KeyScope.CORRECTIONS_WRITE,
    "freeze-lot": KeyScope.FREEZES_WRITE,
    "unfreeze-lot": KeyScope.FREEZES_WRITE,
}
"""Of every action of `scripts.importing.actions`, which a test holds to this."""


def scopes_of(purpose: Purpose, mappings: Sequence[MappingChoice]) -> list[KeyScope]:
    """What a session needs for such a file; `NotFound` for an unknown mapping, `InvalidInput` for one that nobody may
    use alone.
    """
    if purpose.kind is not FileKind.OPERATIONS:
        return [KeyScope.POINTS_WRITE]
    found = next((one for one in mappings if one.name == purpose.mapping), None)
    if found is None:
        raise NotFound("mapping", purpose.mapping)
    scopes = list(dict.fromkeys(SCOPE_OF_ACTION[action] for action in found.actions))
    bodies = {ROLE_OF_SCOPE[scope] for scope in scopes}
    if len(bodies) != 1:
        raise InvalidInput(
            "mapping", "ask for the operations of one body; others are for `tanpuhui import`", found.name
        )
    return scopes


def require(visit: Visit, port: IntakePort, purpose: Purpose) -> None:
    """`AnotherBodyActs`, `ActNotAllowed`, `RoleNotHeld`, `SignerNotConfigured` unless this session may do it now."""
    for scope in scopes_of(purpose, port.mappings()):
        visit.require(scope)


def require_uploading(visit: Visit, mappings: Sequence[MappingChoice]) -> None:
    """`AnotherBodyActs`, `ActNotAllowed` for a session that may upload no file of any kind: it takes no place of those
    who may.
    """
    if any(may_upload(visit, mappings, kind) for kind in FileKind):
        return
    if visit.actor.acting_as is not Role.PLATFORM:
        raise AnotherBodyActs(Role.PLATFORM)
    raise ActNotAllowed(KeyScope.POINTS_WRITE.value)


def require_looking(visit: Visit, port: IntakePort, purpose: Purpose) -> None:
    """As `require`, but a node that does not answer, or a missing key, keeps nobody from looking at what there is."""
    for scope in scopes_of(purpose, port.mappings()):
        role = ROLE_OF_SCOPE[scope]
        if visit.actor.acting_as is not role:
            raise AnotherBodyActs(role)
        if scope not in visit.actor.scopes:
            raise ActNotAllowed(scope.value)
        try:
            visit.require(scope)
        except (Unavailable, SignerNotConfigured):
            continue


def may_look(visit: Visit, port: IntakePort, purpose: Purpose) -> bool:
    """Whether a run stands in this session's list."""
    try:
        require_looking(visit, port, purpose)
    except (AnotherBodyActs, ActNotAllowed, RoleNotHeld, NotFound, InvalidInput):
        return False
    return True


def may_upload(visit: Visit, mappings: Sequence[MappingChoice], kind: FileKind, name: str = "") -> bool:
    """Whether the session's body and scopes allow files of this kind, by this mapping or by any that there is."""
    if kind is FileKind.OPERATIONS and not name:
        return any(may_upload(visit, mappings, kind, one.name) for one in mappings if one.kind is kind)
    try:
        scopes = scopes_of(Purpose(kind=kind, mapping=name), mappings)
    except (NotFound, InvalidInput):
        return False
    return all(scope in visit.actor.scopes and ROLE_OF_SCOPE[scope] is visit.actor.acting_as for scope in scopes)
