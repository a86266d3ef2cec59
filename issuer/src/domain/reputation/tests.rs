//! The worked example of `docs/reputation.md`, and the edges of each factor.

use proptest::prelude::*;

use super::*;
use crate::domain::receipts::sample;

/// The three receipts of the worked example.
fn worked_example() -> Vec<Receipt> {
    let at = |jti, day: u64| sample(jti, 1_700_000_000 + day * DAY_S);
    vec![
        Receipt {
            attempted: 300,
            completed: 150,
            quality: Some(8_000),
            confidence: Some(6_000),
            disputed: Some(false),
            ..at("a", 0)
        },
        Receipt {
            attempted: 100,
            completed: 80,
            quality: Some(9_000),
            confidence: Some(7_300),
            disputed: Some(true),
            stake_sats: Some(20_000_000),
            ..at("b", 200)
        },
        Receipt { attempted: 100, completed: 70, disputed: Some(false), stake_sats: Some(50_000_000), ..at("c", 365) },
    ]
}

#[test]
fn the_worked_example_gives_6789() {
    let factors = Factors::of(&worked_example());
    let expected = Factors {
        completion: Some(6_000),
        quality: Some(8_250),
        disputes: Some(6_666),
        longevity: Some(5_000),
        volume: Some(5_625),
        calibration: Some(9_150),
        stake: Some(5_000),
    };
    assert_eq!(factors, expected);
    assert_eq!(factors.score().get(), 6_789);
}

/// The documentation and the code state the same figures.
#[test]
fn the_documented_example_is_this_one() {
    let page = include_str!("../../../../docs/reputation.md");
    for (weight, factor) in Factors::of(&worked_example()).weighted() {
        let factor = factor.unwrap();
        let row = format!("| {weight} | {factor} | {} |", weight * factor);
        assert!(page.contains(&row), "{row}");
    }
    for figure in ["678990", "**6789**", "175000 / 45", "**3888**"] {
        assert!(page.contains(figure), "{figure}");
    }
}

#[test]
fn factors_without_data_are_left_out_and_the_others_reweighted() {
    let receipt = Receipt { attempted: 300, completed: 150, ..sample("1", 100) };
    let factors = Factors::of(&[receipt]);
    let expected = Factors { completion: Some(5_000), longevity: Some(0), volume: Some(5_000), ..Factors::default() };
    assert_eq!(factors, expected);
    assert_eq!(factors.score().get(), 3_888);
}

#[test]
fn nothing_attempted_is_no_data_for_completion() {
    let receipt = Receipt { attempted: 0, completed: 0, quality: Some(1), confidence: Some(1), ..sample("1", 100) };
    let factors = Factors::of(&[receipt]);
    assert_eq!(factors, Factors { longevity: Some(0), volume: Some(0), ..Factors::default() });
    assert_eq!(factors.score().get(), 0);
    assert_eq!(Factors::of(&[]), Factors::default());
    assert_eq!(Factors::default().score().get(), 0);
}

#[test]
fn caps_hold_at_and_beyond_their_limits() {
    let longevity = |days: u64| Factors::of(&[sample("1", 0), sample("2", days * DAY_S)]).longevity;
    assert_eq!(longevity(729), Some(9_986));
    assert_eq!(longevity(730), Some(10_000));
    assert_eq!(longevity(7_300), Some(10_000));
    let volume = |tasks| Factors::of(&[Receipt { attempted: tasks, completed: tasks, ..sample("1", 0) }]).volume;
    assert_eq!(volume(1), Some(625));
    assert_eq!(volume((1 << 15) - 1), Some(9_375));
    assert_eq!(volume(1 << 15), Some(10_000));
    assert_eq!(volume(u64::MAX), Some(10_000));
    let stake = |sats| Factors::of(&[Receipt { stake_sats: Some(sats), ..sample("1", 0) }]).stake;
    assert_eq!((stake(0), stake(9_999), stake(10_000)), (Some(0), Some(0), Some(1)));
    assert_eq!((stake(STAKE_SATS), stake(u64::MAX)), (Some(10_000), Some(10_000)));
}

#[test]
fn calibration_looks_at_the_newest_hundred_forecasts() {
    let forecast = |jti: u64, confidence| Receipt { confidence: Some(confidence), ..sample(&jti.to_string(), jti) };
    // One hundred perfect forecasts are newer than fifty that were wholly wrong.
    let mut receipts: Vec<_> = (0..50).map(|i| forecast(i, 0)).collect();
    receipts.extend((50..150).map(|i| forecast(i, 10_000)));
    assert_eq!(Factors::of(&receipts).calibration, Some(10_000));
    receipts.push(forecast(200, 0));
    assert_eq!(Factors::of(&receipts).calibration, Some(9_900));
}

#[test]
fn the_newest_stake_counts_also_when_it_is_lower() {
    let stake = |jti, at, sats| Receipt { stake_sats: Some(sats), ..sample(jti, at) };
    let receipts = [stake("1", 10, STAKE_SATS), stake("2", 20, STAKE_SATS / 4), sample("3", 30)];
    assert_eq!(Factors::of(&receipts).stake, Some(2_500));
}

fn receipt() -> impl Strategy<Value = Receipt> {
    let optional = || prop::option::of(0..=FULL);
    let amount = prop::option::of(any::<u64>());
    (
        any::<u16>(),
        0..1u64 << 50,
        0..1u64 << 53,
        any::<u64>(),
        optional(),
        optional(),
        prop::option::of(any::<bool>()),
        amount,
    )
        .prop_map(|(jti, at, attempted, part, quality, confidence, disputed, stake_sats)| Receipt {
            attempted,
            completed: part % (attempted + 1),
            quality,
            confidence,
            disputed,
            stake_sats,
            ..sample(&jti.to_string(), at)
        })
}

proptest! {
    #[test]
    fn every_factor_stays_in_range_and_order_does_not_matter(mut receipts in prop::collection::vec(receipt(), 0..40)) {
        let factors = Factors::of(&receipts);
        for (_, factor) in factors.weighted() {
            prop_assert!(factor.unwrap_or(0) <= FULL);
        }
        prop_assert!(factors.score().get() <= 10_000);
        // Equal jti and times cannot both be stored; keep one of each before reversing.
        receipts.sort_by_key(|r| r.jti.clone());
        receipts.dedup_by_key(|r| r.jti.clone());
        let forwards = Factors::of(&receipts);
        receipts.reverse();
        prop_assert_eq!(forwards, Factors::of(&receipts));
    }
}
