//! Reads and writes a snarkjs `.zkey` for circuit `poa/1`.
//!
//! # Form
//! An iden3 file (`iden3.rs`) with the magic `zkey`, version 1.
//!
//! | section | content |
//! |---|---|
//! | 1 | protocol: 1 for Groth16 |
//! | 2 | both primes, wires, inputs, domain size, `alpha_1 beta_1 beta_2 gamma_2 delta_1 delta_2` |
//! | 3 | `IC`, one point for the constant and each input |
//! | 4 | coefficients of the matrices A and B with the instance rows, see [`coefficients`] |
//! | 5, 6, 7, 8, 9 | the queries A, B in G1, B in G2, C (private wires) and H |
//! | 10 | the transcript of contributions; [`crate::ceremony`] reads it |
//!
//! The H points are those of `docs/protocol.md` §6, the only form there is: `L_{2i+1}(τ)/δ` (see `qap.rs`).
//!
//! # Refused
//! Anything but this for exactly this circuit: every length is compared with the circuit's before memory is taken, so a
//! file takes no more memory than a right one; coefficients other than our own matrices'; coordinates not below the
//! modulus; and all that [`crate::ProvingKey`] and the verifying key refuse. The matrix C is not in the file; that the
//! key is for ours shows when it proves ([`crate::crs::self_test`]).
//!
//! Source: snarkjs 0.7.6 `zkey_new.js`, `zkey_utils.js`.

mod coefficients;
mod points;
mod sections;
pub(crate) mod write;

use ark_bn254::{Bn254, Fq, Fr};
use ark_ff::{BigInteger256, PrimeField};
use poa_circuits::gadgets::r1cs::ConstraintSystem;
use poa_circuits::statement::circuit;

use self::sections::Sections;
use crate::iden3::{self, Bytes, Truncated, g1, g2};
use crate::key::{ProvingKey, ProvingKeyError};

/// The protocol in section 1.
const GROTH16: u32 = 1;

/// Why bytes are no usable `.zkey`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ZkeyError {
    /// Does not begin with `zkey`.
    #[error("not a zkey file")]
    Magic,
    /// Another version of the form.
    #[error("version {0} of the zkey form, 1 is known")]
    Version(u32),
    /// The file ends before a section does, or goes on after the last.
    #[error("the file is cut off or longer than its sections")]
    Length,
    /// A section with an unknown number, or one that stands there twice.
    #[error("section {0} is unknown or stands there twice")]
    Section(u32),
    /// A section is not there.
    #[error("section {0} is missing")]
    Missing(u32),
    /// A section has another length than this circuit's.
    #[error("section {section} has {found} bytes, this circuit's has {needed}")]
    SectionLength {
        /// Its number.
        section: u32,
        /// In the file.
        found: u64,
        /// For circuit `poa/1`.
        needed: u64,
    },
    /// A key of another proof system.
    #[error("protocol {0}, which is not Groth16")]
    Protocol(u32),
    /// A key over another curve.
    #[error("the prime {0} is not BN254's")]
    Prime(&'static str),
    /// A key for another circuit.
    #[error("{found} {what}, this circuit has {needed}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// In the file.
        found: u32,
        /// For circuit `poa/1`.
        needed: u32,
    },
    /// A coefficient differs from the circuit's, or is not below the modulus.
    #[error("coefficient {0} is not this circuit's")]
    Coefficient(usize),
    /// A coordinate is not below the modulus.
    #[error("section {section}, point {index}: a coordinate is not below the modulus")]
    Coordinate {
        /// The section's number.
        section: u32,
        /// Counted from 0.
        index: usize,
    },
    /// The points are no proving key.
    #[error(transparent)]
    Key(#[from] ProvingKeyError),
}

impl From<Truncated> for ZkeyError {
    fn from(_: Truncated) -> Self {
        Self::Length
    }
}

impl ProvingKey {
    /// Reads a snarkjs key for this circuit. Checking all points takes about a second of processor time.
    ///
    /// # Errors
    /// [`ZkeyError`], for everything the header of this module refuses.
    pub fn from_zkey(bytes: &[u8]) -> Result<Self, ZkeyError> {
        Ok(Self::new(Zkey::read(bytes, &circuit::shape())?.key)?)
    }

    /// Writes the key for snarkjs, byte for byte as snarkjs does, with the transcript of its ceremony if it had one.
    pub(crate) fn to_zkey(&self, transcript: Option<&[u8]>) -> Vec<u8> {
        write::file(&self.ark, &circuit::shape(), transcript)
    }
}

/// What a file holds: the points, each below the modulus and not looked at otherwise, and the transcript.
pub(crate) struct Zkey<'a> {
    pub key: ark_groth16::ProvingKey<Bn254>,
    /// Section 10.
    pub transcript: Option<&'a [u8]>,
}

