//! The pages people see: the landing page, the pages of one credential and of one agent's Proof of Agenthood, those
//! about the API, and what a browser is shown when a request is refused.
//!
//! Rendered on the server, without scripts, with one inline style sheet that the content security
//! policy allows by its hash. All say plainly when the proving key is a development key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

mod agenthood;
mod credential;
mod landing;
mod problems;
mod refusal;
mod standing;
pub mod viewer;

pub use agenthood::{AgenthoodPage, Attested, agenthood};
pub use credential::{CredentialPage, credential};
pub use landing::{Landing, LandingHead, landing};
pub use problems::{ProblemRow, problems};
pub use refusal::refusal;
pub use standing::{CheckRow, Standing};

const STYLE: &str = include_str!("pages/style.css");

/// The content security policy of every page: nothing but our own style sheet.
pub fn content_security_policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    )
}

/// What every page is told about the service.
#[derive(Clone, Debug)]
pub struct Service {
    /// The issuer's DID.
    pub issuer: String,
    /// Whether proofs are made under a key to which one party made every contribution.
    pub development_key: bool,
    /// SHA-256 of the verifying key, hex.
    pub vk_sha256: String,
}

/// The frame of a page.
fn page(title: &str, service: &Service, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Proof of Agenthood" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                @if service.development_key {
                    p.banner role="alert" {
                        strong { "Development key." }
                        " One party made every contribution to the proving key of this service. "
                        "That party could have kept what is needed to forge proofs. "
                        "Rely on nothing shown here."
                    }
                }
                header {
                    a.brand href="/" { span.mark aria-hidden="true" { "◆" } " Proof of Agenthood" }
                }
                main { (content) }
                footer {
                    p {
                        "Issuer " code { (service.issuer) }
                        @if service.development_key { " · development key " } @else { " · key " }
                        code title=(service.vk_sha256) { (short(&service.vk_sha256)) }
                    }
                }
            }
        }
    }
}

/// The first and last digits of a long hex text; the whole is in a title attribute beside it.
fn short(hex: &str) -> String {
    match (hex.get(..10), hex.len().checked_sub(6).and_then(|start| hex.get(start..))) {
        (Some(head), Some(tail)) if hex.len() > 20 => format!("{head}…{tail}"),
        _ => hex.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(development_key: bool) -> Service {
        Service { issuer: "did:web:issuer.example".to_owned(), development_key, vk_sha256: "ab".repeat(32) }
    }

    #[test]
    fn the_development_key_is_named_exactly_when_there_is_one() {
        let says_so = |page: Markup| page.into_string().contains("Development key.");
        assert!(says_so(super::page("x", &service(true), &html! {})));
        assert!(!says_so(super::page("x", &service(false), &html! {})));
    }

    #[test]
    fn the_policy_allows_the_style_that_is_sent() {
        let html = super::page("x", &service(true), &html! {}).into_string();
        let style = html.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
        let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
        assert!(content_security_policy().contains(&hash));
    }

    #[test]
    fn texts_from_outside_are_escaped() {
        let html = super::page("<script>", &service(false), &html! {}).into_string();
        assert!(!html.contains("<script>"));
    }

    #[test]
    fn short_keeps_short_texts() {
        assert_eq!(short("abc"), "abc");
        assert_eq!(short(&"ab".repeat(32)), "ababababab…ababab");
    }
}
