"""Where a command finds what it needs: options first, then the environment, then the home folder.

docs/operations.md lists every setting; tests/unit/scripts/test_docs.py holds it to this module.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from ledger.errors import InvalidInput, PasswordNotGiven
from ledger.vocabulary import Role

RPC_URL: Final = "TANPUHUI_RPC_URL"
DATABASE_URL: Final = "TANPUHUI_DATABASE_URL"
DEPLOYMENT: Final = "TANPUHUI_DEPLOYMENT"
HOME: Final = "TANPUHUI_HOME"
PUBLIC_URL: Final = "TANPUHUI_PUBLIC_URL"
GAS_PRICE: Final = "TANPUHUI_GAS_PRICE"
BATCH_STORE: Final = "TANPUHUI_BATCH_STORE"
PERSONS_URL: Final = "TANPUHUI_PERSONS_URL"
LOG_KEY_FILE: Final = "TANPUHUI_LOG_KEY_FILE"
WITNESSES: Final = "TANPUHUI_WITNESSES"
WITNESS_QUORUM: Final = "TANPUHUI_WITNESS_QUORUM"
CHECKPOINT_SECONDS: Final = "TANPUHUI_CHECKPOINT_SECONDS"
VALIDATORS: Final = "TANPUHUI_VALIDATORS"
MAPPINGS: Final = "TANPUHUI_MAPPINGS"
DEBUG: Final = "TANPUHUI_DEBUG"
KEYSTORE: Final = "TANPUHUI_KEYSTORE_"
PASSWORD_FILE: Final = "TANPUHUI_PASSWORD_FILE_"  # noqa: S105 - the name of a setting
PASSWORD: Final = "TANPUHUI_PASSWORD_"  # noqa: S105 - the name of a setting
SIGNER_URL: Final = "TANPUHUI_SIGNER_URL_"
SIGNER_ADDRESS: Final = "TANPUHUI_SIGNER_ADDRESS_"

DEPLOYER: Final = "DEPLOYER"
"""The key that deploys; it is no role of the ledger and keeps none."""

FEED: Final = "FEED"
"""An operator's key, which signs the headers of its batches; it is no role of the ledger either."""

DEFAULT_RPC_URL: Final = "http://127.0.0.1:8545"


@dataclass(frozen=True, slots=True)
class KeySettings:
    """How the key of one body is reached: a key file with its password, or an external signer."""

    owner: str
    keystore: Path | None = None
    password_file: Path | None = None
    password: str | None = field(default=None, repr=False)
    signer_url: str | None = field(default=None, repr=False)
    signer_address: str | None = None

    @property
    def configured(self) -> bool:
        """Whether there is anything to sign with."""
        return self.keystore is not None or self.signer_url is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One command's settings. `keys` are by role name in upper case with underscores, and `DEPLOYER`.

    `home_option` is the home folder only if the command's own option named it; `keystore` and `password_file` are the
    options that name the key of whoever signs. `log_key_file` is the log's key where there is one; `witnesses` are
    URL=VKEY, as they were given; `checkpoint_seconds` is 0 where nothing is published in the background. `mappings`
    is the folder of the mapping files that the console offers.
    """

    rpc_url: str
    database_url: str = field(repr=False)
    deployment: Path
    home: Path
    home_option: Path | None = None
    keystore: Path | None = None
    password_file: Path | None = None
    public_url: str | None = None
    gas_price: int = 0
    batch_store: str | None = None
    persons_url: str | None = field(default=None, repr=False)
    log_key_file: Path | None = None
    witnesses: tuple[str, ...] = ()
    witness_quorum: int | None = None
    checkpoint_seconds: int = 0
    validators: tuple[str, ...] = ()
    mappings: Path | None = None
    keys: Mapping[str, KeySettings] = field(default_factory=dict)

    @property
    def names_database(self) -> bool:
        """Whether an option or the environment says which database, other than that in the home folder."""
        return self.database_url != default_database(self.home)

    def key(self, role: Role | str) -> KeySettings:
        """The settings of a body's key, which may say nothing."""
        name = role_name(role)
        found = self.keys.get(name, KeySettings(name))
        if self.keystore is not None:
            return KeySettings(name, self.keystore, self.password_file or found.password_file, found.password)
        return found if self.password_file is None else replace(found, password_file=self.password_file)


