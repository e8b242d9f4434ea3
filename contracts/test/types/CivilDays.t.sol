// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CivilDays} from "../../src/types/CivilDays.sol";
import {CivilDay} from "../../src/types/Types.sol";
import {Base} from "../Base.sol";

contract CivilDaysTest is Base {
    /// @dev 2025-06-30 16:00:00 UTC, which is 2025-07-01 00:00:00 in Shanghai.
    uint64 private constant MIDNIGHT = 1_751_299_200;
    uint32 private constant DAY = 20_270;

    function test_DayOf_WhenFirstSecond() external pure {
        assertEq(CivilDay.unwrap(CivilDays.dayOf(MIDNIGHT)), DAY);
        assertEq(CivilDay.unwrap(CivilDays.dayOf(MIDNIGHT - 1)), DAY - 1);
    }

    function test_DayOf_WhenLastSecond() external pure {
        assertEq(CivilDay.unwrap(CivilDays.dayOf(MIDNIGHT + 1 days - 1)), DAY);
        assertEq(CivilDay.unwrap(CivilDays.dayOf(MIDNIGHT + 1 days)), DAY + 1);
    }

    function test_DayOf_WhenEpoch() external pure {
        assertEq(CivilDay.unwrap(CivilDays.dayOf(0)), 0);
        assertEq(CivilDay.unwrap(CivilDays.dayOf(16 hours)), 1);
    }

    function test_Today() external {
        vm.warp(MIDNIGHT);
        assertEq(CivilDay.unwrap(CivilDays.today()), DAY);
        vm.warp(MIDNIGHT - 1);
        assertEq(CivilDay.unwrap(CivilDays.today()), DAY - 1);
    }

    function test_IsEmpty_WhenLastBeforeFirst() external pure {
        assertTrue(CivilDays.isEmpty(CivilDay.wrap(5), CivilDay.wrap(4)));
    }

    function test_IsEmpty_WhenSameDay() external pure {
        assertFalse(CivilDays.isEmpty(CivilDay.wrap(5), CivilDay.wrap(5)));
    }

    function testFuzz_IsWithin(uint32 day, uint32 first, uint32 last) external pure {
        bool inside = CivilDays.isWithin(CivilDay.wrap(day), CivilDay.wrap(first), CivilDay.wrap(last));
        assertEq(inside, !(day < first || day > last));
    }

    function test_IsWithin_WhenAtTheEdges() external pure {
        CivilDay first = CivilDay.wrap(10);
        CivilDay last = CivilDay.wrap(12);
        assertFalse(CivilDays.isWithin(CivilDay.wrap(9), first, last));
        assertTrue(CivilDays.isWithin(first, first, last));
        assertTrue(CivilDays.isWithin(CivilDay.wrap(11), first, last));
        assertTrue(CivilDays.isWithin(last, first, last));
        assertFalse(CivilDays.isWithin(CivilDay.wrap(13), first, last));
    }
}
