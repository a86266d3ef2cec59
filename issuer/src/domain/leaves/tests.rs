//! The rules, one by one.

use super::*;
use crate::domain::Custody;

const LIFETIME: u64 = 1_000;
const ATTRIBUTES: [u64; SLOTS] = [1, 2, 3, 4, 5, 0];

fn schema(id: &str) -> AttestationSchemaRecord {
    AttestationSchemaRecord {
        id: id.into(),
        name: "n".into(),
        version: 1,
        field: F::from(9u64),
        custody: Custody::Holder,
        capabilities: vec![],
        leaf_lifetime_s: LIFETIME,
        revoke_on_supersede: false,
        document: serde_json::json!({}),
    }
}

fn live() -> LeafRecord {
    let agent: AgentUuid = "67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap();
    LeafRecord {
        log: "main".into(),
        index: 0,
        agent,
        schema_id: "s1".into(),
        leaf: Leaf {
            identity: F::from(1u64),
            pseudonym: F::from(2u64),
            agent: agent.field_id(),
            schema: F::from(9u64),
            attributes: ATTRIBUTES.map(F::from),
            expires_at: LIFETIME,
            salt: F::from(3u64),
        },
        build_sha256: None,
        attested_at: 0,
        appended_seq: 1,
        zeroed_seq: None,
    }
}

/// An active agent whose live leaf says what is true, in a publication that is no anchor.
fn facts<'a>(schema: &'a AttestationSchemaRecord, live: &'a LeafRecord) -> Facts<'a> {
    Facts {
        status: AgentStatus::Active,
        identity: F::from(1u64),
        pseudonym: F::from(2u64),
        attributes: Some(ATTRIBUTES.map(F::from)),
        schema,
        live: Some(live),
        anchor: false,
        now: 0,
    }
}

#[test]
fn a_leaf_from_the_future_is_superseded_at_once() {
    let (schema, live) = (schema("s1"), LeafRecord { attested_at: 101, ..live() });
    for (now, renewed) in [(100, true), (101, false)] {
        let decision = decide(&Facts { now, ..facts(&schema, &live) });
        let superseded = Decision { zero: Some(ZeroReason::Superseded), append: true, wait: false };
        assert_eq!(decision, if renewed { superseded } else { NOTHING });
    }
}

const NOTHING: Decision = Decision { zero: None, append: false, wait: false };
const WAIT: Decision = Decision { zero: None, append: false, wait: true };
const FIRST: Decision = Decision { zero: None, append: true, wait: false };
const RENEW: Decision = Decision { zero: Some(ZeroReason::Superseded), append: true, wait: false };

#[test]
fn an_unchanged_agent_keeps_its_leaf() {
    let (schema, live) = (schema("s1"), live());
    assert_eq!(decide(&facts(&schema, &live)), NOTHING);
    assert_eq!(decide(&Facts { anchor: true, ..facts(&schema, &live) }), NOTHING);
}

#[test]
fn the_first_leaf_needs_a_receipt_and_no_anchor() {
    let (schema, live) = (schema("s1"), live());
    let without = Facts { live: None, ..facts(&schema, &live) };
    assert_eq!(decide(&without), FIRST);
    assert_eq!(decide(&Facts { attributes: None, ..without }), NOTHING);
}

#[test]
fn revoked_and_suspended_agents_lose_their_leaf_and_get_none() {
    let (schema, live) = (schema("s1"), live());
    for (status, reason) in
        [(AgentStatus::Revoked, ZeroReason::Revoked), (AgentStatus::Suspended, ZeroReason::Suspended)]
    {
        let facts = Facts { status, anchor: true, now: LIFETIME, ..facts(&schema, &live) };
        assert_eq!(decide(&facts), Decision { zero: Some(reason), ..NOTHING });
        assert_eq!(decide(&Facts { live: None, ..facts }), NOTHING);
    }
}

#[test]
fn a_rotation_does_not_wait_for_the_anchor() {
    let (schema, live) = (schema("s1"), live());
    assert_eq!(decide(&Facts { identity: F::from(7u64), ..facts(&schema, &live) }), RENEW);
    assert_eq!(decide(&Facts { pseudonym: F::from(7u64), ..facts(&schema, &live) }), RENEW);
}

#[test]
fn each_changed_attribute_waits_for_the_anchor() {
    let (schema, live) = (schema("s1"), live());
    for slot in 0..SLOTS {
        let mut attributes = ATTRIBUTES.map(F::from);
        attributes[slot] += F::from(1u64);
        let changed = Facts { attributes: Some(attributes), ..facts(&schema, &live) };
        assert_eq!(decide(&changed), WAIT);
        assert_eq!(decide(&Facts { anchor: true, ..changed }), RENEW);
    }
}

#[test]
fn half_the_lifetime_renews_at_an_anchor_only() {
    let (schema, live) = (schema("s1"), live());
    let at = |now, anchor| decide(&Facts { now, anchor, ..facts(&schema, &live) });
    assert_eq!(at(LIFETIME / 2 - 1, true), NOTHING);
    assert_eq!(at(LIFETIME / 2, true), RENEW);
    assert_eq!(at(LIFETIME / 2, false), NOTHING);
}

#[test]
fn a_new_attestation_schema_renews_at_the_anchor() {
    let (newer, live) = (schema("s2"), live());
    assert_eq!(decide(&facts(&newer, &live)), WAIT);
    assert_eq!(decide(&Facts { anchor: true, ..facts(&newer, &live) }), RENEW);
}

#[test]
fn an_opening_that_is_no_attribute_set_is_corrupt() {
    let mut record = live();
    assert_eq!(record.attributes().unwrap().to_fields(), record.leaf.attributes);
    record.leaf.attributes[0] = F::from(10_001u64);
    assert!(record.attributes().is_err());
    record = live();
    record.build_sha256 = Some([1; 32]);
    assert!(record.attributes().is_err(), "the digest does not belong to slot 5");
}
