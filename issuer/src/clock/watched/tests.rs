use super::super::ManualClock;
use super::*;

const NOW: u64 = 1_800_000_000;
const DAY: u64 = 86_400;

fn watched() -> (Arc<ManualClock>, WatchedClock) {
    let manual = Arc::new(ManualClock::new(NOW));
    let watched = WatchedClock::new(Arc::clone(&manual) as Arc<dyn Clock>, None, None);
    (manual, watched)
}

#[test]
fn time_that_passes_on_both_clocks_is_believed() {
    let (manual, watched) = watched();
    for passed in [0, 1, 29, 3_600, 90 * DAY] {
        let now = manual.advance(passed);
        assert_eq!(watched.believed_unix_s(), Ok(now));
    }
}

#[test]
fn a_jump_is_doubted_until_the_clock_is_back_and_time_goes_on_meanwhile() {
    let (manual, watched) = watched();
    for jumped in [NOW + DAY, NOW + TOLERANCE_S + 1, NOW - TOLERANCE_S - 1, NOW - DAY, 0, u64::MAX] {
        let (manual, watched) = (&manual, &watched);
        let before = watched.believed_unix_s().unwrap();
        let offset = i128::from(jumped) - i128::from(NOW);
        manual.jump(u64::try_from(i128::from(before) + offset).unwrap_or(0));
        assert!(watched.believed_unix_s().is_err(), "{jumped}");
        assert_eq!(watched.now_unix_s(), before, "requests are judged by the time that it should be");
        manual.jump(before);
        assert_eq!(watched.believed_unix_s(), Ok(before));
    }
}

#[test]
fn a_leap_second_and_a_small_correction_are_believed() {
    let (manual, watched) = watched();
    for now in [NOW - 1, NOW + TOLERANCE_S, NOW - TOLERANCE_S] {
        manual.jump(now);
        assert_eq!(watched.believed_unix_s(), Ok(now));
    }
}

#[test]
fn many_small_jumps_are_not_believed_as_one_large_one() {
    let (manual, watched) = watched();
    let mut jumped = 0;
    while watched.doubt().is_none() {
        manual.advance(10);
        manual.jump(manual.now_unix_s() + 1);
        jumped += 1;
    }
    assert!((TOLERANCE_S..TOLERANCE_S + 3).contains(&jumped), "{jumped}");
}

#[test]
fn a_clock_that_is_slewed_is_followed() {
    let (manual, watched) = watched();
    // 400 millionths, for a hundred days: an hour in all.
    for _ in 0..(100 * DAY / 10_000) {
        manual.advance(10_000);
        manual.jump(manual.now_unix_s() + 4);
        assert_eq!(watched.doubt(), None);
    }
}

#[test]
fn a_restart_of_the_service_does_not_make_a_wrong_clock_right() {
    let (manual, watched) = watched();
    let stored = watched.reference();
    manual.advance(100);
    manual.jump(NOW + DAY);
    let again = WatchedClock::new(Arc::clone(&manual) as Arc<dyn Clock>, stored.clone(), Some(NOW));
    assert_eq!(again.believed_unix_s(), Err(ClockDoubt::Jumped { now: NOW + DAY, expected: NOW + 100 }));
    again.believe(&again.reading());
    assert_eq!(again.believed_unix_s(), Ok(NOW + DAY), "somebody confirmed it");
}

#[test]
fn after_a_restart_of_the_machine_the_newest_head_decides() {
    let (_, watched) = watched();
    let stored = watched.reference();
    let at = |now: u64| {
        let machine = up_for(SETTLING_MS / 1000, now) as Arc<dyn Clock>;
        WatchedClock::new(machine, stored.clone(), Some(NOW)).believed_unix_s().ok()
    };
    for now in [NOW - SKEW_S, NOW, NOW + LIFETIME_S] {
        assert_eq!(at(now), Some(now));
    }
    for now in [0, NOW - SKEW_S - 1, NOW + LIFETIME_S + 1] {
        assert_eq!(at(now), None);
    }
}

/// A machine that started so many seconds ago and shows `now`.
fn up_for(seconds: u64, now: u64) -> Arc<ManualClock> {
    let machine = Arc::new(ManualClock::new(now));
    machine.advance(seconds);
    machine.jump(now);
    machine
}

#[test]
fn a_clock_that_the_restart_does_not_explain_is_believed_once_a_time_service_could_have_set_it() {
    let ahead = NOW + 3 * 3_600;
    let machine = up_for(20, ahead);
    let watched = WatchedClock::new(Arc::clone(&machine) as Arc<dyn Clock>, None, Some(NOW));
    let wait_s = SETTLING_MS / 1000 - 20;
    assert_eq!(watched.believed_unix_s(), Err(ClockDoubt::Settling { now: ahead, newest: NOW, wait_s }));
    assert_eq!(watched.reference(), None);
    // The time service sets it: an hour after the head is what it is.
    machine.advance(10);
    machine.jump(NOW + 3_600);
    assert!(watched.believed_unix_s().is_err(), "which of the two is right is not known yet");
    machine.advance(90);
    assert_eq!(watched.believed_unix_s(), Ok(NOW + 3_690));
}

#[test]
fn a_restart_that_takes_minutes_is_believed_at_once() {
    for now in [NOW - SKEW_S, NOW + 30, NOW + UNEXPLAINED_S] {
        let watched = WatchedClock::new(up_for(5, now) as Arc<dyn Clock>, None, Some(NOW));
        assert_eq!(watched.believed_unix_s(), Ok(now));
    }
    let fresh = WatchedClock::new(up_for(5, NOW) as Arc<dyn Clock>, None, None);
    assert_eq!(fresh.believed_unix_s(), Ok(NOW), "a new log has nothing to compare with");
}

#[test]
fn the_machines_own_clocks_agree_with_each_other() {
    let watched = WatchedClock::new(Arc::new(super::super::SystemClock), None, None);
    let first = watched.reading();
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert!(watched.reading().boot_ms > first.boot_ms);
    assert_eq!(watched.doubt(), None);
}
