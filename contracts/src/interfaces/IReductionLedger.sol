// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    ActivityId,
    CancellationPurpose,
    CivilDay,
    LotId,
    MethodologyId,
    OperationId,
    ProposalStatus,
    ReductionClass
} from "../types/Types.sol";
import {IHoldings} from "./IAccountRegistry.sol";
import {IOperationLedger} from "./IOperationLedger.sol";

/// @title Confirmed reductions: issued by two bodies, held as lots, transferred, cancelled, corrected (M11 to M18)
/// @notice An ERC-1155 ledger whose token id is a lot and whose unit is one gram of CO2e. The ERC-1155 transfer
/// functions are closed: every movement is an operation with a record and a leaf.
///
/// A lot owns the serial numbers [firstSerial, firstSerial + issuedGrams). Cancellations take them from the front,
/// take-backs from the back, so no two ranges can meet while cancelled + takenBack <= issued.
interface IReductionLedger is IOperationLedger, IHoldings {
    struct Proposal {
        ActivityId activityId;
        CivilDay firstDay;
        CivilDay lastDay;
        uint128 grams;
        address proposer;
        ProposalStatus status;
    }

    /// @notice A lot made by a confirmed issuance, or by buying points back. The latter has neither activity nor methodology
    /// nor days (all zero): its points came from many.
    /// @param creditedAccount account that the issuance went to and that a correction takes back from
    /// @param firstSerial first of the lot's serial numbers; the ledger's first is 1
    /// @param issuedGrams confirmed quantity, in g CO2e, fixed for ever
    /// @param cancelledGrams in g CO2e, never falls
    /// @param takenBackGrams withheld at issuance for a deficit or taken back by corrections, in g CO2e, never falls
    /// @param correctedGrams found over-credited, taken back or not, in g CO2e, never falls
    struct Lot {
        ActivityId activityId;
        MethodologyId methodologyId;
        ReductionClass class;
        bool frozen;
        CivilDay firstDay;
        CivilDay lastDay;
        address creditedAccount;
        uint128 firstSerial;
        uint128 issuedGrams;
        uint128 cancelledGrams;
        uint128 takenBackGrams;
        uint128 correctedGrams;
    }

    /// @notice Per class: issued + boughtBack = held + cancelled + takenBack (docs/spec/01-concepts.md §1.4, 1), all in g CO2e.
    /// @param boughtBackGrams came in from points, which the points ledger counts as issued
    struct ClassTotals {
        uint128 issuedGrams;
        uint128 heldGrams;
        uint128 cancelledGrams;
        uint128 takenBackGrams;
        uint128 boughtBackGrams;
    }

    /// @notice A proposal waits under the id of the operation that made it.
    event IssuanceProposed(
        OperationId indexed operationId,
        ActivityId indexed activityId,
        address indexed proposer,
        CivilDay firstDay,
        CivilDay lastDay,
        uint128 grams
    );
    event IssuanceConfirmed(
        LotId indexed lotId,
        OperationId indexed operationId,
        OperationId indexed proposalId,
        ActivityId activityId,
        MethodologyId methodologyId,
        ReductionClass class,
        CivilDay firstDay,
        CivilDay lastDay,
        address creditedAccount,
        uint128 firstSerial,
        uint128 issuedGrams,
        uint128 withheldGrams
    );
    event IssuanceRejected(OperationId indexed operationId, OperationId indexed proposalId);
    event ReductionTransferred(
        LotId indexed lotId, address indexed from, address indexed to, OperationId operationId, uint128 grams
    );
    event ReductionCancelled(
        LotId indexed lotId,
        address indexed account,
        uint64 indexed certificateNumber,
        OperationId operationId,
        CancellationPurpose purpose,
        uint128 grams,
        uint128 firstSerial
    );
    event ReductionCorrected(
        LotId indexed lotId,
        address indexed account,
        OperationId indexed operationId,
        uint128 grams,
        uint128 takenBackGrams,
        uint128 shortfallGrams
    );
    /// @param operationId operation of the buy-back itself, which follows from that of the redemption
    /// @param redeemOperationId redemption that filled the provider's pool
    /// @param firstSerial first of the lot's serial numbers
    /// @param grams whole tonnes, in g CO2e
    event PointsBoughtBack(
        LotId indexed lotId,
        address indexed provider,
        OperationId indexed operationId,
        OperationId redeemOperationId,
        ReductionClass class,
        uint128 firstSerial,
        uint128 grams
    );
    event LotFrozen(LotId indexed lotId, OperationId indexed operationId);
    event LotUnfrozen(LotId indexed lotId, OperationId indexed operationId);

