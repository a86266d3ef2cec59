//! Honest statements: one fixed per mask, and random ones.

use super::*;
use crate::native::leaf::AgentId;

/// Sentinel attributes: six different values, each at home in its slot.
pub(super) fn sentinels() -> [F; SLOTS] {
    [
        F::from(9_876u64),
        F::from(1_234_567u64),
        F::from((1u64 << 53) + 1),
        F::from(1_700_000_000u64),
        F::from(0x8000_0000_0000_0005u64),
        -F::from(77u64),
    ]
}

pub(super) fn witness(attributes: [F; SLOTS], index: u32, seed: u8) -> Witness {
    Witness {
        holder: HolderSecret::from_bytes(&[seed % 5 + 1; 32]).unwrap(),
        pseudonym: PseudonymSecret::from_bytes(&[seed % 7 + 2; 32]).unwrap(),
        agent: AgentId::new(u128::MAX - u128::from(seed)).unwrap(),
        attributes,
        expires_at: 1_800_000_000,
        salt: F::from(u64::from(seed)) + F::ONE,
        path: Path { index, siblings: std::array::from_fn(|i| F::from(u64::from(seed) + i as u64)) },
    }
}

/// The honest statement of a witness: mask, bounds and required capabilities as given.
pub(super) fn honest(witness: &Witness, mask: u64, slack: [u64; ORDERED_SLOTS], required: u64, named: bool) -> Public {
    let schema = F::from(4_242u64);
    let scope = F::from(99u64).square();
    let bound = |i: usize, f: fn(u64, u64) -> u64| {
        let value = field::to_u64(&witness.attributes[i]).unwrap();
        F::from(f(value, slack[i]).min(Slot::ORDERED[i].max().unwrap()))
    };
    Public {
        root: witness.path.root(&witness.leaf(schema).hash()),
        context: F::from(31_337u64),
        scope,
        nullifier: witness.pseudonym.nullifier(&scope),
        schema,
        subject: if named { witness.agent.to_field() } else { F::ZERO },
        valid_at: F::from(witness.expires_at - slack[0] % 1_000),
        mask: F::from(mask),
        disclosed: std::array::from_fn(|i| witness.attributes[i] * F::from(mask >> i & 1)),
        lower: std::array::from_fn(|i| bound(i, u64::saturating_sub)),
        upper: std::array::from_fn(|i| bound(i, u64::saturating_add)),
        required: F::from(required & field::to_u64(&witness.attributes[4]).unwrap()),
    }
}

/// The fixed honest statement for a mask.
pub(super) fn statement(mask: u64) -> (Public, Witness) {
    let witness = witness(sentinels(), 0xa5a5_0001, 3);
    let public = honest(&witness, mask, [0, 1, 1000, u64::MAX], u64::MAX, true);
    (public, witness)
}

/// What a random honest statement is made from; the witness itself is never printed.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    attributes: [u64; SLOTS],
    index: u32,
    seed: u8,
    mask: u64,
    slack: [u64; ORDERED_SLOTS],
    required: u64,
    named: bool,
}

impl Recipe {
    pub(super) fn build(&self) -> (Public, Witness) {
        let witness = witness(self.attributes.map(F::from), self.index, self.seed);
        let public = honest(&witness, self.mask, self.slack, self.required, self.named);
        (public, witness)
    }
}

/// Random honest statements, edges included.
pub(super) fn any_statement() -> impl Strategy<Value = Recipe> {
    let edgy = || prop_oneof![Just(0u64), Just(1), Just(u64::MAX), any::<u64>()];
    let attributes = (0u64..=10_000, edgy(), edgy(), edgy(), edgy(), any::<u64>());
    let rest = (any::<u32>(), any::<u8>(), 0u64..64, any::<[u64; 4]>(), edgy(), any::<bool>());
    (attributes, rest).prop_map(|(a, (index, seed, mask, slack, required, named))| Recipe {
        attributes: [a.0, a.1, a.2, a.3, a.4, a.5],
        index,
        seed,
        mask,
        slack,
        required,
        named,
    })
}
