// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Purposes} from "../../src/types/Purposes.sol";
import {CancellationPurpose, ReductionClass} from "../../src/types/Types.sol";
import {Base} from "../Base.sol";

contract PurposesTest is Base {
    /// @dev M12 as a table: rows None, I, II; columns None, restoration, event, voluntary, compliance.
    function test_IsAllowed() external pure {
        bool[5][3] memory allowed =
            [[false, false, false, false, false], [false, true, true, true, true], [false, true, true, true, false]];
        for (uint8 class = 0; class < 3; ++class) {
            for (uint8 purpose = 0; purpose < 5; ++purpose) {
                assertEq(
                    Purposes.isAllowed(ReductionClass(class), CancellationPurpose(purpose)), allowed[class][purpose]
                );
            }
        }
    }
}
