//! Whether a document stands, and the checks that say so: what every page of a document has.

use maud::{Markup, html};

/// Whether a document stands, as this service's own verifier sees it now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// Every check that applies passes.
    Authentic,
    /// Revoked, for good.
    Revoked,
    /// Suspended, until further notice.
    Suspended,
    /// Its validity is over.
    Expired,
    /// Some check could not be made, and none that was made failed.
    Undecided,
    /// Some other check does not pass.
    Refused,
}

/// A check of the report, in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CheckRow {
    /// Its stable name.
    pub name: String,
    /// `pass`, `fail`, `unknown` or `not applicable`.
    pub outcome: &'static str,
    /// Why, where there is something to say.
    pub reason: String,
}

/// The standing as a badge.
pub(super) fn badge(standing: Standing) -> Markup {
    let (class, text) = match standing {
        Standing::Authentic => ("good", "Authentic"),
        Standing::Revoked => ("bad", "Revoked"),
        Standing::Suspended => ("bad", "Suspended"),
        Standing::Expired => ("neutral", "Expired"),
        Standing::Undecided => ("neutral", "Could not be checked now"),
        Standing::Refused => ("bad", "Does not verify"),
    };
    html! { span.badge.(class) { (text) } }
}

/// All checks as a table.
pub(super) fn checks(rows: &[CheckRow]) -> Markup {
    html! {
        section.card {
            h2 { "What the verifier checked" }
            table.stacks {
                thead { tr { th { "Check" } th { "Outcome" } th { "Reason" } } }
                tbody {
                    @for row in rows {
                        tr {
                            td { code { (row.name) } }
                            td.(class_of(row.outcome)) { (row.outcome) }
                            td.soft { (row.reason) }
                        }
                    }
                }
            }
        }
    }
}

fn class_of(outcome: &str) -> &'static str {
    match outcome {
        "pass" => "pass",
        "fail" => "fail",
        _ => "soft",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_standing_has_its_own_words() {
        use Standing::*;
        let texts: std::collections::BTreeSet<_> =
            [Authentic, Revoked, Suspended, Expired, Undecided, Refused].map(|it| badge(it).into_string()).into();
        assert_eq!(texts.len(), 6);
    }
}
