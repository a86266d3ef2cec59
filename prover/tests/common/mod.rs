//! An agent in a tree of three, for tests and benches.

use poa_circuits::native::attributes::{Attributes, Reputation, Slot};
use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use poa_circuits::native::leaf::{self, AgentId};
use poa_circuits::native::tree::{self, DEPTH, Path};
use poa_circuits::statement::{Public, Witness};
use rand_core::{CryptoRng, UnwrapErr};

/// The operating system's randomness.
pub fn os_rng() -> impl CryptoRng {
    UnwrapErr(getrandom::SysRng)
}

/// Six attributes, none of them 0.
pub fn attributes() -> Attributes {
    Attributes {
        reputation: Reputation::new(8_731).unwrap(),
        tasks_completed: 674,
        earnings_sats: (1 << 53) + 1,
        member_since: 1_720_000_000,
        capabilities: 0b1011,
        build_sha256: Some([0xab; 32]),
    }
}

/// An honest statement for a mask, with bounds on the hidden slots, and its witness.
pub fn statement(mask: u64) -> (Public, Witness) {
    let mut rng = os_rng();
    let attributes = attributes().to_fields();
    let mut siblings: [F; DEPTH] = std::array::from_fn(tree::zero);
    siblings[0] = field::random(&mut rng);
    siblings[1] = field::random(&mut rng);
    let witness = Witness {
        holder: HolderSecret::random(&mut rng),
        pseudonym: PseudonymSecret::random(&mut rng),
        agent: AgentId::new(0x1234_5678_9abc).unwrap(),
        attributes,
        expires_at: 1_900_000_000,
        salt: leaf::random_salt(&mut rng),
        path: Path { index: 1, siblings },
    };
    let (schema, scope) = (field::random(&mut rng), field::random(&mut rng));
    let hidden = |slot: Slot| mask >> slot.index() & 1 == 0;
    let mut public = Public {
        root: witness.path.root(&witness.leaf(schema).hash()),
        context: field::random(&mut rng),
        scope,
        nullifier: witness.pseudonym.nullifier(&scope),
        schema,
        subject: witness.agent.to_field(),
        valid_at: F::from(1_800_000_000u64),
        mask: F::from(mask),
        disclosed: std::array::from_fn(|i| attributes[i] * F::from(mask >> i & 1)),
        ..Public::default()
    };
    if hidden(Slot::TasksCompleted) {
        public.lower[1] = F::from(500u64);
    }
    if hidden(Slot::MemberSince) {
        public.upper[3] = F::from(1_735_689_600u64);
    }
    (public, witness)
}
