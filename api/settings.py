"""What an instance of the API is told by its environment, `TANPUHUI_…` (docs/api.md lists every setting)."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ApiSettings(BaseSettings):
    """Checked when made: an instance with a setting that cannot work does not start. Holds no key and no password but
    the one that a database URL may carry; that URL is never logged and never answered.
    """

    model_config = SettingsConfigDict(env_prefix="TANPUHUI_", frozen=True, extra="ignore")

    database_url: Annotated[str, Field(repr=False, description="SQLAlchemy URL of the index")] = "sqlite:///tanpuhui.db"
    public_url: Annotated[
        str,
        Field(
            pattern=r"^https?://[^\s?#]+$",
            description="where the public reaches this instance, without slash at the end",
        ),
    ] = "http://127.0.0.1:8000"

    public_requests: Annotated[int, Field(ge=1, description="requests at once from one address")] = 300
    public_requests_per_second: Annotated[float, Field(gt=0, description="refill of it, a second")] = 50.0
    key_requests: Annotated[int, Field(ge=1, description="requests at once with one API key")] = 2_000
    key_requests_per_second: Annotated[float, Field(gt=0, description="refill of it, a second")] = 500.0
    rate_limits: Annotated[
        bool, Field(description="false: no limits, for an instance behind a proxy that has its own")
    ] = True

    session_idle_seconds: Annotated[
        int, Field(ge=60, le=86_400, description="how long somebody who does nothing stays logged in")
    ] = 900
    session_seconds: Annotated[
        int, Field(ge=60, le=604_800, description="how long somebody stays logged in at most")
    ] = 28_800
    login_attempts: Annotated[int, Field(ge=1, description="logins at once from one address")] = 10
    login_attempts_per_second: Annotated[float, Field(gt=0, description="refill of it, a second")] = 0.1

    most_body_bytes: Annotated[int, Field(ge=1_024, description="largest body of a request")] = 262_144
    body_seconds: Annotated[int, Field(ge=1, le=600, description="how long a body may take to arrive")] = 10
    most_upload_bytes: Annotated[
        int, Field(ge=1_024, description="largest file that an operator may upload in the console")
    ] = 67_108_864
    upload_seconds: Annotated[
        int, Field(ge=1, le=600, description="in how long at least 64 KiB of an upload must come, or its end")
    ] = 30
    most_address_bytes: Annotated[int, Field(ge=256, description="longest path and query")] = 4_096
    most_header_bytes: Annotated[int, Field(ge=1_024, description="all header names and values together")] = 16_384
    most_headers: Annotated[int, Field(ge=8, description="most headers of a request")] = 64

    usual_wait_seconds: Annotated[
        float, Field(ge=0, le=120, description="how long a write waits for its end where `Prefer: wait=N` is not given")
    ] = 2.0
    longest_wait_seconds: Annotated[int, Field(ge=0, le=120, description="bound of `Prefer: wait=N`")] = 30
    reader_threads: Annotated[
        int, Field(ge=1, le=64, description="threads for lists, and on PostgreSQL for every read")
    ] = 4
    writer_threads: Annotated[
        int, Field(ge=1, le=256, description="writes at once; each waits in a thread of its own")
    ] = 16
    export_threads: Annotated[
        int, Field(ge=1, le=64, description="exports and proofs in bulk that are read at a time; more wait in line")
    ] = 2
    cached_facts: Annotated[
        int, Field(ge=16, description="log tiles (16 KiB each) and lots kept in memory, those used last")
    ] = 8_192
    kept_page_bytes: Annotated[
        int, Field(ge=0, description="memory for pages that were drawn before; a certificate takes about 1.2 KB of it")
    ] = 134_217_728
    hot_paths: Annotated[
        bool, Field(description="false: every request goes through FastAPI; the answers are the same")
    ] = True
    stale_seconds: Annotated[
        int, Field(ge=10, description="age of the last block from which on pages warn that they speak of the past")
    ] = 600
    audit_report: Annotated[
        str,
        Field(description="`report.json` of the newest audit, which `tanpuhui audit --report` writes; may be empty"),
    ] = ""
    pdf_fonts: Annotated[
        str, Field(description="folder of NotoSansHans-Regular.otf and -Bold.otf; empty: those that setup installs")
    ] = ""
