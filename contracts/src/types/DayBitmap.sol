// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CivilDay} from "./Types.sol";

/// @title A set of days, 256 to a word
/// @notice Adding a period costs one storage write for each 256 days, and asking whether any of its days was added
/// before costs one read for each, however many periods there are.
library DayBitmap {
    struct Days {
        mapping(uint256 word => uint256) words;
    }

    /// @notice Adds every day of [first, last].
    function add(Days storage self, CivilDay first, CivilDay last) internal {
        (uint256 from, uint256 to) = (CivilDay.unwrap(first), CivilDay.unwrap(last));
        for (uint256 word = from >> 8; word <= to >> 8; ++word) {
            self.words[word] |= _mask(word, from, to);
        }
    }

    /// @notice Whether some day of [first, last] is in the set.
    function meets(Days storage self, CivilDay first, CivilDay last) internal view returns (bool) {
        (uint256 from, uint256 to) = (CivilDay.unwrap(first), CivilDay.unwrap(last));
        for (uint256 word = from >> 8; word <= to >> 8; ++word) {
            if (self.words[word] & _mask(word, from, to) != 0) return true;
        }
        return false;
    }

    /// @notice Whether `day` is in the set.
    function contains(Days storage self, CivilDay day) internal view returns (bool) {
        return meets(self, day, day);
    }

    /// @dev Bits of `word` that belong to days from..to, of which the word holds at least one.
    function _mask(uint256 word, uint256 from, uint256 to) private pure returns (uint256 mask) {
        mask = type(uint256).max;
        if (word == from >> 8) mask <<= from & 0xff;
        if (word == to >> 8) mask &= type(uint256).max >> (0xff - (to & 0xff));
    }
}
