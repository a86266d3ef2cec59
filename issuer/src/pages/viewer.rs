//! The page that shows the OpenAPI document. The viewer is RapiDoc, one script, as published on npm and kept here
//! (`viewer/`, licence beside it), so that reading the documentation asks nobody else for anything.

use maud::{DOCTYPE, Markup, html};

use super::Service;

/// RapiDoc 9.3.8, `dist/rapidoc-min.js` of the npm package `rapidoc`.
pub const SCRIPT: &str = include_str!("viewer/rapidoc-9.3.8.min.js");
/// Where it is served; another version has another path.
pub const SCRIPT_PATH: &str = "/docs/rapidoc-9.3.8.min.js";
/// Gives the viewer the reader's colours and the form that fits the screen.
pub const START: &str = include_str!("viewer/start-2.js");
/// Where that is served; changed contents get another path.
pub const START_PATH: &str = "/docs/start-2.js";

/// Scripts and requests of this origin alone. The viewer styles its parts in place, hence the styles.
pub fn content_security_policy() -> String {
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        .to_owned()
}

/// Renders the page. Without scripts it points to the document.
pub fn page(service: &Service) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "API · " (service.issuer) }
                script src=(SCRIPT_PATH) defer {}
                script src=(START_PATH) defer {}
            }
            body style="margin: 0" {
                rapi-doc id="api" spec-url="/openapi.json" render-style="focused" theme="light" load-fonts="false"
                    show-header="false" allow-server-selection="false" allow-spec-file-load="false"
                    allow-spec-url-load="false" allow-authentication="true" allow-try="true" schema-style="table"
                    sort-tags="false" show-method-in-nav-bar="as-colored-text" primary-color="#2456c8" {
                    p slot="nav-logo" { a href="/" { "Proof of Agenthood" } " · " a href="/docs/problems" { "Problems" } }
                    noscript { "The document is at " a href="/openapi.json" { "/openapi.json" } "." }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// Of `dist/rapidoc-min.js` in the package whose integrity npm states as
    /// `sha512-eCYEbr1Xr8OJZvVCw8SXl9zBCRoLJbhNGuG5IZTHq/RWAOq/O4MafUCuFEyZHsrhLrlUcGZMa64pyhpib8fQKQ==`.
    const PUBLISHED: &str = "affbd173a65e870e18f392cca963113bcdafb6e50e88cd2f6a834a65b22db94d";

    #[test]
    fn the_viewer_is_what_its_authors_published() {
        assert_eq!(hex::encode(Sha256::digest(SCRIPT)), PUBLISHED);
        assert!(SCRIPT.starts_with("/*! RapiDoc 9.3.8 ") && SCRIPT_PATH.contains("-9.3.8."));
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere() {
        let page = page(&Service { issuer: "did:web:a".to_owned(), development_key: true, vk_sha256: String::new() });
        assert!(!page.into_string().contains("://"));
        assert!(!content_security_policy().contains("//"));
    }
}
