//! The constants of the permutation, from circomlib's parameters.
//!
//! # Partial rounds as a recurrence
//! In a partial round only lane 0 meets an S-box. Write the matrix as `[[m, v], [w, M]]` with `M` square of size
//! `n = T − 1`, `s_k` for the S-box's input in round `k`, `y_k = s_k^5`, `u_k` for the other lanes:
//!
//! ```text
//! s_{k+1} = m·y_k + v·u_k + constant        u_{k+1} = w·y_k + M·u_k + constants
//! ```
//!
//! The lanes `u` are linear, so they can be eliminated: by Cayley and Hamilton `v·M^n = Σ α_i·v·M^(n−i)`, and with it
//!
//! ```text
//! s_{k+1} = Σ_{i=1..n} α_i·s_{k+1−i}  +  Σ_{j=0..n} γ_j·y_{k−j}  +  constant_k
//! ```
//!
//! with the same `α`, `γ` in every round. A round is an S-box and **one** sum of `2T − 1` products, reduced once, where
//! sparse matrices (eprint 2019/458, appendix B) need `2T − 1` products and `T` reductions, and constants of their own
//! in every round. Every `s_k` is the textbook's.
//!
//! # Entering and leaving
//! The recurrence needs a past. Any `(s_0, u_0)` is reached from one in which the only output that is not 0 is
//! `y_{−1}`: it follows from `s_0 = m·y_{−1} + v·M^{−1}·(u_0 − w·y_{−1})`, and `s_{−i} = v·M^{−i}·u_{−1}`. This is
//! linear, so it is multiplied into the matrix of the full round before. At the end `u` is linear in the last `n`
//! inputs and outputs: `n` equations `v·M^i·u = …` solved for `u`, `n` rounds back, and carried forward.
//!
//! Constants are found by running the affine parts with all outputs 0.

use std::array::from_fn;

use ark_ff::{AdditiveGroup, Field};
use light_poseidon::parameters::bn254_x5::get_poseidon_parameters;

use super::limbs::{self, Limbs};
use super::matrix::{Matrix, apply, apply_row, dot, identity, invert, product};
use crate::native::field::F;

/// A linear map and what is added after it.
pub(super) struct Affine<const T: usize> {
    pub matrix: [[Limbs; T]; T],
    pub constants: [Limbs; T],
}

/// The recurrence. Entries by age, the newest first.
pub(super) struct Recurrence<const T: usize> {
    /// `α`; the last entry is not used.
    pub of_inputs: [Limbs; T],
    /// `γ`.
    pub of_outputs: [Limbs; T],
    /// One a round.
    pub constants: Vec<Limbs>,
}

/// A lane after the partial rounds, from the newest inputs and outputs. Last entries are not used.
pub(super) struct Leave<const T: usize> {
    pub of_inputs: [Limbs; T],
    pub of_outputs: [Limbs; T],
    pub constant: Limbs,
}

/// All of a width.
pub(super) struct Constants<const T: usize> {
    pub mds: [[Limbs; T]; T],
    /// Constants before each full round of the first half.
    pub first: Vec<[Limbs; T]>,
    /// In place of the matrix and constants between the last of them and the first partial round: gives
    /// `s_0, s_{−1}, …, y_{−1}`.
    pub enter: Affine<T>,
    pub partial: Recurrence<T>,
    /// Lanes 1 up; their first round's constants are in it, lane 0's in the recurrence.
    pub leave: Vec<Leave<T>>,
    /// Constants before each full round of the second half but the first.
    pub last: Vec<[Limbs; T]>,
}

/// The constants of width `T`, 2 to 13.
pub(super) fn constants<const T: usize>() -> Constants<T> {
    // Cannot fail: circomlib has parameters for widths 2 to 13, and only such widths are used here.
    let parameters = get_poseidon_parameters::<F>(T as u8).expect("parameters exist for widths 2 to 13");
    let rounds: Vec<&[F]> = parameters.ark.chunks_exact(T).collect();
    let (first, rest) = rounds.split_at(parameters.full_rounds / 2);
    let (middle, last) = rest.split_at(parameters.partial_rounds + 1);
    let linear = Linear::of(&parameters.mds);
    let (alpha, gamma) = linear.recurrence();
    let trace = linear.trace(middle);
    let past = linear.past();
    Constants {
        mds: from_fn(|i| row(&parameters.mds[i])),
        first: first.iter().map(|constants| row(constants)).collect(),
        enter: Affine { matrix: square(&product(&past, &parameters.mds)), constants: row(&apply(&past, middle[0])) },
        partial: Recurrence {
            constants: trace.constants(&alpha).iter().map(limbs::from_field).collect(),
            of_inputs: row(&alpha),
            of_outputs: row(&gamma),
        },
        leave: linear.leave(&trace),
        last: last.iter().map(|constants| row(constants)).collect(),
    }
}

/// A row, filled with 0.
fn row<const T: usize>(values: &[F]) -> [Limbs; T] {
    from_fn(|i| values.get(i).map_or([0; 4], limbs::from_field))
}

fn square<const T: usize>(matrix: &Matrix) -> [[Limbs; T]; T] {
    from_fn(|i| row(&matrix[i]))
}

