// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Made by the submitter and saved before the first try; the key of exactly-once (docs/spec/01-concepts.md §1.5). Never zero.
type OperationId is bytes32;

/// @notice One published version of a methodology: `Encodings.methodologyId(code, version)`.
type MethodologyId is bytes32;

/// @notice One registered project or scenario: `Encodings.activityId(code)`.
type ActivityId is bytes32;

/// @notice One lot, which is also its ERC-1155 token id: `Encodings.lotId(...)`.
type LotId is uint256;

/// @notice What days are credited to, whatever the class: `Encodings.claimId(activityId, facilityId)`.
type ClaimId is bytes32;

/// @notice Who owes a deficit: `Encodings.debtorId(activityId, facilityId, class)`.
type DebtorId is bytes32;

/// @notice One campaign that points are donated to: `Encodings.campaignId(code)`.
type CampaignId is bytes32;

/// @notice A day of the civil calendar in Shanghai (UTC+8, no daylight saving), counted from 1970-01-01 as day 0.
type CivilDay is uint32;

/// @notice M2, G3.1: an account belongs to an institution or to a person.
enum AccountKind {
    None,
    Institution,
    Personal
}

/// @notice Unknown -> Active <-> Frozen; Active -> Closed, which is final (docs/spec/02-states.md).
enum AccountStatus {
    Unknown,
    Active,
    Frozen,
    Closed
}

/// @notice Who moves what an account holds: the holder's own key, or the platform on the holder's instruction (M7).
enum Custody {
    None,
    Holder,
    Platform
}

/// @notice M8: class I and class II of methodologies; the class decides what a reduction may be used for (M12).
enum ReductionClass {
    None,
    I,
    II
}

/// @notice M8: a methodology is written for projects or for scenarios.
enum MethodologyKind {
    None,
    Project,
    Scenario
}

/// @notice Unknown -> Published -> Withdrawn, which is final.
enum MethodologyStatus {
    Unknown,
    Published,
    Withdrawn
}

/// @notice M9, M19: behaviour scenarios are registered here too but can never issue reductions.
enum ActivityKind {
    None,
    Project,
    ReductionScenario,
    BehaviourScenario
}

/// @notice Unknown -> Active <-> Suspended; Active or Suspended -> Closed or Withdrawn, both final.
enum ActivityStatus {
    Unknown,
    Active,
    Suspended,
    Closed,
    Withdrawn
}

/// @notice Unknown -> Proposed -> Confirmed or Rejected, both final.
enum ProposalStatus {
    Unknown,
    Proposed,
    Confirmed,
    Rejected
}

/// @notice M12 to M15: what a reduction is cancelled for.
enum CancellationPurpose {
    None,
    EcologicalRestoration,
    EventNeutrality,
    VoluntaryOffset,
    EtsCompliance
}

/// @notice What the entries of a points batch are; also the `kind` of each of its entry leaves, so never renumber.
enum BatchKind {
    None,
    Earn,
    Redeem,
    Donate,
    Cancel,
    Correct,
    Behaviour,
    Snapshot
}

/// @notice G7.1: how a mall provider takes part.
enum ProviderMode {
    None,
    ThirdPartyMall,
    SubPlatform,
    LimitedEvent,
    Other
}

/// @notice Unknown -> Active <-> Suspended; Active or Suspended -> Closed; Closed -> Active by a new admission.
enum ProviderStatus {
    Unknown,
    Active,
    Suspended,
    Closed
}

/// @notice Unknown -> Open -> Closed, which is final.
enum CampaignStatus {
    Unknown,
    Open,
    Closed
}

/// @notice The `kind` of a log leaf. Numbers are part of the hashed encoding: never renumber, only add.
library OperationKind {
    uint16 internal constant ACCOUNT_OPENED = 1;
    uint16 internal constant ACCOUNT_FROZEN = 2;
    uint16 internal constant ACCOUNT_UNFROZEN = 3;
    uint16 internal constant ACCOUNT_CLOSED = 4;

    uint16 internal constant METHODOLOGY_PUBLISHED = 16;
    uint16 internal constant METHODOLOGY_WITHDRAWN = 17;

    uint16 internal constant ACTIVITY_REGISTERED = 32;
    uint16 internal constant ACTIVITY_SUSPENDED = 33;
    uint16 internal constant ACTIVITY_RESUMED = 34;
    uint16 internal constant ACTIVITY_CLOSED = 35;
    uint16 internal constant ACTIVITY_WITHDRAWN = 36;

    uint16 internal constant ISSUANCE_PROPOSED = 48;
    uint16 internal constant ISSUANCE_CONFIRMED = 49;
    uint16 internal constant ISSUANCE_REJECTED = 50;
    uint16 internal constant REDUCTION_TRANSFERRED = 51;
    uint16 internal constant REDUCTION_CANCELLED = 52;
    uint16 internal constant REDUCTION_CORRECTED = 53;
    uint16 internal constant LOT_FROZEN = 54;
    uint16 internal constant LOT_UNFROZEN = 55;
    uint16 internal constant POINTS_BOUGHT_BACK = 56;

    uint16 internal constant PROVIDER_ADMITTED = 64;
    uint16 internal constant PROVIDER_SUSPENDED = 65;
    uint16 internal constant PROVIDER_RESUMED = 66;
    uint16 internal constant PROVIDER_CLOSED = 67;

    uint16 internal constant CAMPAIGN_OPENED = 72;
    uint16 internal constant CAMPAIGN_CLOSED = 73;

    uint16 internal constant POINTS_EARNED = 80;
    uint16 internal constant POINTS_REDEEMED = 81;
    uint16 internal constant POINTS_DONATED = 82;
    uint16 internal constant POINTS_CANCELLED = 83;
    uint16 internal constant POINTS_CORRECTED = 84;
    uint16 internal constant BEHAVIOUR_RECORDED = 85;
    uint16 internal constant POINTS_SNAPSHOT_TAKEN = 86;
    uint16 internal constant CAMPAIGN_CANCELLED = 87;
}
