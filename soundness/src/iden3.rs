//! Reader of the iden3 formats `.r1cs` (version 1) and `.wtns` (version 2).
//!
//! Layout: <https://github.com/iden3/r1csfile/blob/master/doc/r1cs_bin_format.md>; `.wtns` is framed alike. Written from
//! that page, not from our writer. Whatever is not understood is refused.

use ark_ff::{BigInteger, BigInteger256, PrimeField};

use crate::r1cs::{F, Lc, R1cs, Row, Wire};

const HEADER: u32 = 1;
const BODY: u32 = 2;
const WIRE_TO_LABEL: u32 = 3;

/// Why a file is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not the format or version.
    #[error("the file does not begin as this format in this version does")]
    Preamble,
    /// Bytes are missing.
    #[error("the file ends too early")]
    Short,
    /// Bytes are left over.
    #[error("bytes are left over after the last section or inside one")]
    Surplus,
    /// A section is missing or stands there twice.
    #[error("section {0} is missing or repeated")]
    Section(u32),
    /// A section that this reader does not understand, such as custom gates.
    #[error("section {0} is unknown")]
    Unknown(u32),
    /// Another field than the scalar field of BN254.
    #[error("the field is not the scalar field of BN254")]
    Field,
    /// A number at or above the field's order.
    #[error("a number is not below the field's order")]
    NotReduced,
    /// A wire that does not exist, or one twice in a combination.
    #[error("constraint {0} names a wire twice or one that does not exist")]
    Wire(usize),
    /// More public and declared wires than wires.
    #[error("the header's counts contradict each other")]
    Counts,
    /// The first value is not 1.
    #[error("wire 0 is not 1")]
    Constant,
}

/// Reads a constraint system. Public outputs count as inputs: a verifier is given both.
pub fn read_r1cs(bytes: &[u8]) -> Result<R1cs, ReadError> {
    let sections = sections(bytes, b"r1cs", 1, &[HEADER, BODY, WIRE_TO_LABEL])?;
    let mut header = Bytes(section(&sections, HEADER)?);
    field(&mut header)?;
    let wires = header.u32()? as usize;
    let (outputs, inputs, declared) = (header.u32()?, header.u32()?, header.u32()?);
    header.u64()?; // labels
    let count = header.u32()?;
    header.end()?;
    let (inputs, declared) = (outputs as usize + inputs as usize, declared as usize);
    if 1 + inputs + declared > wires {
        return Err(ReadError::Counts);
    }
    let mut body = Bytes(section(&sections, BODY)?);
    let mut rows = Vec::new();
    for number in 0..count as usize {
        let mut side = || combination(&mut body, wires, number);
        rows.push(Row { a: side()?, b: side()?, c: side()? });
    }
    body.end()?;
    Ok(R1cs { wires, inputs, declared, rows })
}

/// Reads an assignment: wire 0 first, which must be 1.
pub fn read_wtns(bytes: &[u8]) -> Result<Vec<F>, ReadError> {
    let sections = sections(bytes, b"wtns", 2, &[HEADER, BODY])?;
    let mut header = Bytes(section(&sections, HEADER)?);
    field(&mut header)?;
    let count = header.u32()?;
    header.end()?;
    let mut body = Bytes(section(&sections, BODY)?);
    let values = (0..count).map(|_| body.element()).collect::<Result<Vec<F>, _>>()?;
    body.end()?;
    if values.first() != Some(&F::from(1u64)) {
        return Err(ReadError::Constant);
    }
    Ok(values)
}

fn combination(body: &mut Bytes, wires: usize, number: usize) -> Result<Lc, ReadError> {
    let count = body.u32()?;
    let mut terms: Vec<(Wire, F)> = Vec::new();
    for _ in 0..count {
        let (wire, coefficient) = (body.u32()?, body.element()?);
        if wire as usize >= wires || terms.iter().any(|(known, _)| *known == wire) {
            return Err(ReadError::Wire(number));
        }
        terms.push((wire, coefficient));
    }
    Ok(Lc::new(terms))
}

/// An element's size and the modulus.
fn field(header: &mut Bytes) -> Result<(), ReadError> {
    let size = header.u32()? as usize;
    if size == 32 && header.take(size)? == F::MODULUS.to_bytes_le() { Ok(()) } else { Err(ReadError::Field) }
}

type Section<'a> = (u32, &'a [u8]);

fn sections<'a>(bytes: &'a [u8], magic: &[u8; 4], version: u32, known: &[u32]) -> Result<Vec<Section<'a>>, ReadError> {
    let mut rest = Bytes(bytes);
    if rest.take(4)? != magic || rest.u32()? != version {
        return Err(ReadError::Preamble);
    }
    let count = rest.u32()?;
    let mut sections = Vec::new();
    for _ in 0..count {
        let kind = rest.u32()?;
        let size = usize::try_from(rest.u64()?).map_err(|_| ReadError::Short)?;
        if !known.contains(&kind) {
            return Err(ReadError::Unknown(kind));
        }
        sections.push((kind, rest.take(size)?));
    }
    rest.end()?;
    Ok(sections)
}

fn section<'a>(sections: &[Section<'a>], kind: u32) -> Result<&'a [u8], ReadError> {
    let mut found = sections.iter().filter(|(known, _)| *known == kind);
    match (found.next(), found.next()) {
        (Some((_, body)), None) => Ok(body),
        _ => Err(ReadError::Section(kind)),
    }
}

/// What is left to read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ReadError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(ReadError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        self.take(N)?.try_into().map_err(|_| ReadError::Short)
    }

    fn u32(&mut self) -> Result<u32, ReadError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, ReadError> {
        self.array().map(u64::from_le_bytes)
    }

    fn element(&mut self) -> Result<F, ReadError> {
        let bytes: [u8; 32] = self.array()?;
        let mut limbs = [0u64; 4];
        for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
            // Cannot fail: the chunks have eight bytes.
            *limb = u64::from_le_bytes(chunk.try_into().expect("eight bytes"));
        }
        F::from_bigint(BigInteger256::new(limbs)).ok_or(ReadError::NotReduced)
    }

    fn end(&self) -> Result<(), ReadError> {
        if self.0.is_empty() { Ok(()) } else { Err(ReadError::Surplus) }
    }
}