/// The matrix in its four parts.
struct Linear {
    n: usize,
    m: F,
    v: Vec<F>,
    w: Vec<F>,
    inner: Matrix,
    /// Row `i` is `v·M^i`, up to `n`.
    observed: Matrix,
    /// Entry `i` is `v·M^i·w`.
    response: Vec<F>,
    /// The inverse of the first `n` rows of `observed`.
    observer: Matrix,
}

/// The partial rounds with all outputs and the first state 0: inputs by round, lanes after the last.
struct Trace {
    inputs: Vec<F>,
    lanes: Vec<F>,
}

impl Linear {
    fn of(mds: &[Vec<F>]) -> Self {
        let n = mds.len() - 1;
        let v = mds[0][1..].to_vec();
        let w: Vec<F> = mds[1..].iter().map(|row| row[0]).collect();
        let inner: Matrix = mds[1..].iter().map(|row| row[1..].to_vec()).collect();
        let mut observed = vec![v.clone()];
        for i in 0..n {
            observed.push(apply_row(&observed[i], &inner));
        }
        let response = apply(&observed, &w);
        let observer = invert(&observed[..n]);
        Self { n, m: mds[0][0], v, w, inner, observed, response, observer }
    }

    /// `α` and `γ`.
    fn recurrence(&self) -> (Vec<F>, Vec<F>) {
        let mut alpha = apply_row(&self.observed[self.n], &self.observer);
        alpha.reverse();
        let mut gamma = vec![self.m];
        for age in 1..=self.n {
            let known: F = (1..age).map(|i| alpha[i - 1] * self.response[age - i - 1]).sum();
            gamma.push(self.response[age - 1] - known - alpha[age - 1] * self.m);
        }
        (alpha, gamma)
    }

    /// From `(s_0, u_0)` to `s_0, s_{−1}, …, s_{1−n}, y_{−1}`.
    fn past(&self) -> Matrix {
        let inverse = invert(&self.inner);
        let back = apply_row(&self.v, &inverse);
        // Cannot fail: the divisor is the quotient of the determinants of the matrix and of M.
        let scale = (self.m - dot(&back, &self.w)).inverse().expect("the matrix is invertible");
        let output: Vec<F> = std::iter::once(F::ONE).chain(back.iter().map(|b| -*b)).map(|c| c * scale).collect();
        // u_{−1} as a linear map of (s_0, u_0).
        let pushed = apply(&inverse, &self.w);
        let mut lanes: Matrix = (0..self.n)
            .map(|i| {
                let entry = |j: usize| if j == 0 { F::ZERO } else { inverse[i][j - 1] };
                (0..=self.n).map(|j| entry(j) - pushed[i] * output[j]).collect()
            })
            .collect();
        let mut past = vec![identity(self.n + 1).swap_remove(0)];
        for _ in 1..self.n {
            lanes = product(&inverse, &lanes);
            past.push(apply_row(&self.v, &lanes));
        }
        past.push(output);
        past
    }

    /// `constants` has one entry more than there are rounds; the first is part of the first state.
    fn trace(&self, constants: &[&[F]]) -> Trace {
        let (mut inputs, mut lanes) = (vec![F::ZERO], vec![F::ZERO; self.n]);
        for constants in &constants[1..] {
            inputs.push(dot(&self.v, &lanes) + constants[0]);
            lanes = apply(&self.inner, &lanes).iter().zip(&constants[1..]).map(|(lane, c)| *lane + c).collect();
        }
        Trace { inputs, lanes }
    }

    fn leave<const T: usize>(&self, trace: &Trace) -> Vec<Leave<T>> {
        let n = self.n;
        let powers: Matrix =
            std::iter::successors(Some(self.w.clone()), |w| Some(apply(&self.inner, w))).take(n).collect();
        let power = (0..n).fold(identity(n), |power, _| product(&power, &self.inner));
        let solve = product(&power, &self.observer);
        (0..n)
            .map(|lane| {
                // Equation i is about the input of age n − 1 − i, and holds the outputs of age n − 1 − i up.
                let of_inputs: Vec<F> = (0..n).map(|age| solve[lane][n - 1 - age]).collect();
                let of_outputs: Vec<F> = (0..n)
                    .map(|age| {
                        let i = n - 1 - age;
                        let later: F = (i + 1..n).map(|j| solve[lane][j] * self.response[j - 1 - i]).sum();
                        powers[age][lane] - self.m * solve[lane][i] - later
                    })
                    .collect();
                let constant = trace.lanes[lane] - dot(&of_inputs, &trace.newest_first(trace.inputs.len()));
                Leave {
                    of_inputs: row(&of_inputs),
                    of_outputs: row(&of_outputs),
                    constant: limbs::from_field(&constant),
                }
            })
            .collect()
    }
}

impl Trace {
    /// The first `count` inputs, the newest of them first.
    fn newest_first(&self, count: usize) -> Vec<F> {
        self.inputs[..count].iter().rev().copied().collect()
    }

    /// What the recurrence leaves unexplained in each round.
    fn constants(&self, alpha: &[F]) -> Vec<F> {
        (1..self.inputs.len()).map(|k| self.inputs[k] - dot(alpha, &self.newest_first(k))).collect()
    }
}
