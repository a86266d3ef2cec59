//! What a browser shows when a request is refused: the problem document, for people.

use maud::{Markup, html};

use super::{Service, page};

/// Renders a refusal: its status, title and detail, and the code that programs go by.
pub fn refusal(service: &Service, status: u16, title: &str, detail: &str, code: &str) -> Markup {
    let content = html! {
        h1 { (title) }
        p.lead { (detail) }
        section.card {
            dl {
                dt { "Status" } dd { (status) }
                dt { "Code" } dd { a href={ "/docs/problems#" (code) } { code { (code) } } }
                dt { "From here" } dd { a href="/" { "This issuer" } " · " a href="/docs" { "Its API" } }
            }
        }
    };
    page(title, service, &content)
}
