//! The contexts that are compiled in, by URL.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use super::BASE_CONTEXT;
use super::active::{Active, How, Processor, Weight};

/// A context document, byte for byte as published.
#[derive(Debug)]
pub struct Pinned {
    /// Its URL.
    pub url: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
}

/// Published contexts; sources and digests in `contexts/README.md` and the test below.
static PUBLISHED: [Pinned; 6] = [
    Pinned { url: BASE_CONTEXT, bytes: include_bytes!("../../contexts/credentials-v2.jsonld") },
    Pinned {
        url: "https://www.w3.org/ns/credentials/examples/v2",
        bytes: include_bytes!("../../contexts/credentials-examples-v2.jsonld"),
    },
    Pinned {
        url: "https://www.w3.org/ns/credentials/undefined-terms/v2",
        bytes: include_bytes!("../../contexts/credentials-undefined-terms-v2.jsonld"),
    },
    Pinned {
        url: "https://w3id.org/security/data-integrity/v2",
        bytes: include_bytes!("../../contexts/data-integrity-v2.jsonld"),
    },
    Pinned { url: "https://w3id.org/security/multikey/v1", bytes: include_bytes!("../../contexts/multikey-v1.jsonld") },
    Pinned { url: "https://www.w3.org/ns/did/v1", bytes: include_bytes!("../../contexts/did-v1.jsonld") },
];

/// The context of our own terms. Every service serves it under a URL of its own and never changes it there.
pub const POA_CONTEXT: &str = include_str!("../../contexts/poa-v1.jsonld");

/// Where a service serves [`POA_CONTEXT`].
pub(crate) fn poa_context_url(service: &str) -> String {
    format!("{service}/contexts/poa/v1")
}

/// The `@context` object of each context compiled in.
static PARSED: LazyLock<HashMap<&'static str, Map<String, Value>>> =
    LazyLock::new(|| PUBLISHED.iter().map(|pinned| (pinned.url, members(pinned.bytes))).collect());

/// The terms of the VC 2.0 context.
pub(super) static PUBLISHED_BASE: LazyLock<&'static Map<String, Value>> = LazyLock::new(|| &PARSED[BASE_CONTEXT]);

/// What each of them defines.
static WEIGHTS: LazyLock<HashMap<&'static str, Weight>> =
    LazyLock::new(|| PARSED.iter().map(|(url, members)| (*url, Weight::of_members(members))).collect());

static WEIGHT_POA: LazyLock<Weight> = LazyLock::new(|| Weight::of_members(&PARSED_POA));

static PARSED_POA: LazyLock<Map<String, Value>> = LazyLock::new(|| members(POA_CONTEXT.as_bytes()));

fn members(bytes: &[u8]) -> Map<String, Value> {
    let mut document: Value = serde_json::from_slice(bytes).expect("tested: every context compiled in is JSON");
    match document["@context"].take() {
        Value::Object(members) => members,
        _ => unreachable!("tested: every context compiled in is one object"),
    }
}

/// The contexts by which documents are judged: those of W3C, and our own under the URLs of known services.
#[derive(Clone, Debug, Default)]
pub struct Contexts {
    poa_urls: Vec<String>,
}

impl Contexts {
    /// The contexts of W3C alone.
    pub fn published() -> Self {
        Self::default()
    }

    /// These, and our own as served by the service at `url`, as `https://poa.example`.
    #[must_use]
    pub fn with_service(mut self, url: &str) -> Self {
        self.poa_urls.push(poa_context_url(url));
        self
    }

