"""The rules of docs/spec/05-points.md §5.6 that a measurement may break: one class each, whose `code` is the rule."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import NotQuantified, shorten

Inputs = tuple[tuple[str, int], ...]
"""Names and values of what was measured, sorted by name."""


def _shown(inputs: Inputs) -> str:
    return ", ".join(f"{name} {value}" for name, value in inputs) or "no inputs"


@dataclass(unsafe_hash=True)
class InputMissing(NotQuantified):
    """The formula, or a range, needs an input that was not measured."""

    input: str

    def explain(self) -> str:
        return f"{self.input} is missing, but the methodology needs it; send the row again with it."

    def explain_chinese(self) -> str:
        return f"缺少方法学所需的数据项 {self.input},请补全后重新报送。"


@dataclass(unsafe_hash=True)
class InputOutOfRange(NotQuantified):
    """An input lies outside the closed range that the methodology gives it, or outside what can be measured at all."""

    input: str
    value: int
    least: int
    most: int

    def explain(self) -> str:
        return (
            f"{self.input} is {self.value}, but only {self.least} to {self.most} is credited; "
            "check the unit and the reading."
        )

    def explain_chinese(self) -> str:
        return f"{self.input} 为 {self.value},超出允许范围 {self.least} 至 {self.most},请核对单位和读数。"


@dataclass(unsafe_hash=True)
class ReadingAboveNameplate(NotQuantified):
    """More energy than the plant could have made in that time at its nameplate power."""

    energy_wh: int
    nameplate_w: int
    duration_s: int

    def explain(self) -> str:
        return (
            f"{self.energy_wh} Wh is more than {self.nameplate_w} W can make in {self.duration_s} s; "
            "check the meter, the unit and the period."
        )

    def explain_chinese(self) -> str:
        return (
            f"电量 {self.energy_wh} Wh 超过额定功率 {self.nameplate_w} W 在 {self.duration_s} 秒内的最大发电量,"
            "请核对电表、单位和时段。"
        )


@dataclass(unsafe_hash=True)
class NothingReduced(NotQuantified):
    """The result is 0 g."""

    inputs: Inputs

    def explain(self) -> str:
        return f"This makes 0 g ({_shown(self.inputs)}): nothing was reduced, so there is nothing to credit."

    def explain_chinese(self) -> str:
        return f"减排量为 0 克({_shown(self.inputs)}),不予计入。"


@dataclass(unsafe_hash=True)
class QuantityTooLarge(NotQuantified):
    """The result is 2**63 g or more, which no ledger holds."""

    inputs: Inputs
    grams: int

    def explain(self) -> str:
        return (
            f"This makes {self.grams} g ({_shown(self.inputs)}), more than any ledger holds; "
            "check the unit and the factor."
        )

    def explain_chinese(self) -> str:
        return f"减排量 {self.grams} 克({_shown(self.inputs)})超出账本上限,请核对单位和因子。"


@dataclass(unsafe_hash=True)
class UnknownStation(NotQuantified):
    """A trip begins or ends at a station that the network does not have."""

    station: str

    def explain(self) -> str:
        return f"The network has no station {shorten(self.station)}; check its name, or publish a newer table."

    def explain_chinese(self) -> str:
        return f"线网表中没有站点 {shorten(self.station)},请核对站名或更新线网表。"


@dataclass(unsafe_hash=True)
class StationUnreachable(NotQuantified):
    """No path of the network leads from one station to the other."""

    origin: str
    destination: str

    def explain(self) -> str:
        return (
            f"No path of the network leads from {shorten(self.origin)} to {shorten(self.destination)}; "
            "check both names, or publish a newer table."
        )

    def explain_chinese(self) -> str:
        return f"线网表中 {shorten(self.origin)} 无法到达 {shorten(self.destination)},请核对站名或更新线网表。"
