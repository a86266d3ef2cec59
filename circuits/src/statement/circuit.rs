//! The statement as constraints, clause by clause in the numbering of [`crate::statement`].

use ark_ff::{BigInteger, Field, PrimeField};

use super::{CAPABILITY_BITS, INPUTS, Public, TIME_BITS, Witness};
use crate::gadgets::holder::{self, SCALAR_BITS};
use crate::gadgets::r1cs::{ConstraintSystem, Num};
use crate::gadgets::{poseidon, range, tree};
use crate::native::attributes::{ORDERED_SLOTS, SLOTS, Slot};
use crate::native::field::F;
use crate::native::tree::DEPTH;

/// Synthesises the circuit: 24 instance wires, then the declared witness, then what follows from it.
/// The rows never depend on the values; a witness that breaks the statement breaks a row.
pub fn synthesise(public: &Public, witness: &Witness) -> ConstraintSystem {
    let (mut system, inputs) = ConstraintSystem::new(&public.to_inputs());
    let Ok(inputs) = <[Num; INPUTS]>::try_from(inputs) else {
        unreachable!("the system gives one number an input");
    };
    let public = PublicVar::new(inputs);
    let witness = WitnessVar::declare(&mut system, witness);
    enforce(&mut system, &public, &witness);
    system
}

fn enforce(system: &mut ConstraintSystem, public: &PublicVar, witness: &WitnessVar) {
    // (1) Holder.
    system.clause(1);
    let (identity, pseudonym) = enforce_holder(system, witness);
    // (2) Membership.
    system.clause(2);
    enforce_membership(system, public, witness, identity, pseudonym);
    // (3) Pseudonym.
    system.clause(3);
    let nullifier = poseidon::hash(system, &[public.scope.clone(), witness.n.clone()]);
    system.enforce_equal(&nullifier, &public.nullifier);
    // (4) Subject.
    system.clause(4);
    let other = &public.subject - &witness.agent;
    system.enforce(&public.subject, &other, &zero());
    system.enforce_not_zero(&witness.agent);
    // (5) Disclosure.
    system.clause(5);
    enforce_disclosure(system, public, witness);
    // (6) Bounds.
    system.clause(6);
    for slot in Slot::ORDERED {
        let i = slot.index();
        let bounds = [&public.lower[i], &witness.attributes[i], &public.upper[i]];
        range::enforce_bounds(system, bounds, slot.bits());
    }
    // (7) Capabilities.
    system.clause(7);
    let set = &witness.attributes[Slot::Capabilities.index()];
    let set = range::bits(system, set, CAPABILITY_BITS);
    let required = range::bits(system, &public.required, CAPABILITY_BITS);
    range::enforce_subset(system, &required, &set);
    // (8) Freshness.
    system.clause(8);
    let left = &witness.expires_at - &public.valid_at;
    for time in [&public.valid_at, &witness.expires_at, &left] {
        range::bits(system, time, TIME_BITS);
    }
    // (9) Context: any value, but part of the proof.
    system.clause(9);
    system.multiply(&public.context, &public.context);
}

/// `K = k·B8`, `I = H_2(K)`, `N = H_1(n)`; gives `I` and `N`.
fn enforce_holder(system: &mut ConstraintSystem, witness: &WitnessVar) -> (Num, Num) {
    for bit in &witness.k {
        range::enforce_boolean(system, bit);
    }
    let identity = holder::identity_commitment(system, &witness.k);
    let pseudonym = poseidon::hash(system, std::slice::from_ref(&witness.n));
    (identity, pseudonym)
}

fn enforce_membership(
    system: &mut ConstraintSystem,
    public: &PublicVar,
    witness: &WitnessVar,
    identity: Num,
    pseudonym: Num,
) {
    let mut opening = vec![identity, pseudonym, witness.agent.clone(), public.schema.clone()];
    opening.extend(witness.attributes.iter().cloned());
    opening.extend([witness.expires_at.clone(), witness.salt.clone()]);
    let leaf = poseidon::hash(system, &opening);
    system.enforce_not_zero(&leaf);
    let root = tree::root(system, &leaf, &witness.siblings, &witness.index_bits);
    system.enforce_equal(&root, &public.root);
}

