//! The six attributes of an agent, derived from the receipts that count and nothing else.
//!
//! | attribute | from |
//! |---|---|
//! | `reputation` | [`Factors`] |
//! | `tasks_completed` | sum of `completed` |
//! | `earnings_sats` | sum of `earned_sats` |
//! | `member_since` | earliest `period_end`: the first attested work, not the registration |
//! | `capabilities` | union of `capabilities` |
//! | `build_hash` | newest receipt that names a build, else the build registered |
//!
//! Sums that would exceed 64 bits stay at the greatest 64-bit value.

use poa_circuits::native::attributes::Attributes;

use super::receipts::Receipt;
use super::reputation::{self, Factors};

/// The attributes of the receipts that count; none without receipts, because nothing is attested then.
/// `registry` is the attestation schema's; `registered_build` the agent's.
pub fn derive(receipts: &[Receipt], registry: &[String], registered_build: Option<[u8; 32]>) -> Option<Attributes> {
    let member_since = receipts.iter().map(|r| r.period_end).min()?;
    let attested_build = reputation::newest_first(receipts).iter().find_map(|r| r.build_sha256);
    Some(Attributes {
        reputation: Factors::of(receipts).score(),
        tasks_completed: saturating_sum(receipts.iter().map(|r| r.completed)),
        earnings_sats: saturating_sum(receipts.iter().filter_map(|r| r.earned_sats)),
        member_since,
        capabilities: capability_bits(receipts, registry),
        build_sha256: attested_build.or(registered_build),
    })
}

fn saturating_sum(values: impl Iterator<Item = u64>) -> u64 {
    values.fold(0, u64::saturating_add)
}

/// Bit `i` is set when some receipt names entry `i` of the registry, which has at most 64.
fn capability_bits(receipts: &[Receipt], registry: &[String]) -> u64 {
    registry
        .iter()
        .take(64)
        .enumerate()
        .filter(|(_, name)| receipts.iter().any(|r| r.capabilities.contains(name)))
        .fold(0, |bits, (i, _)| bits | 1 << i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::receipts::sample;

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
