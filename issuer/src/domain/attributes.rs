//! The six attributes of an agent, derived from the receipts that count and nothing else.
//!
//! | attribute | from |
//! |---|---|
//! | `reputation` | [`Factors`](super::reputation::Factors) |
//! | `tasks_completed` | sum of `completed` |
//! | `earnings_sats` | sum of `earned_sats` |
//! | `member_since` | earliest `period_end`: the first attested work, not the registration |
//! | `capabilities` | union of `capabilities` |
//! | `build_hash` | newest receipt that names a build, else the build registered |
//!
//! Sums that would exceed 64 bits stay at the greatest 64-bit value.

use poa_circuits::native::attributes::Attributes;

use super::receipts::Receipt;
use super::reputation::{FactorSums, Newest};

/// The attributes of receipts that are added one after the other, in any order. It stays small however many they are.
pub struct Tally<'a> {
    registry: &'a [String],
    factors: FactorSums,
    tasks_completed: u64,
    earnings_sats: u64,
    member_since: Option<u64>,
    capabilities: u64,
    build_sha256: Newest<[u8; 32]>,
}

impl<'a> Tally<'a> {
    /// Of no receipts yet. `registry` is the attestation schema's.
    pub fn new(registry: &'a [String]) -> Self {
        Self {
            registry,
            factors: FactorSums::default(),
            tasks_completed: 0,
            earnings_sats: 0,
            member_since: None,
            capabilities: 0,
            build_sha256: Newest::default(),
        }
    }

    /// Adds a receipt that counts.
    pub fn add(&mut self, receipt: &Receipt) {
        self.factors.add(receipt);
        self.tasks_completed = self.tasks_completed.saturating_add(receipt.completed);
        self.earnings_sats = self.earnings_sats.saturating_add(receipt.earned_sats.unwrap_or_default());
        self.member_since = Some(self.member_since.map_or(receipt.period_end, |since| since.min(receipt.period_end)));
        self.capabilities |= capability_bits(receipt, self.registry);
        self.build_sha256.offer(receipt, receipt.build_sha256);
    }

    /// The attributes; none without receipts, because nothing is attested then. `registered_build` is the agent's.
    pub fn attributes(&self, registered_build: Option<[u8; 32]>) -> Option<Attributes> {
        Some(Attributes {
            reputation: self.factors.factors().score(),
            tasks_completed: self.tasks_completed,
            earnings_sats: self.earnings_sats,
            member_since: self.member_since?,
            capabilities: self.capabilities,
            build_sha256: self.build_sha256.get().copied().or(registered_build),
        })
    }
}

/// Bit `i` is set when the receipt names entry `i` of the registry, which has at most 64.
fn capability_bits(receipt: &Receipt, registry: &[String]) -> u64 {
    registry
        .iter()
        .take(64)
        .enumerate()
        .filter(|(_, name)| receipt.capabilities.contains(name))
        .fold(0, |bits, (i, _)| bits | 1 << i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::receipts::sample;

    fn derive(receipts: &[Receipt], registry: &[String], build: Option<[u8; 32]>) -> Option<Attributes> {
        let mut tally = Tally::new(registry);
        receipts.iter().for_each(|receipt| tally.add(receipt));
        tally.attributes(build)
    }

    #[test]
    fn nothing_is_attested_without_receipts() {
        assert_eq!(derive(&[], &[], Some([1; 32])), None);
    }

    #[test]
    fn sums_and_unions_cover_every_receipt_and_never_wrap() {
        let registry = ["a", "b", "c"].map(str::to_owned);
        let mut first = sample("1", 100);
        first.completed = 3;
        first.attempted = 4;
        first.earned_sats = Some(u64::MAX);
        first.capabilities = vec!["c".into()];
        let mut second = sample("2", 50);
        second.earned_sats = Some(1);
        second.capabilities = vec!["a".into(), "unknown".into()];
        let attributes = derive(&[first, second], &registry, None).unwrap();
        assert_eq!(attributes.tasks_completed, 4);
        assert_eq!(attributes.earnings_sats, u64::MAX);
        assert_eq!(attributes.member_since, 50);
        assert_eq!(attributes.capabilities, 0b101);
        assert_eq!(attributes.build_sha256, None);
    }

    #[test]
    fn the_newest_attested_build_outranks_the_registered_one() {
        let mut old = sample("1", 50);
        old.build_sha256 = Some([1; 32]);
        let mut new = sample("2", 100);
        new.build_sha256 = Some([2; 32]);
        let silent = sample("3", 200);
        let build = |receipts: &[Receipt]| derive(receipts, &[], Some([9; 32])).unwrap().build_sha256;
        assert_eq!(build(&[new, silent.clone(), old]), Some([2; 32]));
        assert_eq!(build(&[silent]), Some([9; 32]));
    }
}
