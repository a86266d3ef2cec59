//! Which key may have signed, and when.

use poa_verifier::agenthood;
use poa_verifier::report::CheckName;
use poa_verifier::time;
use poa_verifier::trust::{KEY_COMPROMISED, KeyPurpose, KeyState};

use crate::world::*;

fn by(kid: &str, key: &str) -> String {
    compact(agenthood::TYP, kid, &SHARED.claims().to_value(), &signer(key))
}

#[test]
fn only_a_key_of_the_issuer_for_credentials_counts() {
    verifies(&SHARED.verify(&by(&SHARED.kid(), "credentials")));
    let signature = CheckName::IssuerSignature;
    fails(&SHARED.verify(&by(&SHARED.kid(), "thief")), signature, "signature");
    for kid in ["credentials-1", "did:web:thief.example#credentials-1"] {
        fails(&SHARED.verify(&by(kid, "credentials")), signature, "issuer_key");
    }
    fails(&SHARED.verify(&by("did:web:poa.example#credentials-2", "credentials")), signature, "unknown_key");
    // The issuer's own key, but for status lists.
    fails(&SHARED.verify(&by(&SHARED.issuer.key_id("status-1"), "status")), signature, "issuer_key");
}

#[test]
fn an_issuer_that_does_not_own_the_key_is_refused() {
    for iss in ["did:web:thief.example", "https://poa.example", "", "did:web:poa.example/"] {
        let report = SHARED.verify(&SHARED.edited(|claims| claims["iss"] = iss.into()));
        fails(&report, CheckName::IssuerSignature, "other_issuer");
    }
    for iss in [serde_json::Value::Null, serde_json::json!(["did:web:poa.example"])] {
        let report = SHARED.verify(&SHARED.edited(|claims| claims["iss"] = iss));
        fails(&report, CheckName::IssuerSignature, "malformed");
    }
}

#[test]
fn a_compromised_key_verifies_nothing_and_a_retired_one_what_it_signed_in_time() {
    let mut world = World::new();
    let other = signer("credentials-2");
    world.retrust(|trust| {
        let mut second = trust_key(&trust.issuer, "credentials-2", &other, KeyPurpose::Credentials);
        second.state = KeyState::Compromised;
        trust.keys.push(second);
    });
    let kid = world.issuer.key_id("credentials-2");
    let of = |world: &World, iat: u64| {
        let mut claims = world.claims().to_value();
        claims["iat"] = iat.into();
        world.verify(&compact(agenthood::TYP, &kid, &claims, &other))
    };
    // Whatever date the document bears: its thief writes the dates.
    for iat in [NOW - 61, NOW - 25 * DAY, 1] {
        fails(&of(&world, iat), CheckName::IssuerSignature, KEY_COMPROMISED);
    }
    let detail = of(&world, NOW - 61).check(CheckName::IssuerSignature).unwrap().detail.clone();
    assert!(detail.contains("compromised"), "{detail}");

    let retired_at = |at: u64| {
        let mut world = World::new();
        world.retrust(|trust| {
            let mut second = trust_key(&trust.issuer, "credentials-2", &other, KeyPurpose::Credentials);
            second.state = KeyState::Retired;
            second.retired_at = Some(time::format_utc(at).unwrap());
            trust.keys.push(second);
        });
        world
    };
    verifies(&of(&retired_at(NOW - 61), NOW - 61));
    fails(&of(&retired_at(NOW - 62), NOW - 61), CheckName::IssuerSignature, "issuer_key");
}

#[test]
fn nothing_is_said_of_a_document_whose_signature_fails() {
    let report = SHARED.verify(&by(&SHARED.kid(), "thief"));
    assert_eq!(report.proved, None);
    for name in [CheckName::Schema, CheckName::Subject, CheckName::Validity, CheckName::Status, CheckName::Proof] {
        assert_eq!(report.check(name).unwrap().reason.as_deref(), Some("not_reached"), "{name}");
    }
}
