//! Poseidon with sparse partial rounds, reporting every S-box.
//!
//! In a partial round only lane 0 meets an S-box; the other lanes `u` are mapped linearly. Write the matrix as
//! `[[m, v], [w, M]]` with `M` square. Instead of `u` one keeps `û` with `u + constants = M^k·û + g_k` before the
//! `k`-th partial round, where `g_k` depends on the parameters alone. Then a round is
//! `next = (m, v·M^k) · (y, û) + constant` and `û += M^-(k+1)·w · y`: `2·width − 1` products, not `width²`. Lane 0 is
//! what it was, so the S-box inputs are those of the textbook, which the circuit's wires hold.
//!
//! Source: eprint 2019/458, appendix B, with the change of variables above in place of a factored matrix.

use std::array::from_fn;

use ark_ff::{AdditiveGroup, Field};
use light_poseidon::parameters::bn254_x5::get_poseidon_parameters;
use zeroize::Zeroize;

use crate::gadgets::poseidon::invert;
use crate::native::field::F;

/// One S-box: its input, the input's square and cube. Secret.
#[derive(Clone, Copy, Zeroize)]
pub(super) struct SBox {
    pub x: F,
    pub x2: F,
    pub x3: F,
}

impl SBox {
    fn of(x: F) -> Self {
        let x2 = x.square();
        Self { x, x2, x3: x2 * x }
    }

    /// `x^5`.
    pub fn output(&self) -> F {
        self.x2 * self.x3
    }
}

struct PartialRound<const T: usize> {
    /// Gives the next lane 0 from this round's S-box output and `û`.
    row: [F; T],
    /// Added to the next lane 0: constants of both rounds.
    constant: F,
    /// What the S-box output adds to `û`; entry 0 is unused.
    column: [F; T],
}

/// From `û` back to the state: `M^k` after the last partial round, and the constants of the full round that follows.
struct Leave<const T: usize> {
    matrix: [[F; T]; T],
    constants: [F; T],
}

/// The permutation of one width.
pub(super) struct Permutation<const T: usize> {
    mds: [[F; T]; T],
    /// Constants of the full rounds before the partial ones.
    first: Vec<[F; T]>,
    /// Constant of the first partial round's S-box.
    enter: F,
    partial: Vec<PartialRound<T>>,
    leave: Leave<T>,
    /// Constants of the full rounds after that one.
    last: Vec<[F; T]>,
}

impl<const T: usize> Permutation<T> {
    pub fn new() -> Self {
        // Cannot fail: circomlib has parameters for widths 2 to 13, and only such widths are used here.
        let parameters = get_poseidon_parameters::<F>(T as u8).expect("parameters exist for widths 2 to 13");
        let mds: [[F; T]; T] = from_fn(|i| from_fn(|j| parameters.mds[i][j]));
        let constants: Vec<[F; T]> = parameters.ark.chunks_exact(T).map(|round| from_fn(|lane| round[lane])).collect();
        let half = parameters.full_rounds / 2;
        let (first, rest) = constants.split_at(half);
        let (middle, last) = rest.split_at(parameters.partial_rounds + 1);
        let (partial, leave) = partial_rounds(&mds, middle);
        Self { mds, first: first.to_vec(), enter: middle[0][0], partial, leave, last: last.to_vec() }
    }

    /// S-boxes in one permutation.
    pub fn boxes(&self) -> usize {
        (self.first.len() + self.last.len() + 1) * T + self.partial.len()
    }

    /// The hash of a state whose lane 0 is 0, appending every S-box by round and lane.
    pub fn hash(&self, mut state: [F; T], boxes: &mut Vec<SBox>) -> F {
        for constants in &self.first {
            add(&mut state, constants);
            substitute(&mut state, boxes);
            state = multiply(&self.mds, &state);
        }
        state[0] += self.enter;
        for round in &self.partial {
            let lane = SBox::of(state[0]);
            state[0] = lane.output();
            boxes.push(lane);
            let next = F::sum_of_products(&round.row, &state) + round.constant;
            for (kept, factor) in state.iter_mut().zip(&round.column).skip(1) {
                *kept += *factor * lane.output();
            }
            state[0] = next;
        }
        state = multiply(&self.leave.matrix, &state);
        add(&mut state, &self.leave.constants);
        substitute(&mut state, boxes);
        for constants in &self.last {
            state = multiply(&self.mds, &state);
            add(&mut state, constants);
            substitute(&mut state, boxes);
        }
        let hash = F::sum_of_products(&self.mds[0], &state);
        state.zeroize();
        hash
    }
}

