//! The assignment of [`super::circuit`], computed directly: no linear combinations, one inversion for a whole scalar
//! multiplication, Poseidon as a recurrence. Under a millisecond where synthesis takes tens.
//!
//! It is a second description of the same wires, in the same order, and only that: tests hold it equal to
//! [`super::circuit::synthesise`] wire for wire, on statements true and false. A proof made from it is checked against the
//! circuit's own key before it leaves the prover, so a disagreement could cost a proof, never soundness.

mod holder;

use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField};
use zeroize::{Zeroize, Zeroizing};

use super::{CAPABILITY_BITS, Public, TIME_BITS, Witness};
use crate::gadgets::holder::SCALAR_BITS;
use crate::native::attributes::{SLOTS, Slot};
use crate::native::field::F;
use crate::native::poseidon::{Permutation, SBox};
use crate::native::tree::DEPTH;

/// Wires of circuit `poa/1`: the constant, 23 inputs and the private ones.
pub const WIRES: usize = 11_087;

/// The constant, the inputs, the private wires: [`super::circuit::synthesise`]'s for every statement, true or
/// false. Secret.
pub fn derive(public: &Public, witness: &Witness) -> Zeroizing<Vec<F>> {
    let mut wires = Wires::new();
    wires.push(F::ONE);
    wires.extend(&public.to_inputs());
    let bits = Zeroizing::new(scalar_bits(witness));
    write_declared(&mut wires, witness, &bits);
    // (1) Holder.
    let (x, y) = holder::mul_base8(&mut wires, &bits[..]);
    let identity = wires.hash(Permutation::<3>::shared(), [F::ZERO, x, y]);
    let pseudonym = wires.hash(Permutation::<2>::shared(), [F::ZERO, witness.pseudonym.value()]);
    // (2) Membership.
    write_membership(&mut wires, public, witness, identity, pseudonym);
    // (3) Pseudonym.
    wires.hash(Permutation::<3>::shared(), [F::ZERO, public.scope, witness.pseudonym.value()]);
    // (4) Subject.
    wires.push_inverse(witness.agent.to_field());
    // (5) Disclosure.
    wires.push_bits(public.mask, SLOTS);
    // (6) Bounds.
    for slot in Slot::ORDERED {
        let i = slot.index();
        let (lower, value, upper) = (public.lower[i], witness.attributes[i], public.upper[i]);
        for number in [lower, upper, value - lower, upper - value] {
            wires.push_bits(number, slot.bits());
        }
    }
    // (7) Capabilities.
    wires.push_bits(witness.attributes[Slot::Capabilities.index()], CAPABILITY_BITS);
    wires.push_bits(public.required, CAPABILITY_BITS);
    // (8) Freshness.
    let expires_at = F::from(witness.expires_at);
    for time in [public.valid_at, expires_at, expires_at - public.valid_at] {
        wires.push_bits(time, TIME_BITS);
    }
    // (9) Context.
    wires.push(public.context.square());
    wires.values
}

fn scalar_bits(witness: &Witness) -> [bool; SCALAR_BITS] {
    let mut k = witness.holder.scalar().into_bigint();
    let bits = std::array::from_fn(|i| k.get_bit(i));
    k.zeroize();
    bits
}

/// The wires that the prover is asked for, in the circuit's order.
fn write_declared(wires: &mut Wires, witness: &Witness, scalar_bits: &[bool; SCALAR_BITS]) {
    for bit in scalar_bits {
        wires.push_bit(*bit);
    }
    wires.push(witness.pseudonym.value());
    wires.push(witness.agent.to_field());
    wires.extend(&witness.attributes);
    wires.push(F::from(witness.expires_at));
    wires.push(witness.salt);
    wires.extend(&witness.path.siblings);
    for level in 0..DEPTH {
        wires.push_bit(witness.path.index >> level & 1 == 1);
    }
}

fn write_membership(wires: &mut Wires, public: &Public, witness: &Witness, identity: F, pseudonym: F) {
    let [a0, a1, a2, a3, a4, a5] = witness.attributes;
    let (agent, expires_at) = (witness.agent.to_field(), F::from(witness.expires_at));
    let opening = [identity, pseudonym, agent, public.schema, a0, a1, a2, a3, a4, a5, expires_at, witness.salt];
    let state = std::array::from_fn(|i| if i == 0 { F::ZERO } else { opening[i - 1] });
    let leaf = wires.hash(Permutation::<13>::shared(), state);
    wires.push_inverse(leaf);
    let mut node = leaf;
    for (level, sibling) in witness.path.siblings.iter().enumerate() {
        let is_right = witness.path.index >> level & 1 == 1;
        let (left, right) = if is_right { (*sibling, node) } else { (node, *sibling) };
        wires.push(left - node);
        node = wires.hash(Permutation::<3>::shared(), [F::ZERO, left, right]);
    }
}

/// The assignment so far. Allocated whole, so that growing leaves no copy of secrets behind.
struct Wires {
    values: Zeroizing<Vec<F>>,
    boxes: Zeroizing<Vec<SBox<F>>>,
}

impl Wires {
    fn new() -> Self {
        let boxes = Vec::with_capacity(Permutation::<13>::shared().boxes());
        Self { values: Zeroizing::new(Vec::with_capacity(WIRES)), boxes: Zeroizing::new(boxes) }
    }

    fn push(&mut self, value: F) {
        self.values.push(value);
    }

    fn extend(&mut self, values: &[F]) {
        self.values.extend_from_slice(values);
    }

    fn push_bit(&mut self, bit: bool) {
        self.push(if bit { F::ONE } else { F::ZERO });
    }

    /// The low `count` bits, little-endian, whether or not they are all of the number.
    fn push_bits(&mut self, number: F, count: usize) {
        let mut integer = number.into_bigint();
        (0..count).for_each(|i| self.push_bit(integer.get_bit(i)));
        integer.zeroize();
    }

    /// The inverse that shows a number not to be 0; 0 has none and gets 0.
    fn push_inverse(&mut self, value: F) {
        self.push(value.inverse().unwrap_or(F::ZERO));
    }

    /// The wires of `gadgets::poseidon::hash`: the S-box inputs from round 1 on but the dependent one, then squares
    /// and cubes, with the output before them in the last round. Lane 0 of round 0 is a constant and has none.
    fn hash<const T: usize>(&mut self, permutation: &Permutation<T>, state: [F; T]) -> F {
        self.boxes.clear();
        let hash = permutation.hash_with_boxes(state, &mut self.boxes);
        let (before_last, last) = self.boxes.split_at(self.boxes.len() - T);
        let dependent = 2 * T - 1;
        let inputs = self.boxes[T..dependent].iter().chain(&self.boxes[dependent + 1..]);
        self.values.extend(inputs.map(|s_box| s_box.x));
        self.values.extend(before_last[1..].iter().flat_map(|s_box| [s_box.x2, s_box.x3]));
        self.values.extend(last.iter().flat_map(|s_box| [s_box.output(), s_box.x2, s_box.x3]));
        hash
    }
}
