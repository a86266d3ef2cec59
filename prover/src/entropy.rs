//! Hands today's `rand_core` generators to arkworks, which takes those of `rand` 0.8.

use ark_std::rand::{CryptoRng, Error, RngCore};

/// The caller's generator under arkworks' trait.
pub(crate) struct ArkRng<'a, R>(pub &'a mut R);

impl<R: rand_core::CryptoRng> RngCore for ArkRng<'_, R> {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl<R: rand_core::CryptoRng> CryptoRng for ArkRng<'_, R> {}