impl<'a> Zkey<'a> {
    /// Reads a key for a circuit.
    pub fn read(bytes: &'a [u8], shape: &ConstraintSystem) -> Result<Self, ZkeyError> {
        let size = Size::of(shape);
        let sections = Sections::read(bytes, &size)?;
        let header = Header::read(&sections, &size)?;
        coefficients::check(sections.get(4), shape)?;
        let key = ark_groth16::ProvingKey::<Bn254> {
            vk: ark_groth16::VerifyingKey {
                alpha_g1: header.alpha_g1,
                beta_g2: header.beta_g2,
                gamma_g2: header.gamma_g2,
                delta_g2: header.delta_g2,
                gamma_abc_g1: points::list(3, sections.get(3), g1)?,
            },
            beta_g1: header.beta_g1,
            delta_g1: header.delta_g1,
            a_query: points::list(5, sections.get(5), g1)?,
            b_g1_query: points::list(6, sections.get(6), g1)?,
            b_g2_query: points::list(7, sections.get(7), g2)?,
            l_query: points::list(8, sections.get(8), g1)?,
            h_query: points::list(9, sections.get(9), g1)?,
        };
        Ok(Self { key, transcript: sections.transcript() })
    }
}

/// What the circuit determines of a file.
struct Size {
    wires: usize,
    inputs: usize,
    domain: usize,
    coefficients: usize,
}

impl Size {
    fn of(shape: &ConstraintSystem) -> Self {
        let inputs = shape.public();
        let rows = shape.constraints();
        let terms: usize = rows.iter().map(|row| row.a.terms().len() + row.b.terms().len()).sum();
        Self {
            wires: shape.assignment().len(),
            inputs,
            domain: (rows.len() + inputs + 1).next_power_of_two(),
            coefficients: terms + inputs + 1,
        }
    }

    /// The length of a section in bytes, where the circuit determines it.
    fn section(&self, id: u32) -> Option<usize> {
        let private = self.wires - self.inputs - 1;
        Some(match id {
            1 => 4,
            2 => 2 * (4 + 32) + 3 * 4 + 3 * iden3::G1 + 3 * iden3::G2,
            3 => (self.inputs + 1) * iden3::G1,
            4 => 4 + self.coefficients * coefficients::BYTES,
            5 | 6 => self.wires * iden3::G1,
            7 => self.wires * iden3::G2,
            8 => private * iden3::G1,
            9 => self.domain * iden3::G1,
            _ => return None,
        })
    }
}

/// The single points of section 2.
struct Header {
    alpha_g1: ark_bn254::G1Affine,
    beta_g1: ark_bn254::G1Affine,
    beta_g2: ark_bn254::G2Affine,
    gamma_g2: ark_bn254::G2Affine,
    delta_g1: ark_bn254::G1Affine,
    delta_g2: ark_bn254::G2Affine,
}

impl Header {
    fn read(sections: &Sections<'_>, size: &Size) -> Result<Self, ZkeyError> {
        let protocol = Bytes(sections.get(1)).u32()?;
        if protocol != GROTH16 {
            return Err(ZkeyError::Protocol(protocol));
        }
        let mut bytes = Bytes(sections.get(2));
        prime("q", &mut bytes, &Fq::MODULUS)?;
        prime("r", &mut bytes, &Fr::MODULUS)?;
        for (what, needed) in [("wires", size.wires), ("inputs", size.inputs), ("points in the domain", size.domain)] {
            let found = bytes.u32()?;
            if found as usize != needed {
                return Err(ZkeyError::Count { what, found, needed: needed as u32 });
            }
        }
        let out_of_range = |index| ZkeyError::Coordinate { section: 2, index };
        Ok(Self {
            alpha_g1: g1(bytes.take(iden3::G1)?).ok_or(out_of_range(0))?,
            beta_g1: g1(bytes.take(iden3::G1)?).ok_or(out_of_range(1))?,
            beta_g2: g2(bytes.take(iden3::G2)?).ok_or(out_of_range(2))?,
            gamma_g2: g2(bytes.take(iden3::G2)?).ok_or(out_of_range(3))?,
            delta_g1: g1(bytes.take(iden3::G1)?).ok_or(out_of_range(4))?,
            delta_g2: g2(bytes.take(iden3::G2)?).ok_or(out_of_range(5))?,
        })
    }
}

/// Its size in bytes, then the prime.
fn prime(name: &'static str, bytes: &mut Bytes<'_>, expected: &BigInteger256) -> Result<(), ZkeyError> {
    let size = bytes.u32()?;
    let found = bytes.take(32)?;
    let same = expected.0.iter().flat_map(|limb| limb.to_le_bytes()).eq(found.iter().copied());
    if size == 32 && same { Ok(()) } else { Err(ZkeyError::Prime(name)) }
}
