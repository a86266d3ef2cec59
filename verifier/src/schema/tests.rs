//! Both kinds of schemas: what is refused, digests, registry bits, the grid.

use serde_json::json;

use super::*;

fn attestation() -> AttestationSchemaDocument {
    AttestationSchemaDocument {
        id: "https://a.example/schemas/x/1".to_owned(),
        issuer: "did:web:a.example".parse().unwrap(),
        log: "main".to_owned(),
        slots: AttestationSchemaDocument::slot_names(),
        capabilities: vec!["one".to_owned(), "two".to_owned(), "three".to_owned()],
        leaf_lifetime: 7_776_000,
        revoke_on_supersede: false,
        custody: Custody::Holder,
    }
}

#[test]
fn every_member_of_an_attestation_schema_changes_its_field_element() {
    let base = AttestationSchema::new(attestation()).unwrap();
    let mut fields = vec![base.field()];
    let mut add = |edit: &dyn Fn(&mut AttestationSchemaDocument)| {
        let mut document = attestation();
        edit(&mut document);
        fields.push(AttestationSchema::new(document).unwrap().field());
    };
    add(&|d| d.id.push('0'));
    add(&|d| d.issuer = "did:web:b.example".parse().unwrap());
    add(&|d| d.log = "sandbox".to_owned());
    add(&|d| d.capabilities.swap(0, 1));
    add(&|d| d.leaf_lifetime += 1);
    add(&|d| d.revoke_on_supersede = true);
    add(&|d| d.custody = Custody::Issuer);
    fields.sort();
    fields.dedup();
    assert_eq!(fields.len(), 8);
}

#[test]
fn attestation_schemas_with_other_slots_or_registries_are_refused() {
    let refused = |edit: &dyn Fn(&mut AttestationSchemaDocument)| {
        let mut document = attestation();
        edit(&mut document);
        AttestationSchema::new(document).unwrap_err().member
    };
    assert_eq!(refused(&|d| d.slots.swap(0, 1)), "slots");
    assert_eq!(refused(&|d| drop(d.slots.pop())), "slots");
    assert_eq!(refused(&|d| d.capabilities.push("one".to_owned())), "capabilities");
    assert_eq!(refused(&|d| d.capabilities.push("Not Allowed".to_owned())), "capabilities");
    assert_eq!(refused(&|d| d.capabilities = (0..65).map(|i| format!("c{i}")).collect()), "capabilities");
    assert_eq!(refused(&|d| d.leaf_lifetime = 0), "leaf_lifetime");
    assert_eq!(refused(&|d| d.log = String::new()), "log");
    assert_eq!(refused(&|d| d.id = "x".to_owned()), "id");
    let mut wire = serde_json::to_value(attestation()).unwrap();
    wire["surplus"] = json!(1);
    assert!(serde_json::from_value::<AttestationSchemaDocument>(wire).is_err());
}

#[test]
fn capabilities_are_bits_of_the_registry() {
    let schema = AttestationSchema::new(attestation()).unwrap();
    assert_eq!(schema.capability_bits(&["three", "one"]), Some(0b101));
    assert_eq!(schema.capability_bits(&["four"]), None);
    assert_eq!(schema.capability_names(0b101), Some(vec!["one", "three"]));
    assert_eq!(schema.capability_names(0b1000), None);
    let full = AttestationSchema::new(AttestationSchemaDocument {
        capabilities: (0..64).map(|i| format!("c{i}")).collect(),
        ..attestation()
    })
    .unwrap();
    assert_eq!(full.capability_bits(&["c63"]), Some(1 << 63));
    assert_eq!(full.capability_names(u64::MAX).unwrap().len(), 64);
}

fn disclosure() -> DisclosureSchemaDocument {
    serde_json::from_value(json!({
        "id": "https://a.example/schemas/task_completion/1",
        "type": "AgentDisclosureSchema",
        "name": "task_completion",
        "version": 1,
        "title": "",
        "description": "",
        "disclose": ["build_hash"],
        "predicates": {"tasks_completed": ["atLeast"], "capabilities": ["containsAll"]},
        "nonzero": ["build_hash"],
        "valid_for_s": 2_592_000,
    }))
    .unwrap()
}

#[test]
fn disclosure_schemas_are_checked_member_by_member() {
    assert!(DisclosureSchema::new(disclosure()).is_ok());
    let refused = |edit: &dyn Fn(&mut DisclosureSchemaDocument)| {
        let mut document = disclosure();
        edit(&mut document);
        DisclosureSchema::new(document).unwrap_err().member
    };
    assert_eq!(refused(&|d| d.kind = "X".to_owned()), "type");
    assert_eq!(refused(&|d| d.name = "Task".to_owned()), "name");
    assert_eq!(refused(&|d| d.version = 0), "version");
    assert_eq!(refused(&|d| d.version = 2), "version");
    assert_eq!(refused(&|d| d.disclose.push("age".to_owned())), "disclose");
    assert_eq!(refused(&|d| d.disclose.push("build_hash".to_owned())), "disclose");
    assert_eq!(refused(&|d| d.nonzero.push("reputation".to_owned())), "nonzero");
    assert_eq!(refused(&|d| d.valid_for_s = 59), "valid_for_s");
    let predicate =
        |name: &str, allowed: &[Predicate]| refused(&|d| drop(d.predicates.insert(name.to_owned(), allowed.to_vec())));
    assert_eq!(predicate("age", &[Predicate::AtLeast]), "predicates");
    assert_eq!(predicate("build_hash", &[Predicate::AtLeast]), "predicates");
    assert_eq!(predicate("capabilities", &[Predicate::AtLeast]), "predicates");
    assert_eq!(predicate("reputation", &[Predicate::ContainsAll]), "predicates");
    assert_eq!(predicate("reputation", &[]), "predicates");
    assert_eq!(predicate("reputation", &[Predicate::AtMost, Predicate::AtMost]), "predicates");
    let nothing = |d: &mut DisclosureSchemaDocument| {
        d.predicates.clear();
        d.disclose.clear();
        d.nonzero.clear();
    };
    assert_eq!(refused(&nothing), "disclose");
}

#[test]
fn the_digest_is_of_the_canonical_form() {
    let schema = DisclosureSchema::new(disclosure()).unwrap();
    let digest = schema.digest_sri();
    assert!(digest.starts_with("sha256-") && digest.len() == 7 + 44);
    let renamed = DisclosureSchema::new(DisclosureSchemaDocument { title: "x".to_owned(), ..disclosure() }).unwrap();
    assert_ne!(digest, renamed.digest_sri());
}

#[test]
fn bounds_lie_on_the_grid() {
    for good in [1u64, 2, 5, 10, 20, 50, 100, 5_000_000, 10_000_000_000_000_000_000] {
        assert!(is_on_grid(Slot::TasksCompleted, good) && is_on_grid(Slot::EarningsSats, good), "{good}");
    }
    for bad in [0u64, 3, 4, 11, 15, 25, 101, 999, 250, u64::MAX] {
        assert!(!is_on_grid(Slot::TasksCompleted, bad), "{bad}");
    }
    assert!(is_on_grid(Slot::Reputation, 9500) && !is_on_grid(Slot::Reputation, 9501));
    assert!(is_on_grid(Slot::MemberSince, 1_733_011_200) && !is_on_grid(Slot::MemberSince, 1_733_011_201));
}