def role_name(role: Role | str) -> str:
    """`TECHNICAL_CENTRE`."""
    return role.name if isinstance(role, Role) else role


def load_settings(
    *,
    rpc_url: str | None = None,
    database_url: str | None = None,
    deployment: Path | None = None,
    home: Path | None = None,
    keystore: Path | None = None,
    password_file: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """The settings of a command from its options and the environment."""
    env = os.environ if environment is None else environment
    folder = (home or Path(env.get(HOME) or default_home(env))).expanduser()
    return Settings(
        rpc_url=rpc_url or env.get(RPC_URL) or DEFAULT_RPC_URL,
        database_url=database_url or env.get(DATABASE_URL) or default_database(folder),
        deployment=deployment or Path(env.get(DEPLOYMENT) or folder / "deployment.json").expanduser(),
        home=folder,
        home_option=home,
        keystore=keystore,
        password_file=password_file,
        public_url=env.get(PUBLIC_URL) or None,
        gas_price=_number(env, GAS_PRICE, "be a whole number of wei"),
        batch_store=env.get(BATCH_STORE) or None,
        persons_url=env.get(PERSONS_URL) or None,
        log_key_file=_log_key_file(env, folder),
        witnesses=tuple((env.get(WITNESSES) or "").split()),
        witness_quorum=_number(env, WITNESS_QUORUM, "be how many witnesses must cosign")
        if env.get(WITNESS_QUORUM)
        else None,
        checkpoint_seconds=_number(env, CHECKPOINT_SECONDS, "be a whole number of seconds"),
        validators=tuple((env.get(VALIDATORS) or "").split()),
        mappings=Path(given).expanduser() if (given := env.get(MAPPINGS)) else folder / "mappings",
        keys={name: _key(name, env, folder) for name in (*(role.name for role in Role), DEPLOYER, FEED)},
    )


def default_home(env: Mapping[str, str]) -> str:
    """`$XDG_DATA_HOME/tanpuhui`, or `~/.local/share/tanpuhui`."""
    return str(Path(env.get("XDG_DATA_HOME") or "~/.local/share") / "tanpuhui")


def default_database(home: Path) -> str:
    """The SQLite database of a home folder."""
    return f"sqlite:///{home / 'tanpuhui.db'}"


def default_keystore(home: Path, owner: str) -> Path:
    """Where `tanpuhui key create` puts a body's key, and where it is looked for if no setting names another file."""
    return home / "keys" / f"{owner.lower().replace('_', '-')}.json"


def default_log_key(home: Path) -> Path:
    """Where `tanpuhui log key new` puts the log's key, and where it is looked for if no setting names another file."""
    return home / "keys" / "log.key"


def _log_key_file(env: Mapping[str, str], home: Path) -> Path | None:
    standard = default_log_key(home)
    given = env.get(LOG_KEY_FILE)
    return Path(given).expanduser() if given else standard if standard.is_file() else None


def _key(name: str, env: Mapping[str, str], home: Path) -> KeySettings:
    standard = default_keystore(home, name)
    keystore = env.get(KEYSTORE + name)
    password_file = env.get(PASSWORD_FILE + name)
    return KeySettings(
        owner=name,
        keystore=Path(keystore).expanduser() if keystore else standard if standard.is_file() else None,
        password_file=Path(password_file).expanduser() if password_file else None,
        password=env.get(PASSWORD + name),
        signer_url=env.get(SIGNER_URL + name),
        signer_address=env.get(SIGNER_ADDRESS + name),
    )


def _number(env: Mapping[str, str], name: str, rule: str) -> int:
    text = env.get(name) or "0"
    if not text.isascii() or not text.isdigit():
        raise InvalidInput(name, rule, text)
    return int(text)


def missing_password(settings: KeySettings) -> PasswordNotGiven:
    """The error for a key file without a password."""
    name = settings.owner
    remedy = f"set {PASSWORD_FILE}{name} to the file that holds it (or {PASSWORD}{name} to itself)"
    return PasswordNotGiven(str(settings.keystore), "no password is given", remedy)
