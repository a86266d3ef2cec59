//! Rows, tables and field elements as bytes, hashed on the way.

use std::io::{self, Read, Write};

use ark_bn254::{Fq, Fq2, Fr};
use ark_ec::short_weierstrass::Affine;
use ark_ff::{BigInteger256, PrimeField};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::cache::CacheError;
use super::msm::{Aligned, Curve, Table};
use super::rows::Rows;
use super::settings::Settings;

/// Elements read at once.
const CHUNK: usize = 4096;

/// An element of fixed size, as its Montgomery limbs.
pub(super) trait Element: Copy + Send + Sync {
    /// Bytes of the encoding.
    const BYTES: usize;
    /// Appends the encoding.
    fn write(&self, bytes: &mut Vec<u8>);
    /// Reads it; none for a number out of range.
    fn read(bytes: &[u8]) -> Option<Self>;
}

impl Element for u32 {
    const BYTES: usize = 4;
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.to_le_bytes());
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(u32::from_le_bytes)
    }
}

fn write_limbs(integer: &BigInteger256, bytes: &mut Vec<u8>) {
    integer.0.iter().for_each(|limb| bytes.extend_from_slice(&limb.to_le_bytes()));
}

fn read_limbs(bytes: &[u8], modulus: &BigInteger256) -> Option<BigInteger256> {
    let mut limbs = [0; 4];
    for (limb, bytes) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
        *limb = u64::from_le_bytes(bytes.try_into().ok()?);
    }
    let integer = BigInteger256::new(limbs);
    (bytes.len() == 32 && integer < *modulus).then_some(integer)
}

impl Element for Fr {
    const BYTES: usize = 32;
    fn write(&self, bytes: &mut Vec<u8>) {
        write_limbs(&self.0, bytes);
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        read_limbs(bytes, &Fr::MODULUS).map(Fr::new_unchecked)
    }
}

impl Element for Fq {
    const BYTES: usize = 32;
    fn write(&self, bytes: &mut Vec<u8>) {
        write_limbs(&self.0, bytes);
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        read_limbs(bytes, &Fq::MODULUS).map(Fq::new_unchecked)
    }
}

impl Element for Fq2 {
    const BYTES: usize = 64;
    fn write(&self, bytes: &mut Vec<u8>) {
        self.c0.write(bytes);
        self.c1.write(bytes);
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        let (c0, c1) = bytes.split_at_checked(32)?;
        Some(Fq2::new(Fq::read(c0)?, Fq::read(c1)?))
    }
}

impl<P: Curve<BaseField: Element>> Element for Aligned<P> {
    const BYTES: usize = 2 * P::BaseField::BYTES;
    fn write(&self, bytes: &mut Vec<u8>) {
        self.point().x.write(bytes);
        self.point().y.write(bytes);
    }
    fn read(bytes: &[u8]) -> Option<Self> {
        let (x, y) = bytes.split_at_checked(P::BaseField::BYTES)?;
        Some(Affine::new_unchecked(P::BaseField::read(x)?, P::BaseField::read(y)?).into())
    }
}

/// Writes and hashes.
pub(super) struct HashingWriter<W> {
    output: W,
    digest: Sha256,
}

impl<W: Write> HashingWriter<W> {
    pub fn new(output: W) -> Self {
        Self { output, digest: Sha256::new() }
    }

    pub fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.digest.update(bytes);
        self.output.write_all(bytes)
    }

    /// The number of elements, then the elements.
    fn list<T: Element>(&mut self, elements: &[T]) -> io::Result<()> {
        self.bytes(&(elements.len() as u64).to_le_bytes())?;
        let mut buffer = Vec::with_capacity(CHUNK * T::BYTES);
        for chunk in elements.chunks(CHUNK) {
            buffer.clear();
            chunk.iter().for_each(|element| element.write(&mut buffer));
            self.bytes(&buffer)?;
        }
        Ok(())
    }

    pub fn rows(&mut self, rows: &Rows) -> io::Result<()> {
        let (starts, wires, coefficients) = rows.parts();
        self.list(starts)?;
        self.list(wires)?;
        self.list(coefficients)
    }

    pub fn table<P: Curve<BaseField: Element>>(&mut self, table: &Table<P>) -> io::Result<()> {
        self.list(table.scalars())?;
        self.list(table.entries())
    }

    /// The digest of everything so far, then nothing more.
    pub fn finish(mut self) -> io::Result<()> {
        let digest = self.digest.finalize();
        self.output.write_all(&digest)?;
        self.output.flush()
    }
}

