//! The disclosure schemas this service starts with, and how one is added while it runs.

use std::collections::BTreeMap;

use poa_verifier::schema::{
    DISCLOSURE_SCHEMA_TYPE, DisclosureSchema, DisclosureSchemaDocument, Predicate, SchemaError,
};

use crate::config::PublicUrl;
use crate::domain::{DisclosureSchemaRecord, Domain, DomainError};

/// Standing credentials of the seeded schemas are valid for 30 days.
const VALID_FOR_S: u64 = 30 * 24 * 3600;

/// Why a disclosure schema was not added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddSchemaError {
    /// The document breaks a rule.
    #[error(transparent)]
    Document(#[from] SchemaError),
    /// The rules of the service.
    #[error(transparent)]
    Domain(#[from] DomainError),
}

/// The URL that is the id of a schema.
pub fn schema_url(url: &PublicUrl, name: &str, version: u32) -> String {
    url.join(&format!("/schemas/{name}/{version}"))
}

/// Checks a document and stores it. The same document again changes nothing.
pub async fn add(
    domain: &Domain,
    document: DisclosureSchemaDocument,
    now: u64,
) -> Result<DisclosureSchemaRecord, AddSchemaError> {
    let schema = DisclosureSchema::new(document)?;
    let document = schema.document();
    let record = DisclosureSchemaRecord {
        id: document.id.clone(),
        name: document.name.clone(),
        version: document.version,
        document: schema.to_value(),
        digest_sri: schema.digest_sri(),
        created_at: now,
    };
    Ok(domain.add_disclosure_schema(record).await?)
}

/// Stores the four schemas of a new service.
pub async fn seed(domain: &Domain, url: &PublicUrl, now: u64) -> Result<(), AddSchemaError> {
    for document in seeds(url) {
        add(domain, document, now).await?;
    }
    Ok(())
}

fn seeds(url: &PublicUrl) -> [DisclosureSchemaDocument; 4] {
    use Predicate::{AtLeast, AtMost, ContainsAll};
    let all = poa_verifier::schema::AttestationSchemaDocument::slot_names();
    [
        document(
            url,
            ("task_completion", "Task completion"),
            "At least so many completed tasks, at least such a reputation.",
            &[],
            &[("tasks_completed", &[AtLeast]), ("reputation", &[AtLeast])],
        ),
        DisclosureSchemaDocument {
            nonzero: vec!["build_hash".to_owned()],
            ..document(
                url,
                ("build_verification", "Build verification"),
                "The SHA-256 of the agent's reproducible build, and capabilities it has at least.",
                &["build_hash"],
                &[("capabilities", &[ContainsAll])],
            )
        },
        document(
            url,
            ("earnings_proof", "Earnings proof"),
            "At least such an amount earned, a member at the latest since such a date.",
            &[],
            &[("earnings_sats", &[AtLeast]), ("member_since", &[AtMost])],
        ),
        document(
            url,
            ("full_disclosure", "Full disclosure"),
            "All six attributes.",
            &all.iter().map(String::as_str).collect::<Vec<_>>(),
            &[],
        ),
    ]
}

fn document(
    url: &PublicUrl,
    (name, title): (&str, &str),
    description: &str,
    disclose: &[&str],
    predicates: &[(&str, &[Predicate])],
) -> DisclosureSchemaDocument {
    DisclosureSchemaDocument {
        id: schema_url(url, name, 1),
        kind: DISCLOSURE_SCHEMA_TYPE.to_owned(),
        name: name.to_owned(),
        version: 1,
        title: title.to_owned(),
        description: description.to_owned(),
        disclose: disclose.iter().map(|&slot| slot.to_owned()).collect(),
        predicates: predicates
            .iter()
            .map(|&(slot, allowed)| (slot.to_owned(), allowed.to_vec()))
            .collect::<BTreeMap<_, _>>(),
        nonzero: Vec::new(),
        valid_for_s: VALID_FOR_S,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use poa_circuits::native::attributes::{Mask, Slot};

    #[test]
    fn the_seeds_pass_the_verifiers_rules_and_show_what_the_table_says() {
        let url = PublicUrl::parse("https://issuer.example").unwrap();
        let [tasks, build, earnings, full] = seeds(&url).map(|document| DisclosureSchema::new(document).unwrap());
        assert_eq!(tasks.mask(), Mask::NONE);
        assert!(tasks.allows(Slot::TasksCompleted, Predicate::AtLeast));
        assert!(tasks.allows(Slot::Reputation, Predicate::AtLeast));
        assert!(!tasks.allows(Slot::Reputation, Predicate::AtMost));
        assert_eq!(build.mask(), Mask::of([Slot::BuildHash]));
        assert!(build.allows(Slot::Capabilities, Predicate::ContainsAll));
        assert!(earnings.allows(Slot::EarningsSats, Predicate::AtLeast));
        assert!(earnings.allows(Slot::MemberSince, Predicate::AtMost));
        assert_eq!(full.mask(), Mask::ALL);
    }
}
