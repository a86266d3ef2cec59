// SPDX-License-Identifier: Apache-2.0 OR MIT
pragma solidity ^0.8.26;

interface Verifier {
    function verifyProof(uint256[8] calldata proof, uint256[23] calldata inputs) external view returns (bool);
}

/// An example of a calling contract (docs/evm.md): an agent that completed enough tasks enters once, without a name.
contract Gate {
    /// Told by nobody whom this contract trusts, or too long ago: agents revoked since are still under it.
    error RootUnknown();
    /// The proof was made for another call.
    error ContextOfAnother();
    /// The pseudonym is one for somebody else's scope.
    error ScopeOfAnother();
    /// This agent has entered.
    error EnteredBefore();
    /// The attributes are another issuer's, or mean something else.
    error SchemaUnknown();
    /// A name was shown; this contract wants none on the chain.
    error Named();
    /// The agent's record does not reach to now.
    error Expired();
    /// Too few tasks are proved.
    error TooFewTasks();
    /// The verifier says no; ours reverts by itself, others only answer.
    error NotProved();

    event Entered(address sender, uint256 nullifier);

    uint256 private constant ROOT = 0;
    uint256 private constant CONTEXT = 1;
    uint256 private constant SCOPE = 2;
    uint256 private constant NULLIFIER = 3;
    uint256 private constant SCHEMA = 4;
    uint256 private constant SUBJECT = 5;
    uint256 private constant VALID_AT = 6;
    uint256 private constant LOWER_TASKS = 15;

    uint256 public constant ROOT_AGE = 2 hours;

    Verifier public immutable verifier;
    address public immutable rootKeeper;
    uint256 public immutable schema;
    uint256 public immutable scope;
    uint256 public immutable tasks;

    /// When the keeper vouched for a root.
    mapping(uint256 root => uint256 time) public toldAt;
    mapping(uint256 nullifier => bool) public entered;

    constructor(Verifier verifier_, address rootKeeper_, uint256 schema_, uint256 scope_, uint256 tasks_) {
        (verifier, rootKeeper, schema, scope, tasks) = (verifier_, rootKeeper_, schema_, scope_, tasks_);
    }

    /// The keeper follows the issuer's signed heads, and is believed.
    function tell(uint256 root) external {
        require(msg.sender == rootKeeper, RootUnknown());
        toldAt[root] = block.timestamp;
    }

    function enter(uint256[8] calldata proof, uint256[23] calldata inputs) external {
        uint256 told = toldAt[inputs[ROOT]];
        require(told != 0 && block.timestamp - told <= ROOT_AGE, RootUnknown());
        require(inputs[CONTEXT] == contextOf(msg.sender), ContextOfAnother());
        require(inputs[SCOPE] == scope, ScopeOfAnother());
        require(!entered[inputs[NULLIFIER]], EnteredBefore());
        require(inputs[SCHEMA] == schema, SchemaUnknown());
        require(inputs[SUBJECT] == 0, Named());
        require(inputs[VALID_AT] >= block.timestamp, Expired());
        require(inputs[LOWER_TASKS] >= tasks, TooFewTasks());
        require(verifier.verifyProof(proof, inputs), NotProved());
        entered[inputs[NULLIFIER]] = true;
        emit Entered(msg.sender, inputs[NULLIFIER]);
    }

    /// to_field("evm", chain ‖ this contract ‖ sender), docs/protocol.md section 1: whoever copies a proof sends it in vain.
    function contextOf(address sender) public view returns (uint256) {
        return uint256(sha256(abi.encodePacked("poa/v1/evm", bytes1(0), block.chainid, address(this), sender))) >> 8;
    }
}