/// Reads and hashes.
pub(super) struct HashingReader<R> {
    input: R,
    digest: Sha256,
    /// Bytes left of the input, as its owner says. A damaged length that asks for more allocates nothing.
    left: u64,
}

impl<R: Read> HashingReader<R> {
    /// Of an input of so many bytes.
    pub fn new(input: R, length: u64) -> Self {
        Self { input, digest: Sha256::new(), left: length }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), CacheError> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => CacheError::Damaged,
            _ => error.into(),
        })?;
        self.digest.update(&*bytes);
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Ok(())
    }

    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N], CacheError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn list<T: Element>(&mut self) -> Result<Vec<T>, CacheError> {
        let length = u64::from_le_bytes(self.bytes()?);
        if length > self.left / T::BYTES as u64 {
            return Err(CacheError::Damaged);
        }
        let length = usize::try_from(length).map_err(|_| CacheError::Damaged)?;
        let mut elements = Vec::with_capacity(length);
        let mut buffer = vec![0; CHUNK.min(length) * T::BYTES];
        while elements.len() < length {
            let chunk = &mut buffer[..CHUNK.min(length - elements.len()) * T::BYTES];
            self.fill(chunk)?;
            for bytes in chunk.chunks_exact(T::BYTES) {
                elements.push(T::read(bytes).ok_or(CacheError::Damaged)?);
            }
        }
        Ok(elements)
    }

    pub fn rows(&mut self, wires: usize) -> Result<Rows, CacheError> {
        let (starts, terms, coefficients) = (self.list()?, self.list()?, self.list()?);
        Rows::from_parts(starts, terms, coefficients, wires).ok_or(CacheError::Damaged)
    }

    /// A table whose bases, though not all their multiples, were checked to be on the curve.
    pub fn table<P: Curve<BaseField: Element>>(&mut self, settings: Settings) -> Result<Table<P>, CacheError> {
        let (scalars, entries) = (self.list()?, self.list()?);
        let table = Table::from_parts(settings, scalars, entries).ok_or(CacheError::Damaged)?;
        let on_curve = table.bases().collect::<Vec<_>>().into_par_iter().all(|base: &Affine<P>| base.is_on_curve());
        if on_curve { Ok(table) } else { Err(CacheError::Damaged) }
    }

    /// Checks the digest, and that nothing follows it. Returns it.
    pub fn finish(mut self) -> Result<[u8; 32], CacheError> {
        let computed: [u8; 32] = self.digest.finalize().into();
        let mut stored = Vec::with_capacity(33);
        self.input.by_ref().take(33).read_to_end(&mut stored)?;
        if stored[..] == computed[..] { Ok(computed) } else { Err(CacheError::Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_bn254::{G1Affine, G2Affine};
    use ark_ec::AffineRepr;
    use ark_ff::Field;

    fn survives<T: Element + PartialEq>(value: T) -> bool {
        let mut bytes = Vec::new();
        value.write(&mut bytes);
        bytes.len() == T::BYTES && T::read(&bytes) == Some(value)
    }

    #[test]
    fn elements_survive_their_encoding() {
        assert!(survives(7u32) && survives(Fr::from(5u64)) && survives(-Fq::ONE));
        assert!(survives(Aligned::from(G1Affine::generator())) && survives(Aligned::from(-G2Affine::generator())));
    }

    #[test]
    fn limbs_beyond_the_modulus_are_refused() {
        let mut bytes = Vec::new();
        write_limbs(&Fq::MODULUS, &mut bytes);
        assert_eq!(Fq::read(&bytes), None);
        assert_eq!(Fr::read(&[0xff; 32]), None);
        assert_eq!(Fr::read(&[0; 31]), None);
        assert_eq!(Fq2::read(&[0; 40]), None);
    }

    #[test]
    fn lists_survive_and_damage_is_found() {
        let mut file = Vec::new();
        let mut writer = HashingWriter::new(&mut file);
        let values: Vec<Fr> = (0..5000u64).map(Fr::from).collect();
        writer.list(&values).unwrap();
        writer.finish().unwrap();
        let read = |bytes: &[u8]| {
            let mut reader = HashingReader::new(bytes, bytes.len() as u64);
            let values = reader.list::<Fr>()?;
            reader.finish().map(|_| values)
        };
        assert_eq!(read(&file).unwrap(), values);
        for at in [0, 7, 8, 100, file.len() - 40, file.len() - 1] {
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            assert!(matches!(read(&damaged), Err(CacheError::Damaged)), "{at}");
        }
        assert!(matches!(read(&file[..file.len() - 1]), Err(CacheError::Damaged)));
        file.push(0);
        assert!(matches!(read(&file), Err(CacheError::Damaged)));
    }
}
