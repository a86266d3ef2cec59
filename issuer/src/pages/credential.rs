//! The page of one credential: what it proves in words, whether it stands, how to check it oneself.

use maud::{Markup, html};

use super::standing::{CheckRow, Standing, badge, checks};
use super::{Service, page, short};

/// What the page of a credential shows. Every fact comes from verified inputs.
#[derive(Clone, Debug)]
pub struct CredentialPage {
    /// The service.
    pub service: Service,
    /// Title of its disclosure schema.
    pub title: String,
    /// What it proves, one sentence each.
    pub facts: Vec<String>,
    /// Whether it stands.
    pub standing: Standing,
    /// The agent's name as registered.
    pub agent_name: String,
    /// The agent's DID.
    pub agent: String,
    /// Where the document is.
    pub document_url: String,
    /// The disclosure schema.
    pub schema_url: String,
    /// First moment of validity, RFC 3339.
    pub valid_from: String,
    /// Last moment of validity, RFC 3339.
    pub valid_until: String,
    /// The root it was proved under, hex.
    pub root: String,
    /// Each check of the report.
    pub checks: Vec<CheckRow>,
}

/// Renders the page of one credential.
pub fn credential(view: &CredentialPage) -> Markup {
    let content = html! {
        h1 { (view.title) }
        p.lead { "About " strong { (view.agent_name) } ", proved in zero knowledge." }
        section.card {
            p { (badge(view.standing)) }
            ul.facts { @for fact in &view.facts { li { (fact) } } }
            p.soft { "Whatever is not listed is not shown, and this page does not know who presents it." }
        }
        section.card {
            h2 { "Details" }
            dl {
                dt { "Agent" } dd { code { (view.agent) } }
                dt { "Valid" } dd { (view.valid_from) " to " (view.valid_until) }
                dt { "Rule" } dd { a href=(view.schema_url) { (view.schema_url) } }
                dt { "Root" } dd { code title=(view.root) { (short(&view.root)) } }
                dt { "Document" } dd { a href=(view.document_url) { "JSON" } }
            }
        }
        section.card {
            h2 { "Check it yourself" }
            p { "On your own machine, against the issuer you pinned:" }
            pre { code { "curl -s " (view.document_url) " -o credential.json\n"
                "poa verify credential.json --request any" } }
        }
        (checks(&view.checks))
    };
    page(&view.title, &view.service, &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(standing: Standing) -> CredentialPage {
        CredentialPage {
            service: Service {
                issuer: "did:web:issuer.example".to_owned(),
                development_key: true,
                vk_sha256: "ab".repeat(32),
            },
            title: "Task completion".to_owned(),
            facts: vec!["tasks_completed is at least 100".to_owned()],
            standing,
            agent_name: "<b>agent</b>".to_owned(),
            agent: "did:poa:issuer.example:x".to_owned(),
            document_url: "https://issuer.example/zk-credentials/x".to_owned(),
            schema_url: "https://issuer.example/schemas/task_completion/1".to_owned(),
            valid_from: "2026-01-01T00:00:00Z".to_owned(),
            valid_until: "2026-02-01T00:00:00Z".to_owned(),
            root: format!("0x{}", "0".repeat(64)),
            checks: vec![CheckRow { name: "status".to_owned(), outcome: "fail", reason: "revoked".to_owned() }],
        }
    }

    #[test]
    fn the_page_shows_facts_and_development_key_and_escapes_names() {
        let html = credential(&view(Standing::Revoked)).into_string();
        for text in ["Development key.", "tasks_completed is at least 100", "Revoked", "&lt;b&gt;agent"] {
            assert!(html.contains(text), "{text}");
        }
        assert!(!html.contains("<b>agent"));
    }
}