fn enforce_disclosure(system: &mut ConstraintSystem, public: &PublicVar, witness: &WitnessVar) {
    let mask = range::bits(system, &public.mask, SLOTS);
    for ((shown, attribute), disclosed) in mask.iter().zip(&witness.attributes).zip(&public.disclosed) {
        system.enforce(shown, attribute, disclosed);
    }
}

fn zero() -> Num {
    Num::constant(F::from(0u64))
}

/// The public inputs by name.
struct PublicVar {
    root: Num,
    context: Num,
    scope: Num,
    nullifier: Num,
    schema: Num,
    subject: Num,
    valid_at: Num,
    mask: Num,
    disclosed: [Num; SLOTS],
    lower: [Num; ORDERED_SLOTS],
    upper: [Num; ORDERED_SLOTS],
    required: Num,
}

impl PublicVar {
    /// Names the numbers in the order of [`super::INPUT_NAMES`].
    fn new(inputs: [Num; INPUTS]) -> Self {
        let [
            root,
            context,
            scope,
            nullifier,
            schema,
            subject,
            valid_at,
            mask,
            d0,
            d1,
            d2,
            d3,
            d4,
            d5,
            l0,
            l1,
            l2,
            l3,
            u0,
            u1,
            u2,
            u3,
            required,
        ] = inputs;
        Self {
            root,
            context,
            scope,
            nullifier,
            schema,
            subject,
            valid_at,
            mask,
            disclosed: [d0, d1, d2, d3, d4, d5],
            lower: [l0, l1, l2, l3],
            upper: [u0, u1, u2, u3],
            required,
        }
    }
}

/// The declared witness.
struct WitnessVar {
    k: Vec<Num>,
    n: Num,
    agent: Num,
    attributes: [Num; SLOTS],
    expires_at: Num,
    salt: Num,
    siblings: Vec<Num>,
    index_bits: Vec<Num>,
}

impl WitnessVar {
    /// Wires 24 to 348, in this order.
    fn declare(system: &mut ConstraintSystem, witness: &Witness) -> Self {
        let k = witness.holder.scalar().into_bigint();
        let index = witness.path.index;
        let bit = |set: bool| F::from(u64::from(set));
        Self {
            k: (0..SCALAR_BITS).map(|i| system.declare(bit(k.get_bit(i)))).collect(),
            n: system.declare(witness.pseudonym.value()),
            agent: system.declare(witness.agent.to_field()),
            attributes: witness.attributes.map(|a| system.declare(a)),
            expires_at: system.declare(F::from(witness.expires_at)),
            salt: system.declare(witness.salt),
            siblings: witness.path.siblings.map(|s| system.declare(s)).into(),
            index_bits: (0..DEPTH).map(|i| system.declare(bit(index >> i & 1 == 1))).collect(),
        }
    }
}

/// A system of the right shape whose values satisfy nothing in particular: for key generation and digests.
pub fn shape() -> ConstraintSystem {
    let mut one = [0u8; 32];
    one[31] = 1;
    // Cannot fail: 1 is a canonical non-zero scalar, field element and agent id.
    let witness = Witness {
        holder: crate::native::holder::HolderSecret::from_bytes(&one).expect("1 is a scalar"),
        pseudonym: crate::native::holder::PseudonymSecret::from_bytes(&one).expect("1 is a field element"),
        agent: crate::native::leaf::AgentId::new(1).expect("1 is not 0"),
        attributes: [F::ONE; SLOTS],
        expires_at: 1,
        salt: F::ONE,
        path: crate::native::tree::Path { index: 0, siblings: [F::ONE; DEPTH] },
    };
    synthesise(&Public::default(), &witness)
}
