//! The permutation of one width, for any number of hashes at once. Its S-boxes are the textbook's, and can be
//! reported: so the circuit's wires are computed.

use std::array::from_fn;

use zeroize::Zeroize;

use super::derive::{self, Constants};
use super::lanes::Lanes;
use super::limbs::{self, Limbs};
use crate::native::field::F;

/// One S-box: its input and the input's powers. Secret.
#[derive(Clone, Copy, Zeroize)]
pub(crate) struct SBox<V: Zeroize> {
    pub x: V,
    pub x2: V,
    pub x3: V,
}

#[cfg(feature = "gadgets")]
impl SBox<F> {
    /// `x^5`.
    pub fn output(&self) -> F {
        self.x2 * self.x3
    }
}

/// The constants of width `T`, which is the number of inputs and one.
pub(crate) struct Permutation<const T: usize>(Constants<T>);

impl<const T: usize> Permutation<T> {
    pub fn new() -> Self {
        Self(derive::constants())
    }

    /// The hashes of as many states whose first lane is 0.
    pub fn hash<const L: usize>(&self, states: [[F; T]; L]) -> [F; L] {
        let state = from_fn(|i| from_fn(|lane| limbs::from_field(&states[lane][i])));
        self.run::<[Limbs; L]>(state, |_| {}).map(limbs::to_field)
    }

    /// The hash of a state whose first lane is 0, appending every S-box by round and lane.
    #[cfg(feature = "gadgets")]
    pub fn hash_with_boxes(&self, state: [F; T], boxes: &mut Vec<SBox<F>>) -> F {
        let [hash] = self.run::<[Limbs; 1]>(state.map(|element| [limbs::from_field(&element)]), |s_box| {
            let [x, x2, x3] = [s_box.x, s_box.x2, s_box.x3].map(|[number]| limbs::to_field(number));
            boxes.push(SBox { x, x2, x3 });
        });
        limbs::to_field(hash)
    }

    /// S-boxes in one permutation.
    #[cfg(feature = "gadgets")]
    pub fn boxes(&self) -> usize {
        let c = &self.0;
        (c.first.len() + 1 + c.last.len()) * T + c.partial.constants.len()
    }

    /// Every S-box is reported by round and lane.
    #[inline(always)]
    fn run<V: Lanes>(&self, state: [V; T], mut report: impl FnMut(SBox<V>)) -> V {
        let c = &self.0;
        let (start, first) = c.first.split_first().expect("there are four full rounds before the partial ones");
        let mut state: [V; T] = from_fn(|i| state[i].add(&start[i]));
        for constants in first {
            substitute(&mut state, &mut report);
            state = multiply(&c.mds, &state, constants);
        }
        substitute(&mut state, &mut report);
        state = multiply(&c.enter.matrix, &state, &c.enter.constants);
        state = self.run_partial(state, &mut report);
        for constants in &c.last {
            substitute(&mut state, &mut report);
            state = multiply(&c.mds, &state, constants);
        }
        substitute(&mut state, &mut report);
        let hash = V::combine((&c.mds[0], &state), (&[], &[]), &[0; 4]);
        state.zeroize();
        hash
    }

    /// The partial rounds, from the history that the matrix `enter` gives to the state after them.
    #[inline(always)]
    fn run_partial<V: Lanes>(&self, history: [V; T], report: &mut impl FnMut(SBox<V>)) -> [V; T] {
        let c = &self.0;
        // The newest first: `inputs[0]` goes into the next S-box; the last entry is not used.
        let (mut inputs, mut outputs) = (history, [V::ZERO; T]);
        outputs[0] = history[T - 1];
        for constant in &c.partial.constants {
            outputs.copy_within(..T - 1, 1);
            outputs[0] = apply(inputs[0], report);
            let (of_inputs, of_outputs) = (&c.partial.of_inputs[..T - 1], &c.partial.of_outputs[..]);
            let next = V::combine((of_inputs, &inputs[..T - 1]), (of_outputs, &outputs), constant);
            inputs.copy_within(..T - 1, 1);
            inputs[0] = next;
        }
        let state = from_fn(|i| match i {
            0 => inputs[0],
            _ => {
                let leave = &c.leave[i - 1];
                let (of_inputs, of_outputs) = (&leave.of_inputs[..T - 1], &leave.of_outputs[..T - 1]);
                V::combine((of_inputs, &inputs[..T - 1]), (of_outputs, &outputs[..T - 1]), &leave.constant)
            }
        });
        inputs.zeroize();
        outputs.zeroize();
        state
    }
}

#[inline(always)]
fn apply<V: Lanes>(x: V, report: &mut impl FnMut(SBox<V>)) -> V {
    let x2 = x.multiply(x);
    let x3 = x2.multiply(x);
    report(SBox { x, x2, x3 });
    x2.multiply(x3)
}

#[inline(always)]
fn substitute<V: Lanes, const T: usize>(state: &mut [V; T], report: &mut impl FnMut(SBox<V>)) {
    for lane in state {
        *lane = apply(*lane, report);
    }
}

#[inline(always)]
fn multiply<V: Lanes, const T: usize>(matrix: &[[Limbs; T]; T], state: &[V; T], constants: &[Limbs; T]) -> [V; T] {
    from_fn(|i| V::combine((&matrix[i], state), (&[], &[]), &constants[i]))
}
