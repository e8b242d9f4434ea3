// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CivilDay} from "./Types.sol";

/// @title Days of the civil calendar in Shanghai
/// @notice Rules speak of days, blocks of seconds. This is the one place where the one becomes the other.
library CivilDays {
    /// @dev UTC+8 all year: China has no daylight saving time.
    uint256 private constant OFFSET = 8 hours;

    /// @notice 9999-12-31, the last day that calendars of other languages can name. Rules name none after it.
    CivilDay internal constant LATEST = CivilDay.wrap(2_932_896);

    /// @notice The civil day on which `timestamp` (seconds since 1970-01-01 00:00 UTC) falls.
    function dayOf(uint64 timestamp) internal pure returns (CivilDay) {
        // 2^64 seconds are more days than a u32 counts; block time reaches that in the year 11761191.
        return CivilDay.wrap(uint32((uint256(timestamp) + OFFSET) / 1 days));
    }

    /// @notice The civil day of this block.
    function today() internal view returns (CivilDay) {
        return dayOf(uint64(block.timestamp));
    }

    /// @notice Whether the period [first, last] has no day in it.
    function isEmpty(CivilDay first, CivilDay last) internal pure returns (bool) {
        return CivilDay.unwrap(first) > CivilDay.unwrap(last);
    }

    /// @notice Whether `day` lies in the period [first, last].
    function isWithin(CivilDay day, CivilDay first, CivilDay last) internal pure returns (bool) {
        return CivilDay.unwrap(first) <= CivilDay.unwrap(day) && CivilDay.unwrap(day) <= CivilDay.unwrap(last);
    }
}
