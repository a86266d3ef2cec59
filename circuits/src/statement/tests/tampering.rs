//! Lies: one value of a public input or of the witness is replaced.

use super::*;
use crate::native::leaf::AgentId;

/// What is replaced, and by how much.
#[derive(Clone, Debug)]
pub(super) enum Lie {
    Input(usize, u64),
    NegativeInput(usize, u64),
    Holder,
    Pseudonym,
    Agent,
    Attribute(usize, u64),
    ExpiresAt(u64),
    Salt(u64),
    Sibling(usize, u64),
    Index(usize),
}

pub(super) fn any_lie() -> impl Strategy<Value = Lie> {
    let amount = || prop_oneof![Just(1u64), Just(1 << 40), any::<u64>().prop_map(|v| v.max(1))];
    prop_oneof![
        6 => (0..INPUTS, amount()).prop_map(|(i, v)| Lie::Input(i, v)),
        2 => (0..INPUTS, 1u64..10).prop_map(|(i, v)| Lie::NegativeInput(i, v)),
        1 => Just(Lie::Holder),
        1 => Just(Lie::Pseudonym),
        1 => Just(Lie::Agent),
        3 => (0..SLOTS, amount()).prop_map(|(i, v)| Lie::Attribute(i, v)),
        1 => amount().prop_map(Lie::ExpiresAt),
        1 => amount().prop_map(Lie::Salt),
        2 => (0..DEPTH, amount()).prop_map(|(i, v)| Lie::Sibling(i, v)),
        1 => (0..DEPTH).prop_map(Lie::Index),
    ]
}

impl Lie {
    pub(super) fn apply(&self, public: Public, mut witness: Witness) -> (Public, Witness) {
        let mut inputs = public.to_inputs();
        match *self {
            Lie::Input(i, by) => inputs[i] += F::from(by),
            Lie::NegativeInput(i, by) => inputs[i] = -F::from(by),
            Lie::Holder => witness.holder = HolderSecret::from_bytes(&[6; 32]).unwrap(),
            Lie::Pseudonym => witness.pseudonym = PseudonymSecret::from_bytes(&[1; 32]).unwrap(),
            Lie::Agent => witness.agent = AgentId::new(5).unwrap(),
            Lie::Attribute(i, by) => witness.attributes[i] += F::from(by),
            Lie::ExpiresAt(by) => witness.expires_at = witness.expires_at.wrapping_add(by),
            Lie::Salt(by) => witness.salt += F::from(by),
            Lie::Sibling(i, by) => witness.path.siblings[i] += F::from(by),
            Lie::Index(i) => witness.path.index ^= 1 << i,
        }
        (Public::from_inputs(&inputs), witness)
    }
}
