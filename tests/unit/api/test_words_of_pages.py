"""One word for one thing in the Chinese pages, and tables of the console that say their columns on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.web.texts import texts

TEMPLATES = Path(__file__).parents[3] / "api/web/templates"

LOTS = ("explorer_tab_lots", "explorer_is_lot", "flow_lots", "registry_lot", "search_lot", "supervision_lot", "lot")
BATCHES = ("explorer_tab_batches", "explorer_is_batch", "batches_heading", "registry_batches", "intake_batches")


def test_a_lot_is_not_called_as_a_batch_of_points() -> None:
    chinese = texts("zh")
    assert {chinese[one] for one in LOTS} == {"减排量批次"}
    assert {chinese[one] for one in BATCHES} == {"积分批次"}


@pytest.mark.parametrize("word", ["已收回", "查询凭据", "条目", "签发提案", "签发提出", "公益活动", "尚欠", "操作标识"])
def test_a_second_word_for_the_same_is_not_used(word: str) -> None:
    assert not [name for name, text in texts("zh").items() if word in text and not text.startswith("减排量签发提出")]


def test_a_lookup_token_is_no_certificate() -> None:
    assert not [name for name, text in texts("zh").items() if name.startswith("points_") and "查询凭证" in text]


@pytest.mark.parametrize(
    "name", ["console/batches.html", "console/operations.html", "console/acts/queue.html", "supervision/board.html"]
)
def test_cells_of_cards_say_their_column(name: str) -> None:
    table = (TEMPLATES / name).read_text(encoding="utf-8")
    assert "stack" in table
    table = table[table.index("stack") : table.rindex("</table>") if "batches" not in name else table.index("</table>")]
    unnamed = [one for one in re.findall(r"<td\b[^\n]*?>", table) if "data-label" not in one]
    assert len(unnamed) <= (1 if "queue" in name else 0), unnamed


def test_what_is_owed_and_what_holds_points_have_one_name_in_english() -> None:
    english = texts("en")
    assert english["registry_deficit"] == english["supervision_owed"] == english["acts_change_deficit"] == "Deficit"
    assert english["explorer_tab_batches"] == english["console_menu_batches"] == "Batches of points"
