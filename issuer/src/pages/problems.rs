//! The page of all kinds of problems.

use maud::{Markup, html};

use super::{Service, page};

/// A kind of problem.
#[derive(Clone, Debug)]
pub struct ProblemRow {
    /// HTTP status.
    pub status: u16,
    /// `type` of its documents.
    pub uri: String,
    /// Its stable code.
    pub code: &'static str,
    /// Its short title.
    pub title: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What usually helps.
    pub recovery: String,
}

/// Renders the page.
pub fn problems(service: &Service, rows: &[ProblemRow]) -> Markup {
    let content = html! {
        h1 { "Problems" }
        p.lead {
            "Every refusal is an RFC 9457 problem document. Its " code { "type" } ", " code { "code" } " and status never "
            "change; " code { "detail" } " says more, " code { "member" } " names what is wrong where one thing is, and "
            code { "recovery" } " is what a program can do about it. A document may carry another recovery than the usual one. "
            "A browser is shown the same as a page."
        }
        section.card {
            table.stacks {
                thead { tr { th { "Status" } th { "Type and meaning" } th { "Usual recovery" } } }
                tbody {
                    @for row in rows {
                        tr id=(row.code) {
                            td { (row.status) }
                            td { strong { (row.title) } br; code { (row.uri) } br; (row.meaning) }
                            td { code { (row.recovery) } }
                        }
                    }
                }
            }
        }
    };
    page("Problems", service, &content)
}
