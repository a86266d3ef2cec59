//! Proofs that wait for their context: everything but the challenge is proved beforehand.
//!
//! The context `x` stands in one row of the circuit, `x · x = x²`, and nowhere else. So A and B are linear in it and C is
//! quadratic: `A0 + x·dA`, `B0 + x·dB`, `C0 + x·C1 + x²·C2`, where `dA`, `dB` and `C2` depend on the key alone. A few
//! scalar multiplications and a fresh blinding finish the proof.
//!
//! **Why finishing needs no pairing.** In the exponent both sides of the verifier's equation are polynomials of degree
//! at most 2 in `x`. [`Engine::prepare`] verifies at three contexts, 0, 1 and a random one, so the equation holds for
//! every `x`.
//!
//! **A prepared proof is a bearer secret.** Who finds one can answer any challenge as its holder until the root is too
//! old, and can test guesses of the witness. Seal it at rest, drop it with its root, never log or send it.

use ark_bn254::{Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ff::{AdditiveGroup, Field};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use poa_circuits::native::field::{self, F};
use poa_circuits::statement::assignment::{self, WIRES};
use poa_circuits::statement::{INPUT_NAMES, INPUTS, Public, Witness};
use poa_verifier::groth16::{Proof, ProofError};
use poa_verifier::key::VerifyingKey;
use rand_core::CryptoRng;
use rayon::prelude::*;
use zeroize::{Zeroize, Zeroizing};

use super::Engine;
use super::blinding::Unblinded;
use super::compiled_key::CompiledKey;
use super::quotient::products;
use crate::prove::ProveError;

/// The context's wire: the constant is wire 0, so input `i` is wire `i + 1`.
const CONTEXT: usize = 2;
const _: () = assert!(matches!(INPUT_NAMES[CONTEXT - 1].as_bytes(), b"context"));
/// The wire of the context's square, the last one.
const SQUARE: usize = WIRES - 1;
/// The key's digest, the inputs, A0, B0, C0, C1, dA, dB, C2.
const BYTES: usize = 32 + INPUTS * 32 + 64 + 128 + 64 + 64 + 64 + 128 + 64;

/// What the context multiplies in A and B, and its square in C. Of the key alone.
#[derive(Clone, Copy)]
struct Slopes {
    a: G1Affine,
    b: G2Affine,
    c2: G1Affine,
}

/// What preparing needs of the context's wire, from the key alone.
pub(super) struct ContextTerms {
    slopes: Slopes,
    /// The columns' polynomials on the odd coset.
    a_odd: Zeroizing<Vec<Fr>>,
    b_odd: Zeroizing<Vec<Fr>>,
}

impl ContextTerms {
    pub fn new(key: &CompiledKey) -> Self {
        let [a_odd, b_odd] = key.extended_rows(&unit(CONTEXT));
        let c2 = key.c_sum(&unit(SQUARE), products(&a_odd, &b_odd));
        let slopes = Slopes { a: key.a.base(CONTEXT as u32), b: key.b.base(CONTEXT as u32), c2: c2.into() };
        Self { slopes, a_odd, b_odd }
    }

    /// The part of `(a + x·da)(b + x·db)` that is linear in `x`, point by point.
    fn linear_products(&self, a: &[Fr], b: &[Fr]) -> impl IndexedParallelIterator<Item = Fr> {
        products(a, &self.b_odd).zip(products(b, &self.a_odd)).map(|(left, right)| left + right)
    }
}

/// The assignment with 1 on one wire and 0 elsewhere.
fn unit(wire: usize) -> Vec<Fr> {
    let mut assignment = vec![Fr::ZERO; WIRES];
    assignment[wire] = Fr::ONE;
    assignment
}

/// A proof of a statement with any context, but for the context. A bearer secret; zeroised on drop, never printed.
///
/// It brings the key's share along, so that finishing takes the verifying key and no engine.
pub struct Prepared {
    /// The context is 0.
    inputs: Zeroizing<[F; INPUTS]>,
    verifying_key: [u8; 32],
    slopes: Slopes,
    a0: G1Affine,
    b0: G2Affine,
    c0: G1Affine,
    c1: G1Affine,
}

impl Drop for Prepared {
    fn drop(&mut self) {
        self.a0.zeroize();
        self.b0.zeroize();
        self.c0.zeroize();
        self.c1.zeroize();
    }
}

impl Prepared {
    /// The inputs that the finished proof will be for.
    pub fn public(&self, context: F) -> Public {
        Public::from_inputs(&self.inputs).with_context(context)
    }

    /// The inputs but for the context.
    pub fn public_without_context(&self) -> Public {
        self.public(F::ZERO)
    }

    /// The bytes, for sealed storage only. [`Prepared::restore`] reads them.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(BYTES));
        bytes.extend_from_slice(&self.verifying_key);
        self.inputs.iter().for_each(|input| bytes.extend_from_slice(&field::to_bytes_be(input)));
        write_point(&mut bytes, &self.a0);
        write_point(&mut bytes, &self.b0);
        write_point(&mut bytes, &self.c0);
        write_point(&mut bytes, &self.c1);
        write_point(&mut bytes, &self.slopes.a);
        write_point(&mut bytes, &self.slopes.b);
        write_point(&mut bytes, &self.slopes.c2);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != BYTES {
            return None;
        }
        let (verifying_key, rest) = bytes.split_first_chunk::<32>()?;
        let (inputs, mut points) = rest.split_at_checked(INPUTS * 32)?;
        let mut fields = Zeroizing::new([F::ZERO; INPUTS]);
        for (input, bytes) in fields.iter_mut().zip(inputs.as_chunks::<32>().0) {
            *input = field::from_bytes_be(bytes).ok()?;
        }
        Some(Self {
            inputs: fields,
            verifying_key: *verifying_key,
            a0: read_point(&mut points)?,
            b0: read_point(&mut points)?,
            c0: read_point(&mut points)?,
            c1: read_point(&mut points)?,
            slopes: Slopes { a: read_point(&mut points)?, b: read_point(&mut points)?, c2: read_point(&mut points)? },
        })
    }

    /// The unblinded proof at a context.
    fn at(&self, context: F) -> Unblinded {
        let (a0, b0, c0) = (G1Projective::from(self.a0), G2Projective::from(self.b0), G1Projective::from(self.c0));
        let slope = self.slopes.c2 * context + self.c1;
        Unblinded { a: a0 + self.slopes.a * context, b: b0 + self.slopes.b * context, c: c0 + slope * context }
    }

    /// The proof for one context, under fresh blinding from `rng` (see [`Engine::prove`]).
    ///
    /// # Errors
    /// [`ProveError::Prover`] when it was prepared under another key or, with negligible probability, a point is the
    /// identity at this context.
    pub fn finish(&self, key: &VerifyingKey, context: F, rng: &mut impl CryptoRng) -> Result<Proof, ProveError> {
        if self.verifying_key != key.sha256() {
            return Err(ProveError::Prover(RestoreError::OtherKey.to_string()));
        }
        self.at(context).blind(key.delta_g2(), rng)
    }

    /// Reads what [`Prepared::to_bytes`] wrote, and verifies it again.
    ///
    /// # Errors
    /// [`RestoreError`].
    pub fn restore(key: &VerifyingKey, bytes: &[u8], rng: &mut impl CryptoRng) -> Result<Self, RestoreError> {
        let canonical = |prepared: &Self| *prepared.to_bytes() == bytes;
        let prepared = Self::from_bytes(bytes).filter(canonical).ok_or(RestoreError::Malformed)?;
        if prepared.verifying_key != key.sha256() {
            return Err(RestoreError::OtherKey);
        }
        prepared.check_at_three_contexts(key, rng)?;
        Ok(prepared)
    }

    /// Both sides of the equation are quadratic in the context, so three contexts decide for all.
    fn check_at_three_contexts(&self, key: &VerifyingKey, rng: &mut impl CryptoRng) -> Result<(), ProofError> {
        // Any three will do as long as they differ.
        let random = Some(field::random(rng)).filter(|random| *random != F::ZERO && *random != F::ONE);
        [F::ZERO, F::ONE, random.unwrap_or(F::from(2u64))].into_par_iter().try_for_each(|context| {
            let proof = self.at(context).reveal()?;
            key.verify(&self.public(context).to_inputs(), &proof)
        })
    }
}

