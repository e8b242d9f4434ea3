"""Days in a refusal's arguments are dates, and what was saved is read back as the same refusal."""

from ledger.refusals import ActivityRegistry_DayTooFar, ActivityRegistry_PeriodNotEnded, refusal_from_details


def test_days_are_dates() -> None:
    error = ActivityRegistry_PeriodNotEnded(last_day=20_453, today=20_089)
    assert error.details() == {"last_day": "2025-12-31", "today": "2025-01-01"}
    assert refusal_from_details(type(error).__name__, error.details()) == error


def test_a_day_that_no_calendar_names_stays_a_number() -> None:
    error = ActivityRegistry_DayTooFar(day=4_000_000_000, latest_day=2_932_896)
    assert error.details() == {"day": 4_000_000_000, "latest_day": "9999-12-31"}
    assert refusal_from_details(type(error).__name__, error.details()) == error


def test_what_was_saved_before_days_were_dates_is_read() -> None:
    error = ActivityRegistry_PeriodNotEnded(last_day=20_453, today=20_089)
    assert refusal_from_details(type(error).__name__, {"last_day": 20_453, "today": 20_089}) == error
