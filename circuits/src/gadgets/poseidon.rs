//! Poseidon with each S-box *input* a wire: 213, 240 and 504 rows for 1, 2 and 12 inputs.
//!
//! An S-box is `x·x = x2`, `x2·x = x3`, `x2·x3 = y`. Here `x` is a wire and `y` a linear combination of *later*
//! inputs, found by running the linear layers backwards, so dense combinations stand only in the C matrix and A and
//! B stay sparse: about one term a row, where a wire for `y` would put a dense combination into both for every S-box.
//!
//! Two places differ. In the last round there are no later inputs, so `y` is a wire and the hash their combination.
//! In the first round lane 0 holds a constant: its S-box costs nothing, and because its output is then a known
//! combination of the second round's inputs, one of those is no wire but follows from the others.

use std::sync::LazyLock;

use ark_ff::{AdditiveGroup, Field};
use light_poseidon::PoseidonParameters;
use light_poseidon::parameters::bn254_x5::get_poseidon_parameters;

use super::r1cs::{ConstraintSystem, Num};
use crate::native::field::F;
use crate::native::poseidon::MAX_INPUTS;
use crate::native::poseidon::matrix::invert;

/// `H_n` of 1 to 12 numbers.
pub fn hash(system: &mut ConstraintSystem, inputs: &[Num]) -> Num {
    let shape = &SHAPES[inputs.len() - 1];
    let trace = shape.trace(inputs);
    let lanes = shape.allocate(system, inputs, &trace);
    shape.enforce(system, &lanes, &trace)
}

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| (1..=MAX_INPUTS).map(|n| Shape::new(n + 1)).collect());

/// A constant plus a combination of S-box inputs, named by round and lane.
#[derive(Clone)]
struct Affine {
    constant: F,
    terms: Vec<((usize, usize), F)>,
}

impl Affine {
    fn constant(constant: F) -> Self {
        Self { constant, terms: Vec::new() }
    }

    fn input(round: usize, lane: usize) -> Self {
        Self { constant: F::ZERO, terms: vec![((round, lane), F::ONE)] }
    }

    fn add_scaled(&mut self, factor: F, other: &Affine) {
        self.constant += factor * other.constant;
        for (name, coefficient) in &other.terms {
            match self.terms.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum += factor * coefficient,
                None => self.terms.push((*name, factor * coefficient)),
            }
        }
    }

    /// As a number, given the S-box inputs.
    fn substitute(&self, inputs: &[Vec<Num>]) -> Num {
        let terms = self.terms.iter().map(|((r, l), c)| (*c, &inputs[*r][*l]));
        &Num::sum(terms) + self.constant
    }
}

/// The linear structure of one width, computed once.
struct Shape {
    parameters: PoseidonParameters<F>,
    /// `outputs[round][lane]`: the S-box output in terms of later inputs; the last round has none.
    outputs: Vec<Vec<Affine>>,
    /// The last lane's input of round 1 in terms of the other lanes'.
    dependent: Affine,
}

impl Shape {
    fn new(width: usize) -> Self {
        // Cannot fail: circomlib has parameters for widths 2 to 13.
        let parameters = get_poseidon_parameters::<F>(width as u8).expect("parameters exist for widths 2 to 13");
        let inverse = invert(&parameters.mds);
        let mut shape = Self { outputs: Vec::new(), dependent: Affine::constant(F::ZERO), parameters };
        shape.outputs = shape.outputs_backwards(&inverse);
        shape.dependent = shape.dependent_input();
        shape
    }

    fn width(&self) -> usize {
        self.parameters.width
    }

    fn rounds(&self) -> usize {
        self.parameters.full_rounds + self.parameters.partial_rounds
    }

    /// Lanes with an S-box in a round: all, or lane 0 in the partial rounds of the middle.
    fn boxes(&self, round: usize) -> usize {
        let half = self.parameters.full_rounds / 2;
        if (half..half + self.parameters.partial_rounds).contains(&round) { 1 } else { self.width() }
    }

