// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DayBitmap} from "../../src/types/DayBitmap.sol";
import {CivilDay} from "../../src/types/Types.sol";
import {Base} from "../Base.sol";

contract DayBitmapTest is Base {
    using DayBitmap for DayBitmap.Days;

    uint32 private constant LAST_DAY = type(uint32).max;

    DayBitmap.Days private _days;

    /// @dev The naive model: every period that was added, compared end by end.
    uint32[2][] private _periods;

    function test_Add_WhenWithinOneWord() external {
        _add(256 + 10, 256 + 20);
        assertFalse(_contains(256 + 9));
        for (uint32 day = 256 + 10; day <= 256 + 20; ++day) {
            assertTrue(_contains(day));
        }
        assertFalse(_contains(256 + 21));
    }

    function test_Add_WhenAtTheEdgesOfWords() external {
        _add(255, 255);
        _add(257, 767);
        assertFalse(_contains(254));
        assertTrue(_contains(255));
        assertFalse(_contains(256));
        assertTrue(_contains(257));
        assertTrue(_contains(511));
        assertTrue(_contains(512));
        assertTrue(_contains(767));
        assertFalse(_contains(768));
    }

    function test_Add_WhenAtTheEndOfTime() external {
        _add(LAST_DAY, LAST_DAY);
        assertTrue(_contains(LAST_DAY));
        assertFalse(_contains(LAST_DAY - 1));
        assertTrue(_meets(LAST_DAY - 1000, LAST_DAY));
        _add(0, 0);
        assertTrue(_contains(0));
        assertFalse(_contains(1));
    }

    function test_Meets_WhenOnlyTouching() external {
        _add(100, 200);
        assertFalse(_meets(50, 99));
        assertTrue(_meets(50, 100));
        assertTrue(_meets(120, 130));
        assertTrue(_meets(200, 300));
        assertFalse(_meets(201, 300));
        assertTrue(_meets(50, 300));
    }

    /// @dev Adds those periods that meet none before, as the registry does, and holds every answer to the model.
    function testFuzz_Meets_AsTheNaiveModel(uint32[2][24] calldata seeds) external {
        for (uint256 i = 0; i < seeds.length; ++i) {
            uint32 first = uint32(bound(seeds[i][0], 10_000, 12_000));
            uint32 last = uint32(bound(seeds[i][1], first, first + (i % 3 == 0 ? 600 : 40)));
            bool overlaps = _overlapsNaively(first, last);
            assertEq(_meets(first, last), overlaps);
            if (!overlaps) {
                _add(first, last);
                _periods.push([first, last]);
            }
            assertEq(_contains(first), _overlapsNaively(first, first));
            assertEq(_contains(last + 1), _overlapsNaively(last + 1, last + 1));
        }
    }

    function _overlapsNaively(uint32 first, uint32 last) private view returns (bool) {
        for (uint256 i = 0; i < _periods.length; ++i) {
            if (first <= _periods[i][1] && _periods[i][0] <= last) return true;
        }
        return false;
    }

    function _add(uint32 first, uint32 last) private {
        _days.add(CivilDay.wrap(first), CivilDay.wrap(last));
    }

    function _meets(uint32 first, uint32 last) private view returns (bool) {
        return _days.meets(CivilDay.wrap(first), CivilDay.wrap(last));
    }

    function _contains(uint32 day) private view returns (bool) {
        return _days.contains(CivilDay.wrap(day));
    }
}
