"""docs/api.md lists every route, scope and setting, and the committed OpenAPI document is the one that is served."""

import json
import re

from api.app import Application
from api.auth import KeyScope
from api.routes.writes import ROUTES
from api.settings import ApiSettings
from tests.conftest import ROOT

GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def served(application: Application) -> set[str]:
    found = application.openapi()["paths"]
    return {f"{method.upper()} {path}" for path, operations in found.items() for method in operations}


def test_every_route_is_in_the_guide_and_no_other(application: Application) -> None:
    assert set(re.findall(r"`((?:GET|POST) /[^`]*)`", GUIDE)) == served(application)


def test_every_scope_and_signer_is_in_the_guide() -> None:
    for route in ROUTES:
        signer = route.role.label.replace("-", " ")
        assert f"| `POST {route.path}` | `{route.scope}` | {signer}" in GUIDE
    assert all(f"`{scope}`" in GUIDE for scope in KeyScope)


def test_every_setting_is_in_the_guide_with_its_default() -> None:
    rows = {
        name: default
        for names, defaults in re.findall(r"^\| (`TANPUHUI_[^|]*) \| ([^|]*) \|", GUIDE, re.MULTILINE)
        for name, default in zip(re.findall(r"`TANPUHUI_(\w+)`", names), defaults.split(", "), strict=True)
    }
    expected = {
        name.upper(): str(field.default).lower().removesuffix(".0") for name, field in ApiSettings.model_fields.items()
    }
    assert {name: default.strip("`") for name, default in rows.items()} == expected


def test_the_committed_description_is_the_one_that_is_served(application: Application) -> None:
    assert json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")) == application.openapi()


def test_every_operation_of_the_description_is_whole(application: Application) -> None:
    document = application.openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            place = f"{method} {path}"
            assert operation["summary"], place
            assert operation["operationId"], place
            assert operation["tags"], place
            assert "429" in operation["responses"] or path == "/v1/health/live", place
            parameters = {one["name"] for one in operation.get("parameters", []) if one["in"] == "path"}
            assert parameters == set(re.findall(r"{(\w+)}", path)), place
            if path.startswith("/v1/") and method == "post":
                assert operation["security"] == [{"apiKey": []}], place
                assert operation["requestBody"]["content"]["application/json"]["example"], place
            for status, response in operation["responses"].items():
                if status in ("200", "201", "202"):
                    for media_type, media in response["content"].items():
                        assert "example" in media or media_type != "application/json", place
                        assert media["schema"], place