    fn round_constant(&self, round: usize, lane: usize) -> F {
        self.parameters.ark[round * self.width() + lane]
    }

    /// From the last round to the first: the state before a round's constants is the matrix times the outputs of
    /// the round before, so the inverse matrix gives those outputs.
    fn outputs_backwards(&self, inverse: &[Vec<F>]) -> Vec<Vec<Affine>> {
        let mut outputs = vec![Vec::new(); self.rounds() - 1];
        let mut state: Vec<Affine> = Vec::new();
        for round in (1..self.rounds()).rev() {
            // Lanes without an S-box keep what the round after made of them.
            for lane in 0..self.boxes(round) {
                let input = Affine::input(round, lane);
                if lane < state.len() {
                    state[lane] = input;
                } else {
                    state.push(input);
                }
            }
            let mut unshifted = state.clone();
            for (lane, value) in unshifted.iter_mut().enumerate() {
                value.constant -= self.round_constant(round, lane);
            }
            state = inverse.iter().map(|row| combine(row, &unshifted)).collect();
            outputs[round - 1] = state[..self.boxes(round - 1)].to_vec();
        }
        outputs
    }

    /// Round 0, lane 0 is the constant `c^5`; solving that equation for the last lane of round 1.
    fn dependent_input(&self) -> Affine {
        let known = pow5(self.round_constant(0, 0));
        let equation = &self.outputs[0][0];
        let last = (1, self.width() - 1);
        let coefficient = |(name, c): &((usize, usize), F)| (*name == last).then_some(*c);
        // Cannot fail: the inverse of a Cauchy matrix has no zero entry.
        let divisor = equation
            .terms
            .iter()
            .find_map(coefficient)
            .and_then(|c| c.inverse())
            .expect("the inverse matrix has no zero entry");
        let mut solved = Affine::constant(known * divisor);
        solved.add_scaled(-divisor, equation);
        solved.terms.retain(|(name, _)| *name != last);
        solved
    }

    /// The S-box inputs' values, round by round, from the native permutation.
    fn trace(&self, inputs: &[Num]) -> Vec<Vec<F>> {
        let mut state = vec![F::ZERO];
        state.extend(inputs.iter().map(Num::value));
        (0..self.rounds())
            .map(|round| {
                for (lane, value) in state.iter_mut().enumerate() {
                    *value += self.round_constant(round, lane);
                }
                let boxes = state[..self.boxes(round)].to_vec();
                for value in &mut state[..boxes.len()] {
                    *value = pow5(*value);
                }
                let row_times_state = |row: &Vec<F>| row.iter().zip(&state).map(|(m, s)| *m * s).sum();
                state = self.parameters.mds.iter().map(row_times_state).collect();
                boxes
            })
            .collect()
    }

    /// The S-box inputs as numbers: the hash's own inputs in round 0, wires after it.
    fn allocate(&self, system: &mut ConstraintSystem, inputs: &[Num], trace: &[Vec<F>]) -> Vec<Vec<Num>> {
        let mut first = vec![Num::constant(self.round_constant(0, 0))];
        let shifted = |(i, input): (usize, &Num)| input + self.round_constant(0, i + 1);
        first.extend(inputs.iter().enumerate().map(shifted));
        let mut lanes = vec![first];
        for (round, values) in trace.iter().enumerate().skip(1) {
            let wires = if round == 1 { self.width() - 1 } else { values.len() };
            lanes.push(values[..wires].iter().map(|v| system.allocate(*v)).collect());
            if round == 1 {
                let dependent = self.dependent.substitute(&lanes);
                lanes[1].push(dependent);
            }
        }
        lanes
    }