    error ReductionLedger_ProposalWrongStatus(OperationId proposalId, ProposalStatus status, ProposalStatus expected);
    /// @notice Two bodies decide an issuance: whoever proposed it can never confirm it (M11).
    error ReductionLedger_SameProposerAndConfirmer(OperationId proposalId, address key);
    error ReductionLedger_UnknownLot(LotId lotId);
    error ReductionLedger_LotFrozen(LotId lotId);
    error ReductionLedger_LotNotFrozen(LotId lotId);
    error ReductionLedger_ZeroQuantity();
    error ReductionLedger_InsufficientBalance(address account, LotId lotId, uint256 heldGrams, uint128 grams);
    error ReductionLedger_SelfTransfer(address account);
    /// @notice The platform may act only for accounts that were opened in its custody.
    error ReductionLedger_NotInPlatformCustody(address account);
    error ReductionLedger_PurposeMissing();
    /// @notice M12: only class I serves ETS compliance.
    error ReductionLedger_PurposeNotAllowed(LotId lotId, ReductionClass class, CancellationPurpose purpose);
    error ReductionLedger_CorrectionExceedsLot(LotId lotId, uint128 uncorrectedGrams, uint128 grams);
    /// @notice A lot of points bought back has no activity that could have been credited wrongly: correct the earn batch.
    error ReductionLedger_LotBoughtBack(LotId lotId);
    /// @notice Serial numbers stay below 2^63 so that every store and every language can hold them.
    error ReductionLedger_SerialsExhausted(uint256 nextSerial, uint128 grams);
    /// @notice ERC-1155 transfers are closed: a movement without operation and record would leave no trace.
    error ReductionLedger_UseOperations();

    /// @notice Proposes an issuance. `restricted` to the technical centre.
    function proposeIssuance(
        OperationId operationId,
        ActivityId activityId,
        CivilDay firstDay,
        CivilDay lastDay,
        uint128 grams,
        bytes32 recordHash
    ) external;

    /// @notice Confirms a proposal and credits the activity's operator with a new lot. `restricted` to the regulator.
    function confirmIssuance(OperationId operationId, OperationId proposalId, bytes32 recordHash) external;

    /// @notice Rejects a proposal. `restricted` to the regulator.
    function rejectIssuance(OperationId operationId, OperationId proposalId, bytes32 recordHash) external;

    /// @notice Moves grams of a lot from the caller's account.
    function transfer(OperationId operationId, address to, LotId lotId, uint128 grams, bytes32 recordHash) external;

    /// @notice Moves grams of a lot from an account in the platform's custody. `restricted` to the platform.
    function transferFor(
        OperationId operationId,
        address from,
        address to,
        LotId lotId,
        uint128 grams,
        bytes32 recordHash
    ) external;

    /// @notice Cancels grams of a lot held by the caller, for ever (M18), and gives the next certificate number.
    function cancel(
        OperationId operationId,
        LotId lotId,
        uint128 grams,
        CancellationPurpose purpose,
        bytes32 recordHash
    ) external;

    /// @notice Cancels grams of an account in the platform's custody. `restricted` to the platform.
    function cancelFor(
        OperationId operationId,
        address account,
        LotId lotId,
        uint128 grams,
        CancellationPurpose purpose,
        bytes32 recordHash
    ) external;

    /// @notice Takes back over-credited grams of a lot as far as the credited account still holds them; the rest joins
    /// the deficit of the activity's debtor (M11). `restricted` to the regulator.
    function correct(OperationId operationId, LotId lotId, uint128 grams, bytes32 recordHash) external;

    /// @notice Stops every movement of a lot but corrections. `restricted` to the regulator.
    function freezeLot(OperationId operationId, LotId lotId, bytes32 recordHash) external;

    /// @notice Lets a frozen lot move again. `restricted` to the regulator.
    function unfreezeLot(OperationId operationId, LotId lotId, bytes32 recordHash) external;

    /// @notice Makes a lot of points that the points ledger gives up (G6). `restricted` to the ledgers, which answer for
    /// the points, the class and the provider.
    /// The buy-back is an operation of its own, with a leaf, under `Encodings.buyBackOperationId(redeemId)`.
    /// @param redeemId the redemption that filled the provider's pool
    /// @param grams whole tonnes, in g CO2e
    /// @param recordHash of the redemption
    function buyBack(OperationId redeemId, address provider, ReductionClass class, uint128 grams, bytes32 recordHash)
        external
        returns (LotId lotId);

    /// @notice Gives the next `count` certificate numbers to another ledger, which publishes what they stand for.
    /// `restricted` to the ledgers.
    function takeCertificateNumbers(uint64 count) external returns (uint64 first);

    function proposalOf(OperationId proposalId) external view returns (Proposal memory);

    /// @notice The lot as stored; class None if never issued.
    function lotOf(LotId lotId) external view returns (Lot memory);

    function totalsOf(ReductionClass class) external view returns (ClassTotals memory);

    /// @notice Certificates given so far, over both ledgers; their numbers are 1 to this, without gaps.
    function certificateCount() external view returns (uint64);

    /// @notice The serial number that the next lot will start with.
    function nextSerial() external view returns (uint128);
}