    /// The document behind a URL.
    pub fn bytes(&self, url: &str) -> Option<&'static [u8]> {
        if self.is_poa(url) {
            return Some(POA_CONTEXT.as_bytes());
        }
        PUBLISHED.iter().find(|pinned| pinned.url == url).map(|pinned| pinned.bytes)
    }

    fn is_poa(&self, url: &str) -> bool {
        self.poa_urls.iter().any(|known| known == url)
    }

    pub(super) fn find(&self, url: &str) -> Option<&'static Map<String, Value>> {
        if self.is_poa(url) { Some(&PARSED_POA) } else { PARSED.get(url) }
    }

    /// What the context behind a URL defines; nothing when there is none.
    pub(super) fn weight(&self, url: &str) -> Weight {
        if self.is_poa(url) { *WEIGHT_POA } else { WEIGHTS.get(url).copied().unwrap_or_default() }
    }

    /// The context of `[base]` and `[base, ours]`, which nearly every document of ours names, read once. It stands for
    /// a document that begins with it, and for a node that names it again: every term in it is protected, so reading
    /// it twice changes nothing.
    pub(super) fn known<'a>(&self, active: &Arc<Active<'a>>, local: &Value, how: How) -> Option<Arc<Active<'a>>> {
        if !how.is_embedded() {
            return None;
        }
        let known = match local.as_array()?.as_slice() {
            [base] if base == BASE_CONTEXT => &BASE,
            [base, ours] if base == BASE_CONTEXT && self.is_poa(ours.as_str()?) => &BASE_AND_POA,
            _ => return None,
        };
        let known: Arc<Active<'a>> = Arc::clone(known);
        (active.is_initial() || Arc::ptr_eq(active, &known)).then_some(known)
    }
}

static BASE: LazyLock<Arc<Active<'static>>> = LazyLock::new(|| read(&[&PARSED[BASE_CONTEXT]]));
static BASE_AND_POA: LazyLock<Arc<Active<'static>>> = LazyLock::new(|| read(&[&PARSED[BASE_CONTEXT], &PARSED_POA]));

fn read(documents: &[&'static Map<String, Value>]) -> Arc<Active<'static>> {
    static PUBLISHED_ALONE: LazyLock<Contexts> = LazyLock::new(Contexts::published);
    let mut processor = Processor::new(&PUBLISHED_ALONE);
    documents.iter().fold(Arc::new(Active::default()), |active, members| {
        processor
            .read_pinned(&active, members)
            .unwrap_or_else(|_| unreachable!("tested: contexts compiled in are read"))
    })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// `credentials/v2`: VC Data Model 2.0 B.1. `data-integrity/v2`, `multikey/v1`: Data Integrity 1.0 §2.4. The rest:
    /// what is served, so that a change of a byte is a decision.
    #[test]
    fn contexts_have_the_published_digests() {
        for (url, digest) in [
            (BASE_CONTEXT, "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734"),
            (
                "https://www.w3.org/ns/credentials/examples/v2",
                "57393fbc69d6efb9b9b5dc9cb6b9880b0944360abfe2eaf459c9e58cf2279d7c",
            ),
            (
                "https://www.w3.org/ns/credentials/undefined-terms/v2",
                "82dab514ba44eb18f5d1b0f638c5e140c6a556fbfb5089601bdc0fa5eb8b2581",
            ),
            (
                "https://w3id.org/security/data-integrity/v2",
                "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
            ),
            (
                "https://w3id.org/security/multikey/v1",
                "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
            ),
            ("https://www.w3.org/ns/did/v1", "4f3eae5568c9c5f036a082088f9e192019ee06faa78973c87ff91d5421b88dad"),
            ("https://poa.example/contexts/poa/v1", "2bc06e74ce7bd05c03491d8626413bb33d2520a9523f72aeca68db7d657e5ede"),
        ] {
            let contexts = Contexts::published().with_service("https://poa.example");
            assert_eq!(hex::encode(Sha256::digest(contexts.bytes(url).unwrap())), digest, "{url}");
        }
    }

    #[test]
    fn contexts_are_read_alone_and_together_and_name_no_other() {
        for pinned in &PUBLISHED {
            let text = std::str::from_utf8(pinned.bytes).unwrap();
            assert!(!text.contains("\"@import\"") && !text.contains("\"@base\""), "{}", pinned.url);
            read(&[&PARSED[pinned.url]]);
        }
        for known in [&BASE, &BASE_AND_POA] {
            assert!(known.is_all_protected());
        }
    }

    #[test]
    fn our_context_is_known_under_the_services_own_url_alone() {
        let contexts = Contexts::published().with_service("https://poa.example");
        assert!(contexts.find("https://poa.example/contexts/poa/v1").is_some());
        assert!(contexts.find("https://other.example/contexts/poa/v1").is_none());
        assert!(Contexts::published().find("https://poa.example/contexts/poa/v1").is_none());
    }
}
