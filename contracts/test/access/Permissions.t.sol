// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Roles} from "../../src/access/Roles.sol";
import {IHoldings} from "../../src/interfaces/IAccountRegistry.sol";
import {IPointLedger} from "../../src/interfaces/IPointLedger.sol";
import {ITransparencyLog} from "../../src/interfaces/ITransparencyLog.sol";
import {
    AccountKind,
    ActivityId,
    CampaignId,
    CancellationPurpose,
    Custody,
    LotId,
    MethodologyId,
    MethodologyKind,
    OperationId,
    ReductionClass
} from "../../src/types/Types.sol";
import {Fixture} from "../helpers/Fixture.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

contract PermissionsTest is Fixture {
    /// @dev A function that asks for a role, with a call of it.
    struct Restricted {
        string name;
        address target;
        uint64 role;
        bytes call;
    }

    uint64 private constant ADMIN = 0;
    uint64 private constant NOBODY = type(uint64).max - 1;

    Restricted[] private _table;
    mapping(address target => mapping(bytes32 name => bool)) private _known;

    function setUp() public override {
        super.setUp();
        _listLog();
        _listAccounts();
        _listMethodologies();
        _listActivities();
        _listLedger();
        _listProviders();
        _listCampaigns();
        _listPoints();
        address[8] memory targets = [
            address(log),
            address(accounts),
            address(methodologies),
            address(activities),
            address(ledger),
            address(providers),
            address(campaigns),
            address(points)
        ];
        for (uint256 i = 0; i < targets.length; ++i) {
            // Only the manager itself may hand a contract to another manager; it has none of our roles.
            _list("setAuthority", targets[i], NOBODY, abi.encodeCall(IAccessManaged.setAuthority, (stranger)));
            // Open to everybody: multicall adds no power, transfer and cancel act for the caller alone. (The ERC-1155
            // ways to move are closed, and pure.)
            _known[targets[i]]["multicall"] = targets[i] != address(log);
        }
        _known[address(ledger)]["transfer"] = true;
        _known[address(ledger)]["cancel"] = true;
    }

    function test_Restricted_OnlyToTheRoleOfTheTable() external {
        (address[] memory keys, uint64[] memory roles) = _keys();
        for (uint256 row = 0; row < _table.length; ++row) {
            for (uint256 i = 0; i < keys.length; ++i) {
                _checkCall(_table[row], keys[i], roles[i] == _table[row].role, _table[row].call);
            }
        }
    }

    function test_Restricted_InsideMulticallToo() external {
        (address[] memory keys, uint64[] memory roles) = _keys();
        for (uint256 row = 0; row < _table.length; ++row) {
            if (_table[row].target == address(log)) continue;
            bytes[] memory calls = new bytes[](1);
            calls[0] = _table[row].call;
            bytes memory batch = abi.encodeCall(Multicall.multicall, (calls));
            for (uint256 i = 0; i < keys.length; ++i) {
                _checkCall(_table[row], keys[i], roles[i] == _table[row].role, batch);
            }
        }
    }

    function test_Open_AsksForNoRole() external {
        LotId lot = LotId.wrap(1);
        bytes memory moving = abi.encodeCall(ledger.transfer, (op(), buyer, lot, 1, RECORD));
        bytes memory cancelling =
            abi.encodeCall(ledger.cancel, (op(), lot, 1, CancellationPurpose.VoluntaryOffset, RECORD));
        (address[] memory keys,) = _keys();
        for (uint256 i = 0; i < keys.length; ++i) {
            assertFalse(_isRefused(address(ledger), keys[i], moving));
            assertFalse(_isRefused(address(ledger), keys[i], cancelling));
        }
    }

    function test_SetAuthority_OpenToTheManager() external {
        vm.prank(admin);
        manager.updateAuthority(address(ledger), address(log));
        assertEq(ledger.authority(), address(log));
    }

    /// @dev The committed ABI is checked against the compiler's by `make check`.
    function test_Tables_AreComplete() external view {
        _checkComplete("TransparencyLog", address(log), 2);
        _checkComplete("AccountRegistry", address(accounts), 7);
        _checkComplete("MethodologyRegistry", address(methodologies), 4);
        _checkComplete("ActivityRegistry", address(activities), 10);
        _checkComplete("ReductionLedger", address(ledger), 14);
        _checkComplete("ProviderRegistry", address(providers), 6);
        _checkComplete("CampaignRegistry", address(campaigns), 4);
        _checkComplete("PointLedger", address(points), 10);
    }

    // --------------------------------------------------------------------------------------------------------- tables

    function _keys() private view returns (address[] memory keys, uint64[] memory roles) {
        keys = new address[](9);
        roles = new uint64[](9);
        (keys[0], roles[0]) = (admin, ADMIN);
        (keys[1], roles[1]) = (regulator, Roles.REGULATOR);
        (keys[2], roles[2]) = (centre, Roles.TECHNICAL_CENTRE);
        (keys[3], roles[3]) = (exchange, Roles.EXCHANGE);
        (keys[4], roles[4]) = (platform, Roles.PLATFORM);
        (keys[5], roles[5]) = (address(ledger), Roles.LEDGER);
        // A holder, somebody unknown, and an address without code or key.
        (keys[6], roles[6]) = (owner, type(uint64).max);
        (keys[7], roles[7]) = (stranger, type(uint64).max);
        (keys[8], roles[8]) = (kept, type(uint64).max);
    }

    function _listLog() private {
        ITransparencyLog.Entry memory entry;
        _list("append", address(log), Roles.LEDGER, abi.encodeCall(log.append, (entry)));
    }

    function _listAccounts() private {
        address to = address(accounts);
        bytes memory opening =
            abi.encodeCall(accounts.open, (op(), account("new"), AccountKind.Personal, Custody.Holder, RECORD, RECORD));
        _list("open", to, Roles.PLATFORM, opening);
        _list("close", to, Roles.PLATFORM, abi.encodeCall(accounts.close, (op(), owner, RECORD)));
        _list("freeze", to, Roles.REGULATOR, abi.encodeCall(accounts.freeze, (op(), buyer, RECORD)));
        _list("unfreeze", to, Roles.REGULATOR, abi.encodeCall(accounts.unfreeze, (op(), buyer, RECORD)));
        _list(
            "addHoldingsSource", to, ADMIN, abi.encodeCall(accounts.addHoldingsSource, (IHoldings(account("source"))))
        );
    }

    function _listMethodologies() private {
        address to = address(methodologies);
        bytes memory publishing = abi.encodeCall(
            methodologies.publish, (op(), publicationOf("NEW", 1, MethodologyKind.Project, ReductionClass.I), RECORD)
        );
        _list("publish", to, Roles.REGULATOR, publishing);
        MethodologyId unknown = MethodologyId.wrap(RECORD);
        _list("withdraw", to, Roles.REGULATOR, abi.encodeCall(methodologies.withdraw, (op(), unknown, RECORD)));
    }

    function _listActivities() private {
        address to = address(activities);
        ActivityId id = ActivityId.wrap(RECORD);
        _list("register", to, Roles.REGULATOR, abi.encodeCall(activities.register, (op(), projectOf("PV"), RECORD)));
        _list("suspend", to, Roles.REGULATOR, abi.encodeCall(activities.suspend, (op(), id, RECORD)));
        _list("resume", to, Roles.REGULATOR, abi.encodeCall(activities.resume, (op(), id, RECORD)));
        _list("close", to, Roles.REGULATOR, abi.encodeCall(activities.close, (op(), id, RECORD)));
        _list("withdraw", to, Roles.REGULATOR, abi.encodeCall(activities.withdraw, (op(), id, RECORD)));
        _list("recordIssuance", to, Roles.LEDGER, abi.encodeCall(activities.recordIssuance, (id, day(1), day(2), 1)));
        _list("recordCorrection", to, Roles.LEDGER, abi.encodeCall(activities.recordCorrection, (id, 1, 0)));
        _list("recordEarning", to, Roles.LEDGER, abi.encodeCall(activities.recordEarning, (id, day(1), day(2), 1)));
    }

    function _listLedger() private {
        address to = address(ledger);
        LotId lot = LotId.wrap(1);
        OperationId proposal = OperationId.wrap(RECORD);
        bytes memory proposing =
            abi.encodeCall(ledger.proposeIssuance, (op(), ActivityId.wrap(RECORD), day(1), day(2), 1, RECORD));
        bytes memory cancelling =
            abi.encodeCall(ledger.cancelFor, (op(), kept, lot, 1, CancellationPurpose.VoluntaryOffset, RECORD));
        _list("proposeIssuance", to, Roles.TECHNICAL_CENTRE, proposing);
        _list("confirmIssuance", to, Roles.REGULATOR, abi.encodeCall(ledger.confirmIssuance, (op(), proposal, RECORD)));
        _list("rejectIssuance", to, Roles.REGULATOR, abi.encodeCall(ledger.rejectIssuance, (op(), proposal, RECORD)));
        _list(
            "transferFor", to, Roles.PLATFORM, abi.encodeCall(ledger.transferFor, (op(), kept, buyer, lot, 1, RECORD))
        );
        _list("cancelFor", to, Roles.PLATFORM, cancelling);
        _list("correct", to, Roles.REGULATOR, abi.encodeCall(ledger.correct, (op(), lot, 1, RECORD)));
        _list("freezeLot", to, Roles.REGULATOR, abi.encodeCall(ledger.freezeLot, (op(), lot, RECORD)));
        _list("unfreezeLot", to, Roles.REGULATOR, abi.encodeCall(ledger.unfreezeLot, (op(), lot, RECORD)));
        bytes memory buying = abi.encodeCall(ledger.buyBack, (op(), owner, ReductionClass.I, 1_000_000, RECORD));
        _list("buyBack", to, Roles.LEDGER, buying);
        _list("takeCertificateNumbers", to, Roles.LEDGER, abi.encodeCall(ledger.takeCertificateNumbers, (1)));
    }

    function _listProviders() private {
        address to = address(providers);
        bytes memory admitting = abi.encodeCall(providers.admit, (op(), owner, admissionOf("mall"), RECORD));
        _list("admit", to, Roles.EXCHANGE, admitting);
        _list("suspend", to, Roles.EXCHANGE, abi.encodeCall(providers.suspend, (op(), owner, RECORD)));
        _list("resume", to, Roles.EXCHANGE, abi.encodeCall(providers.resume, (op(), owner, RECORD)));
        _list("close", to, Roles.EXCHANGE, abi.encodeCall(providers.close, (op(), owner, RECORD)));
    }

    function _listCampaigns() private {
        address to = address(campaigns);
        CampaignId id = CampaignId.wrap(RECORD);
        _list("open", to, Roles.EXCHANGE, abi.encodeCall(campaigns.open, (op(), campaignFor("MARATHON"), RECORD)));
        _list("close", to, Roles.EXCHANGE, abi.encodeCall(campaigns.close, (op(), id, RECORD)));
    }

    function _listPoints() private {
        address to = address(points);
        IPointLedger.FeedHeader memory header;
        IPointLedger.BatchCommitment memory batch;
        ReductionClass class = ReductionClass.I;
        CampaignId campaign = CampaignId.wrap(RECORD);
        bytes memory behaving = abi.encodeCall(points.recordBehaviour, (op(), header, "", RECORD));
        bytes memory snapshot = abi.encodeCall(points.takeSnapshot, (op(), class, 1, batch, RECORD));
        bytes memory cancelling = abi.encodeCall(points.cancelCampaign, (op(), campaign, class, RECORD));
        _list("earn", to, Roles.PLATFORM, abi.encodeCall(points.earn, (op(), header, "", RECORD)));
        _list("recordBehaviour", to, Roles.PLATFORM, behaving);
        _list("redeem", to, Roles.PLATFORM, abi.encodeCall(points.redeem, (op(), class, owner, batch, RECORD)));
        _list("donate", to, Roles.PLATFORM, abi.encodeCall(points.donate, (op(), class, campaign, batch, RECORD)));
        _list("cancel", to, Roles.PLATFORM, abi.encodeCall(points.cancel, (op(), class, batch, RECORD)));
        _list("takeSnapshot", to, Roles.PLATFORM, snapshot);
        _list("cancelCampaign", to, Roles.PLATFORM, cancelling);
        _list("correct", to, Roles.REGULATOR, abi.encodeCall(points.correct, (op(), 1, 1, batch, RECORD)));
    }

    function _list(string memory name, address target, uint64 role, bytes memory call) private {
        _table.push(Restricted(name, target, role, call));
        _known[target][bytes32(bytes(name))] = true;
    }

    // --------------------------------------------------------------------------------------------------------- checks

    function _checkCall(Restricted storage row, address key, bool mayCall, bytes memory data) private {
        if (_isRefused(row.target, key, data) == mayCall) {
            revert(string.concat(row.name, mayCall ? " is refused to " : " is open to ", vm.toString(key)));
        }
    }

    /// @dev What the call changes is undone, so that the order of the table is of no account.
    function _isRefused(address target, address key, bytes memory data) private returns (bool) {
        uint256 before = vm.snapshotState();
        vm.prank(key);
        (bool done, bytes memory answer) = target.call(data);
        vm.revertToState(before);
        bytes memory refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, key);
        return !done && keccak256(answer) == keccak256(refusal);
    }

    function _checkComplete(string memory name, address target, uint256 expected) private view {
        string memory abiJson = vm.readFile(string.concat("snapshots/abi/", name, ".json"));
        uint256 found = 0;
        for (uint256 i = 0; vm.keyExistsJson(abiJson, _at(i)); ++i) {
            if (!_changesState(abiJson, i)) continue;
            string memory called = vm.parseJsonString(abiJson, string.concat(_at(i), ".name"));
            assertTrue(_known[target][bytes32(bytes(called))], string.concat(name, ".", called, " is in no table"));
            ++found;
        }
        assertEq(found, expected, name);
    }

    function _changesState(string memory abiJson, uint256 i) private pure returns (bool) {
        if (keccak256(bytes(vm.parseJsonString(abiJson, string.concat(_at(i), ".type")))) != keccak256("function")) {
            return false;
        }
        bytes32 mutability = keccak256(bytes(vm.parseJsonString(abiJson, string.concat(_at(i), ".stateMutability"))));
        return mutability != keccak256("view") && mutability != keccak256("pure");
    }

    function _at(uint256 i) private pure returns (string memory) {
        return string.concat("$[", vm.toString(i), "]");
    }
}