    /// Three rows an S-box; gives the hash, lane 0 after the last matrix.
    fn enforce(&self, system: &mut ConstraintSystem, lanes: &[Vec<Num>], trace: &[Vec<F>]) -> Num {
        let last = self.rounds() - 1;
        for (round, numbers) in lanes[..last].iter().enumerate() {
            let constant_lanes = usize::from(round == 0);
            for (lane, x) in numbers.iter().enumerate().skip(constant_lanes) {
                let y = self.outputs[round][lane].substitute(lanes);
                enforce_fifth_power(system, x, &y);
            }
        }
        let outputs: Vec<Num> = lanes[last]
            .iter()
            .zip(&trace[last])
            .map(|(x, value)| {
                let y = system.allocate(pow5(*value));
                enforce_fifth_power(system, x, &y);
                y
            })
            .collect();
        Num::sum(self.parameters.mds[0].iter().copied().zip(&outputs))
    }
}

fn enforce_fifth_power(system: &mut ConstraintSystem, x: &Num, y: &Num) {
    let x2 = system.multiply(x, x);
    let x3 = system.multiply(&x2, x);
    system.enforce(&x2, &x3, y);
}

fn pow5(x: F) -> F {
    let x2 = x.square();
    x2.square() * x
}

fn combine(row: &[F], state: &[Affine]) -> Affine {
    let mut sum = Affine::constant(F::ZERO);
    for (factor, value) in row.iter().zip(state) {
        sum.add_scaled(*factor, value);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::poseidon;

    /// Hashes `0..n` offset by `seed`, each input allocated as the closure says.
    fn in_circuit(n: usize, seed: u64, allocate: impl Fn(&mut ConstraintSystem, F) -> Num) -> (ConstraintSystem, F) {
        let (mut system, _) = ConstraintSystem::new(&[]);
        let inputs: Vec<Num> = (0..n).map(|i| allocate(&mut system, F::from(seed + i as u64).square())).collect();
        let hash = hash(&mut system, &inputs).value();
        (system, hash)
    }

    fn native(n: usize, seed: u64) -> F {
        let input = |i: usize| F::from(seed + i as u64).square();
        match n {
            1 => poseidon::hash(&[input(0)]),
            2 => poseidon::hash(&[input(0), input(1)]),
            5 => poseidon::hash::<5>(&std::array::from_fn(input)),
            12 => poseidon::hash::<12>(&std::array::from_fn(input)),
            _ => unreachable!("the tests use these arities"),
        }
    }

    #[test]
    fn agrees_with_the_native_hash_at_the_stated_cost() {
        for (n, rows) in [(1, 213), (2, 240), (5, 3 * (8 * 6 + 60 - 1)), (12, 504)] {
            for seed in [0, 1, 1 << 40] {
                let (system, hash) = in_circuit(n, seed, ConstraintSystem::allocate);
                assert_eq!(hash, native(n, seed));
                assert_eq!(system.first_broken(), None);
                assert_eq!(system.constraints().len(), rows);
            }
        }
    }

    #[test]
    fn constants_hash_alike() {
        let (system, hash) = in_circuit(2, 9, |_, value| Num::constant(value));
        assert_eq!(hash, native(2, 9));
        assert_eq!(system.first_broken(), None);
    }

    /// The finder of missing rows: no wire can move alone.
    #[test]
    fn every_wire_is_held_by_a_row() {
        for n in [1, 2, 5] {
            let (system, _) = in_circuit(n, 3, ConstraintSystem::allocate);
            for wire in 1..system.assignment().len() {
                let mut assignment = system.assignment().to_vec();
                assignment[wire] += F::ONE;
                assert!(system.first_broken_under(&assignment).is_some(), "{n} {wire}");
            }
        }
    }

    #[test]
    fn a_and_b_stay_sparse() {
        let (system, _) = in_circuit(2, 3, ConstraintSystem::allocate);
        let terms: usize = system.constraints().iter().map(|row| row.a.terms().len() + row.b.terms().len()).sum();
        // Two a row, one more for each use of a shifted input or of the dependent lane.
        assert!(terms <= 2 * 240 + 12, "{terms}");
    }
}