fn write_point(bytes: &mut Vec<u8>, point: &impl CanonicalSerialize) {
    // Cannot fail: writing to a vector does not.
    point.serialize_uncompressed(bytes).expect("a vector takes all bytes");
}

/// The next point, on the curve and in the subgroup.
fn read_point<P: CanonicalDeserialize>(bytes: &mut &[u8]) -> Option<P> {
    P::deserialize_uncompressed(bytes).ok()
}

/// Why stored bytes are no prepared proof of this engine.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// Not what [`Prepared::to_bytes`] writes.
    #[error("not a prepared proof")]
    Malformed,
    /// Prepared under another key.
    #[error("prepared under another proving key")]
    OtherKey,
    /// It would not verify when finished.
    #[error("the prepared proof would not verify: {0}")]
    Unsatisfied(#[from] ProofError),
}

impl Engine {
    /// Proves the statement but for its context, and verifies at three contexts. `public.context` is ignored.
    ///
    /// # Errors
    /// [`ProveError`], as for [`Engine::prove`].
    pub fn prepare(
        &self,
        public: &Public,
        witness: &Witness,
        rng: &mut impl CryptoRng,
    ) -> Result<Prepared, ProveError> {
        let public = public.clone().with_context(F::ZERO);
        public.check(witness)?;
        let assignment = assignment::derive(&public, witness);
        let terms = self.context_terms();
        let [a, b] = self.key.extended_rows(&assignment);
        let ((a0, b0), (c0, c1)) = rayon::join(
            || self.key.ab_sums(&assignment),
            || {
                rayon::join(
                    || self.key.c_sum(&assignment, products(&a, &b)),
                    || self.key.c_sum(&unit(CONTEXT), terms.linear_products(&a, &b)),
                )
            },
        );
        let prepared = Prepared {
            inputs: Zeroizing::new(public.to_inputs()),
            verifying_key: self.verifying_key().sha256(),
            slopes: terms.slopes,
            a0: a0.into(),
            b0: b0.into(),
            c0: c0.into(),
            c1: c1.into(),
        };
        prepared.check_at_three_contexts(self.verifying_key(), rng)?;
        Ok(prepared)
    }
}
