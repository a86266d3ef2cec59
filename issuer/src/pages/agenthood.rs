//! The page of an agent's Proof of Agenthood: who controls it, whether the document stands, how to check it oneself.

use maud::{Markup, html};

use super::standing::{CheckRow, Standing, badge, checks};
use super::{Service, page};

/// What the page shows: the newest document of an agent, as it was signed.
#[derive(Clone, Debug)]
pub struct AgenthoodPage {
    /// The service.
    pub service: Service,
    /// The agent's name on its chain.
    pub name: String,
    /// What the chain says of it, for people.
    pub summary: Option<String>,
    /// The agent's account.
    pub agent: String,
    /// Who agreed to the document.
    pub attested: Attested,
    /// The chain that was read, and the number of the block.
    pub chain: (String, u64),
    /// The document's id.
    pub jti: String,
    /// When it was issued, RFC 3339.
    pub issued_at: String,
    /// Its last second, RFC 3339.
    pub expires_at: String,
    /// Whether it stands.
    pub standing: Standing,
    /// Why it ended before its time, where it did.
    pub ended_by: Option<String>,
    /// Where the document is.
    pub document_url: String,
    /// Each check of the report.
    pub checks: Vec<CheckRow>,
}

/// Who agreed to a document.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Attested {
    /// The agent's controller, by a signature.
    ByController(String),
    /// The sovereign agent itself, by a signature.
    ByItself,
    /// Nobody: the chain is a fixture.
    ByNobody,
}

/// Renders the page.
pub fn agenthood(view: &AgenthoodPage) -> Markup {
    let content = html! {
        h1 { (view.name) }
        p.lead { "Proof of Agenthood: who controls this agent, signed by the issuer." }
        section.card {
            p { (badge(view.standing)) @if let Some(reason) = &view.ended_by { " " code { (reason) } } }
            ul.facts {
                li { (controlled(&view.attested)) }
                @if let Some(summary) = &view.summary { li { "It says of itself: " (summary) } }
            }
        }
        section.card {
            h2 { "Details" }
            dl {
                dt { "Agent" } dd { code { (view.agent) } }
                dt { "Read from" } dd { (view.chain.0) ", block " (view.chain.1) }
                dt { "Valid" } dd { (view.issued_at) " to " (view.expires_at) }
                dt { "Document" } dd { a href=(view.document_url) { (view.jti) } }
            }
        }
        section.card {
            h2 { "Check it yourself" }
            p { "On your own machine, against the issuer you pinned:" }
            pre { code {
                "curl -s -H 'accept: application/jose' " (view.document_url) " -o agenthood.jws\n"
                "poa verify agenthood.jws --request any"
            } }
        }
        (checks(&view.checks))
    };
    page(&view.name, &view.service, &content)
}

fn controlled(attested: &Attested) -> Markup {
    html! {
        @match attested {
            Attested::ByController(account) => { "Its controller " code { (account) } " signed for it." },
            Attested::ByItself => "It is sovereign: no other account controls it, and its own account signed.",
            Attested::ByNobody => "Nobody signed for it: the chain behind this service is a fixture, for tests.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> AgenthoodPage {
        AgenthoodPage {
            service: Service {
                issuer: "did:web:issuer.example".to_owned(),
                development_key: false,
                vk_sha256: "ab".repeat(32),
            },
            name: "<b>agent</b>".to_owned(),
            summary: Some("<i>all</i>".to_owned()),
            agent: "5Grwva".to_owned(),
            attested: Attested::ByController("5FHneW".to_owned()),
            chain: ("test".to_owned(), 7),
            jti: "01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned(),
            issued_at: "2026-01-01T00:00:00Z".to_owned(),
            expires_at: "2026-02-01T00:00:00Z".to_owned(),
            standing: Standing::Revoked,
            ended_by: Some("controller-rotated".to_owned()),
            document_url: "https://issuer.example/poa/api/credential/x".to_owned(),
            checks: Vec::new(),
        }
    }

    #[test]
    fn the_page_says_who_signed_and_why_it_ended_and_escapes_what_the_chain_says() {
        let html = agenthood(&view()).into_string();
        for text in ["5FHneW", "Revoked", "controller-rotated", "&lt;b&gt;agent", "&lt;i&gt;all"] {
            assert!(html.contains(text), "{text}");
        }
        assert!(!html.contains("<b>agent") && !html.contains("<i>all"));
    }

    #[test]
    fn each_way_to_agree_has_its_own_words() {
        let words = [Attested::ByController("5F".to_owned()), Attested::ByItself, Attested::ByNobody];
        let texts: std::collections::BTreeSet<_> = words.map(|it| controlled(&it).into_string()).into();
        assert_eq!(texts.len(), 3);
    }
}