/// The rounds in sparse form, and how to leave them. `constants` has one entry more than there are rounds.
fn partial_rounds<const T: usize>(mds: &[[F; T]; T], constants: &[[F; T]]) -> (Vec<PartialRound<T>>, Leave<T>) {
    // All matrices act on lanes 1 up; lane 0 passes, so that they can be multiplied with whole states.
    let inner: [[F; T]; T] = from_fn(|i| from_fn(|j| if i * j > 0 { mds[i][j] } else { identity(i, j) }));
    let inverse = invert(&inner.map(|row| row.to_vec()));
    let inverse: [[F; T]; T] = from_fn(|i| from_fn(|j| inverse[i][j]));
    let mut power: [[F; T]; T] = from_fn(|i| from_fn(|j| identity(i, j)));
    let mut column: [F; T] = from_fn(|i| if i > 0 { mds[i][0] } else { F::ZERO });
    let mut shift = without_first(constants[0]);
    let mut rounds = Vec::with_capacity(constants.len() - 1);
    for next in &constants[1..] {
        let row = from_fn(|j| (0..T).map(|i| mds[0][i] * power[i][j]).sum());
        column = multiply(&inverse, &column);
        let constant = F::sum_of_products(&mds[0], &shift) + next[0];
        rounds.push(PartialRound { row, constant, column });
        power = from_fn(|i| from_fn(|j| (0..T).map(|k| inner[i][k] * power[k][j]).sum()));
        shift = multiply(&inner, &shift);
        add(&mut shift, &without_first(*next));
    }
    (rounds, Leave { matrix: power, constants: shift })
}

fn identity(i: usize, j: usize) -> F {
    F::from(u64::from(i == j))
}

fn without_first<const T: usize>(mut state: [F; T]) -> [F; T] {
    state[0] = F::ZERO;
    state
}

fn add<const T: usize>(state: &mut [F; T], constants: &[F; T]) {
    for (lane, constant) in state.iter_mut().zip(constants) {
        *lane += constant;
    }
}

fn multiply<const T: usize>(matrix: &[[F; T]; T], state: &[F; T]) -> [F; T] {
    from_fn(|i| F::sum_of_products(&matrix[i], state))
}

fn substitute<const T: usize>(state: &mut [F; T], boxes: &mut Vec<SBox>) {
    for lane in state {
        let s_box = SBox::of(*lane);
        *lane = s_box.output();
        boxes.push(s_box);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::poseidon;

    fn check<const N: usize, const T: usize>() {
        let permutation = Permutation::<T>::new();
        for seed in [0u64, 1, 0xffff_ffff_0000_0001] {
            let inputs: [F; N] = from_fn(|i| F::from(seed).square() + F::from(i as u64));
            let state = from_fn(|i| if i == 0 { F::ZERO } else { inputs[i - 1] });
            let mut boxes = Vec::new();
            assert_eq!(permutation.hash(state, &mut boxes), poseidon::hash(&inputs));
            assert_eq!(boxes.len(), permutation.boxes());
        }
    }

    #[test]
    fn sparse_rounds_hash_like_the_reference() {
        check::<1, 2>();
        check::<2, 3>();
        check::<5, 6>();
        check::<12, 13>();
    }

    #[test]
    fn a_box_holds_the_powers_of_its_input() {
        let (x, s_box) = (F::from(3u64), SBox::of(F::from(3u64)));
        assert_eq!((s_box.x2, s_box.x3, s_box.output()), (x * x, x * x * x, F::from(243u64)));
        assert_eq!(SBox::of(F::ZERO).output(), F::ZERO);
    }
}
