//! A small true statement, to see that a key can prove at all. Its secrets are fixed and worth nothing.

use poa_circuits::native::attributes::Attributes;
use poa_circuits::native::field::F;
use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use poa_circuits::native::leaf::AgentId;
use poa_circuits::native::tree::{self, Path};
use poa_circuits::statement::{Public, Witness};

/// An agent with default attributes alone in a tree; everything disclosed.
pub(super) fn statement() -> (Public, Witness) {
    let one = [1; 32];
    let attributes = Attributes::default().to_fields();
    // Cannot fail: these bytes are below both orders, and 1 is not 0.
    let witness = Witness {
        holder: HolderSecret::from_bytes(&one).expect("a scalar"),
        pseudonym: PseudonymSecret::from_bytes(&one).expect("a field element"),
        agent: AgentId::new(1).expect("1 is not 0"),
        attributes,
        expires_at: 1,
        salt: F::from(1u64),
        path: Path { index: 0, siblings: std::array::from_fn(tree::zero) },
    };
    let scope = F::from(1u64);
    let public = Public {
        root: witness.path.root(&witness.leaf(F::from(0u64)).hash()),
        scope,
        nullifier: witness.pseudonym.nullifier(&scope),
        mask: F::from(63u64),
        disclosed: attributes,
        ..Public::default()
    };
    (public, witness)
}
