//! Randomness, passed in: nonces, ids, salts, status indices and the secrets of managed agents come from here.

use std::convert::Infallible;
use std::sync::Arc;

use getrandom::SysRng;
use rand_core::{TryCryptoRng, TryRng};

/// Fills a buffer with unpredictable bytes.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The operating system's randomness. Panics when the system has none, so that nothing predictable is made.
pub fn os_entropy() -> Entropy {
    Arc::new(|bytes: &mut [u8]| {
        SysRng.try_fill_bytes(bytes).expect("the operating system has a source of randomness");
    })
}

/// [`Entropy`] as a cryptographic random number generator.
#[derive(Clone)]
pub struct EntropyRng(Entropy);

impl EntropyRng {
    /// A generator over a source.
    pub fn new(entropy: &Entropy) -> Self {
        Self(Arc::clone(entropy))
    }
}

impl TryRng for EntropyRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(bytes);
        Ok(())
    }
}

impl TryCryptoRng for EntropyRng {}
