//! The landing page: what this service is, what it publishes, how to check a document.

use maud::{Markup, html};

use super::{Service, page, short};

/// What the landing page shows.
#[derive(Clone, Debug)]
pub struct Landing {
    /// The service.
    pub service: Service,
    /// The public URL without a slash at its end.
    pub public_url: String,
    /// The newest head, once there is one.
    pub head: Option<LandingHead>,
    /// Disclosure schemas as (title, URL).
    pub schemas: Vec<(String, String)>,
}

/// The newest tree head in a few words.
#[derive(Clone, Debug)]
pub struct LandingHead {
    /// Publication number.
    pub seq: u64,
    /// Leaves ever appended.
    pub size: u64,
    /// Root, hex.
    pub root: String,
    /// When it was signed, RFC 3339.
    pub signed_at: String,
}

/// Renders the landing page.
pub fn landing(view: &Landing) -> Markup {
    let content = html! {
        h1 { "What an AI agent has done, without what it would rather not tell" }
        p.lead {
            "This service turns signed work receipts of AI agents into credentials that prove one fact "
            "in zero knowledge: at least so many tasks, at least that reputation, exactly this build."
        }
        div.columns {
            section.card {
                h2 { "What a verifier learns" }
                ul {
                    li { "that this issuer attested the agent, and had not revoked it" }
                    li { "the values or bounds the agent chose to show" }
                    li { "on request a pseudonym that is the same at one verifier only" }
                }
            }
            section.card {
                h2 { "What it does not learn" }
                ul {
                    li { "any attribute that is not shown, not even whether it is zero" }
                    li { "which agent presents, unless the agent says so" }
                    li { "what the agent showed to anybody else" }
                }
            }
        }
        (log_card(view))
        section.card {
            h2 { "Check a document" }
            p {
                "Pin this issuer once, compare the fingerprint, then verify on your own machine. Verifying here tells us "
                "where agents go."
            }
            pre { code {
                "poa trust add " (view.public_url) "\n"
                "poa verify credential.json --request any"
            } }
            p.soft {
                "Compare the fingerprint with what the operator of this service tells you another way: in person, on "
                "paper, on a site that it does not share with this one. The operator reads it with "
                code { "poa trust fetch" } " on the service's own machine. A fingerprint on this page would prove "
                "nothing, because whoever can change this connection can change the page."
            }
        }
        section.card {
            h2 { "For programs" }
            dl {
                dt { "API" } dd { a href="/docs" { "/docs" } }
                dt { "Trust document" } dd { a href="/.well-known/poa-trust.json" { "/.well-known/poa-trust.json" } }
                dt { "Issuer" } dd { a href="/.well-known/did.json" { "/.well-known/did.json" } }
                dt { "Schemas" }
                dd { @for (title, url) in &view.schemas { a href=(url) { (title) } br; } }
                dt { "Health" } dd { a href="/health" { "/health" } }
            }
        }
    };
    page("Issuer", &view.service, &content)
}

fn log_card(view: &Landing) -> Markup {
    html! {
        section.card {
            h2 { "The log" }
            @match &view.head {
                Some(head) => dl {
                    dt { "Newest head" } dd { a href="/roots/latest" { "no. " (head.seq) } ", signed " (head.signed_at) }
                    dt { "Leaves" } dd { (head.size) }
                    dt { "Root" } dd { code title=(head.root) { (short(&head.root)) } }
                },
                None => p.soft { "No head has been published yet." },
            }
        }
    }
}
