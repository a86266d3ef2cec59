use super::*;

const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
const BOB: &str = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";

fn facts() -> Facts {
    Facts {
        abg_hash: AbgHash::new([1; 32]),
        abg_version: 3,
        sovereign: false,
        controller: Some(ALICE.parse().unwrap()),
    }
}

fn same() -> Watched {
    let Facts { abg_hash, abg_version, sovereign, controller } = facts();
    Watched {
        registered: true,
        abg_hash,
        abg_version,
        sovereign,
        controller,
        zero_balance_since_ms: None,
        collectable: false,
    }
}

fn ended(change: impl FnOnce(&mut Watched)) -> Option<Reason> {
    let mut state = same();
    change(&mut state);
    facts().ended_by(&state, None, 1_000)
}

#[test]
fn each_change_has_its_reason() {
    assert_eq!(ended(|_| {}), None);
    assert_eq!(ended(|s| s.registered = false), Some(Reason::AgentDeregistered));
    assert_eq!(ended(|s| s.collectable = true), Some(Reason::BalanceZero90d));
    assert_eq!(ended(|s| s.abg_hash = AbgHash::new([2; 32])), Some(Reason::AbgChanged));
    assert_eq!(ended(|s| s.abg_version = 4), Some(Reason::AbgChanged));
    assert_eq!(ended(|s| s.sovereign = true), Some(Reason::SovereigntyFlipped));
    assert_eq!(ended(|s| s.controller = Some(BOB.parse().unwrap())), Some(Reason::ControllerRotated));
    assert_eq!(ended(|s| s.controller = None), Some(Reason::ControllerRotated));
    assert_eq!(ended(|s| s.zero_balance_since_ms = Some(0)), None);
}

#[test]
fn the_first_in_the_published_order_wins() {
    let mut state = same();
    state.controller = None;
    let mut expect = |change: fn(&mut Watched), reason| {
        change(&mut state);
        assert_eq!(facts().ended_by(&state, None, 0), Some(reason));
    };
    expect(|_| {}, Reason::ControllerRotated);
    expect(|s| s.sovereign = true, Reason::SovereigntyFlipped);
    expect(|s| s.abg_version = 9, Reason::AbgChanged);
    expect(|s| s.collectable = true, Reason::BalanceZero90d);
    expect(|s| s.registered = false, Reason::AgentDeregistered);
}

#[test]
fn ninety_days_count_from_the_beginning_of_the_zero() {
    let funded_again = same();
    let end = 5 + ZERO_BALANCE_MS;
    assert_eq!(facts().ended_by(&funded_again, Some(5), end - 1), None);
    assert_eq!(facts().ended_by(&funded_again, Some(5), end), Some(Reason::BalanceZero90d));
    let still_zero = Watched { zero_balance_since_ms: Some(5), ..same() };
    assert_eq!(facts().ended_by(&still_zero, None, end - 1), None);
    assert_eq!(facts().ended_by(&still_zero, None, end), Some(Reason::BalanceZero90d));
}

#[test]
fn of_a_sovereign_agent_nobody_is_the_controller() {
    let facts = Facts { sovereign: true, controller: None, ..facts() };
    let noted = Watched { sovereign: true, ..same() };
    assert_eq!(facts.ended_by(&noted, None, 0), None);
}

#[test]
fn names_are_read_back() {
    for reason in Reason::ALL {
        assert_eq!(reason.to_string().parse(), Ok(reason));
    }
    assert_eq!("controller-revoked".parse::<Reason>(), Err(()));
}
