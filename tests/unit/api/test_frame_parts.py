"""What every page draws alike: navigation, warnings, values, charts; as HTML that people and machines read."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from jinja2 import ChoiceLoader, DictLoader

from api.errors import FollowerFailing
from api.problems import Problems
from api.reading import Conditions
from api.repository.snapshots import AsOf, as_of_from_row
from api.web.frame.asked import Asked
from api.web.frame.charts import Period, categories, sparkline, stacked_bars
from api.web.frame.frame import Frame

ACCOUNT = "0x5b38da6a701c568545dcfcb03fcb875f56beddc4"
AREAS = ["/", "/certificates", "/activities", "/points", "/about", "/explorer", "/supervision", "/verify", "/console"]
NOW = 1_795_248_000
HEAD = '{% import "parts.html" as parts with context %}{% import "charts.html" as charts with context %}'


class Elements(HTMLParser):
    """Every element with its attributes, and the text between."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """The attributes of every element of this tag, with these."""
        return [one for name, one in self.found if name == tag and wanted.items() <= one.items()]


def frame_with(template: str, *, following: Callable[[], FollowerFailing | None] = lambda: None) -> Frame:
    """A frame that knows this template beside its own."""
    frame = Frame(Problems("https://x"), following=following, stale_seconds=600, clock=lambda: NOW)
    own = frame._templates.loader
    assert own is not None
    frame._templates.loader = ChoiceLoader([own, DictLoader({"given": template})])
    return frame


def drawn(template: str, language: str = "zh", *, chosen: bool = True, **values: Any) -> Elements:
    asked = Asked(language, chosen, "/here", {"number": "1"}, Conditions())
    return Elements(frame_with(HEAD + template).draw("given", asked, None, "", values).decode())


def as_of(age: int = 0, *, halted: bool = False) -> AsOf:
    return as_of_from_row((150, b"\x01" * 32, NOW - age, 4, b"\x02" * 32, int(halted), b"g"))


def page(section: str = "explorer", when: AsOf | None = None, **other: Any) -> Elements:
    frame = frame_with('{% extends "base.html" %}{% block content %}<h1>x</h1>{% endblock %}', **other)
    asked = Asked("zh", True, "/here", {"number": "1"}, Conditions())
    return Elements(frame.draw("given", asked, when, section, {}).decode())


def test_every_area_is_one_step_away_on_desk_and_phone() -> None:
    found = page()
    for wanted in AREAS:
        assert len(found.all("a", href=f"{wanted}?lang=zh")) >= 2
    here = [one["href"] for one in found.all("a", **{"aria-current": "page"})]
    assert here == ["/explorer?lang=zh"] * 2
    assert found.all("details", **{"class": "menu"})
    assert found.all("a", href="#content", **{"class": "skip"})
    assert found.all("main", id="content")


def test_the_other_language_keeps_path_and_query() -> None:
    [one] = page().all("a", hreflang="en")
    assert (one["href"], one["lang"]) == ("/here?number=1&lang=en", "en")


def test_a_language_that_was_not_chosen_is_not_carried() -> None:
    found = drawn("{{ parts.address(account) }}", chosen=False, account=ACCOUNT)
    assert found.all("a")[0]["href"] == f"/explorer/accounts/{ACCOUNT}"


@pytest.mark.parametrize(
    ("when", "failing", "said"),
    [
        (as_of(), None, None),
        (as_of(599), None, None),
        (as_of(660), None, "11 分钟"),
        (as_of(halted=True), None, "已停在区块 150"),
        (as_of(), FollowerFailing("no node"), "no node"),
    ],
)
def test_it_warns_before_anything_else(when: AsOf, failing: FollowerFailing | None, said: str | None) -> None:
    found = page(when=when, following=lambda: failing)
    warned = found.all("p", **{"class": "notice warn stale"})
    assert bool(warned) == (said is not None)
    assert said is None or said in found.text.partition("x")[0]
    assert "截至区块 150" in found.text


def test_a_quantity_is_exact_and_has_its_grams_within_reach() -> None:
    found = drawn("{{ parts.quantity('1234500001') }}")
    assert found.text == "1,234.500001 吨 1,234,500,001 克"
    assert found.all("data", value="1234500001", tabindex="0")
    assert not drawn("{{ parts.quantity(5, focus=false) }}").all("data", tabindex="0")
    assert drawn("{{ parts.quantity(1) }}", "en").text == "0.000001 t 1 g"


@pytest.mark.parametrize("macro", ["quantity", "time", "day", "address", "hash"])
def test_what_is_absent_is_a_dash(macro: str) -> None:
    assert drawn(f"{{{{ parts.{macro}(none) }}}}").text == "–"


def test_an_address_is_a_picture_its_ends_and_a_copy_of_the_whole() -> None:
    found = drawn("{{ parts.address(account) }}", account=ACCOUNT)
    assert found.text == "0x5b38…ddc4"
    assert found.all("svg", **{"class": "identicon", "aria-hidden": "true"})
    assert found.all("a", href=f"/explorer/accounts/{ACCOUNT}?lang=zh", title=ACCOUNT)
    [button] = found.all("button", **{"data-copy": ACCOUNT})
    assert "hidden" in button
    assert button["aria-label"] == "复制 0x5b38…ddc4"


def test_times_and_days_are_for_machines_too() -> None:
    found = drawn("{{ parts.time(0) }} {{ parts.day('2026-11-21') }}")
    assert [one["datetime"] for one in found.all("time")] == ["1970-01-01T08:00:00+08:00", "2026-11-21"]


def test_what_others_wrote_is_text_in_every_part() -> None:
    evil = '"><script>alert(1)</script>'
    template = "{{ parts.hash(evil, evil) }}{{ parts.empty(evil) }}{{ parts.crumbs([(evil, evil)]) }}"
    template += "{{ parts.tabs([('a', evil, evil)], 'a') }}{{ parts.pager(evil, evil) }}"
    template += "{{ charts.by_category(rows, evil, evil, evil) }}{{ charts.stacked(chart, evil, evil) }}"
    chart = stacked_bars("c", (evil,), [Period(evil, (1,), evil)])
    found = drawn(template, evil=evil, rows=categories([(evil, 1, evil)]), chart=chart)
    assert not found.all("script")
    assert evil in found.text
    assert not [one for _, one in found.found if "style" in one or any(name.startswith("on") for name in one)]


def test_a_chart_says_its_numbers_thrice() -> None:
    chart = stacked_bars("c", ("签发", "注销"), [Period("2026-01", (30, 20), "/x"), Period("2026-02", (5, 0))])
    found = drawn("{{ charts.stacked(chart, '每月', '月份') }}", chart=chart)
    assert "2026-01 · 签发 0.00003 吨 · 注销 0.00002 吨" in found.text
    assert "签发共 0.000035 吨" in found.text
    assert [one["value"] for one in found.all("data")] == ["30", "20", "50", "5", "0", "5", "35", "20", "55"]
    [svg] = found.all("svg", role="group")
    assert svg["aria-labelledby"] == "c-title c-said"
    ids = [one["id"] for _, one in found.found if "id" in one]
    assert len(ids) == len(set(ids))
    assert {one["fill"] for one in found.all("rect", **{"class": "piece"})} == {"url(#c-0)", "url(#c-1)"}


def test_a_chart_without_links_is_a_picture_and_one_of_nothing_says_so() -> None:
    found = drawn("{{ charts.stacked(chart, 'x', 'y') }}", chart=stacked_bars("c", ("a",), [Period("1", (3,))]))
    assert found.all("svg", role="img")
    assert "还没有数据" in drawn("{{ charts.stacked(c, 'x', 'y') }}", c=stacked_bars("c", ("a",), [])).text
    assert "还没有数据" in drawn("{{ charts.by_category(c, 'x', 'y', 'z') }}", c=categories([])).text


def test_a_line_is_described() -> None:
    found = drawn("{{ charts.sparkline(points, '升高') }}{{ charts.sparkline('', 'x') }}", points=sparkline([1, 2]))
    assert [one["aria-label"] for one in found.all("svg")] == ["升高"]
