//! Numbers and points that snarkjs derives from a seed: ChaCha20's words, big-endian halves, rejection.
//!
//! An element of Fr or Fq is 254 bits of four 64-bit draws, drawn again when not below the modulus, and taken as the
//! element's *Montgomery form*. A point is an abscissa drawn until it has one, then a bit for the greater ordinate; in G2
//! it is multiplied by the cofactor.
//!
//! Source: ffjavascript 0.3 `chacha.js`, `wasm_field1.js`, `wasm_curve.js`; snarkjs 0.7.6 `keypair.js`, `misc.js`.

use ark_bn254::{Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::{BigInteger256, PrimeField};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use super::encoding::Hash;

/// Draws from one seed.
pub(super) struct Draws(ChaCha20Rng);

impl Draws {
    /// The first 32 bytes, read as eight big-endian words.
    fn new(seed: [u8; 32]) -> Self {
        let mut words = seed;
        words.as_chunks_mut::<4>().0.iter_mut().for_each(|word| word.reverse());
        Self(ChaCha20Rng::from_seed(words))
    }

    /// The seed of a challenge is the first half of its hash.
    pub fn from_hash(hash: &Hash) -> Self {
        let mut seed = [0; 32];
        seed.copy_from_slice(&hash[..32]);
        Self::new(seed)
    }

    /// SHA-256 of the beacon, `2^iterations_exp` times over.
    pub fn from_beacon(value: &[u8], iterations_exp: u8) -> Self {
        let first: [u8; 32] = Sha256::digest(value).into();
        Self::new((1..1u64 << iterations_exp).fold(first, |hash, _| Sha256::digest(hash).into()))
    }

    fn u64(&mut self) -> u64 {
        let high = u64::from(self.0.next_u32());
        high << 32 | u64::from(self.0.next_u32())
    }

    fn below(&mut self, modulus: &BigInteger256) -> BigInteger256 {
        loop {
            let mut limbs: [u64; 4] = std::array::from_fn(|_| self.u64());
            limbs[3] &= u64::MAX >> 2;
            let drawn = BigInteger256::new(limbs);
            if drawn < *modulus {
                return drawn;
            }
        }
    }

    /// An element of the scalar field.
    pub fn scalar(&mut self) -> Fr {
        Fr::new_unchecked(self.below(&Fr::MODULUS))
    }

    fn coordinate(&mut self) -> Fq {
        Fq::new_unchecked(self.below(&Fq::MODULUS))
    }

    fn greatest(&mut self) -> bool {
        self.0.next_u32() & 1 == 1
    }

    /// A point of G1.
    pub fn g1(&mut self) -> G1Affine {
        loop {
            let x = self.coordinate();
            if let Some(point) = G1Affine::get_point_from_x_unchecked(x, self.greatest()) {
                return point;
            }
        }
    }

    /// A point of G2.
    pub fn g2(&mut self) -> G2Affine {
        loop {
            let x = Fq2::new(self.coordinate(), self.coordinate());
            if let Some(point) = G2Affine::get_point_from_x_unchecked(x, self.greatest()) {
                return point.mul_by_cofactor();
            }
        }
    }
}
