//! Fetching the configured lists: bounded in time and size, without redirects, over TLS but on loopback.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use poa_verifier::Verifier;
use poa_verifier::agenthood::issuers::AgenthoodIssuers;
use poa_verifier::agenthood::revoked_list::{self, RevokedList};
use poa_verifier::status::token_list;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use ureq::Agent;

use super::{ForeignLists, List, ListError};
use crate::outbound::{self, may_be_read};

/// Fetches under way at the same time; each holds a thread for as long as its time-out lets it.
const AT_ONCE: usize = 8;

/// How patient a fetch is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FetchSettings {
    /// For a connection with its TLS handshake.
    pub connect_timeout: Duration,
    /// For one fetch, all in all. What fails is tried again with the next refresh.
    pub timeout: Duration,
    /// Largest list, bytes.
    pub max_bytes: u64,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(10),
            max_bytes: revoked_list::MAX_BYTES as u64,
        }
    }
}

/// Where a list may be fetched from. It is shown in metrics, logs and answers, so it has no part that carries secrets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListUrl(String);

/// Not a URL that a list may be fetched from.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the URL of a revocation list is https, or http on loopback, without user, query or fragment")]
pub struct ListUrlError;

impl FromStr for ListUrl {
    type Err = ListUrlError;

    fn from_str(text: &str) -> Result<Self, ListUrlError> {
        if may_be_read(text) { Ok(Self(text.to_owned())) } else { Err(ListUrlError) }
    }
}

impl fmt::Display for ListUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is expected at a URL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Revoked,
    Token,
}

impl Kind {
    fn media_type(self) -> &'static str {
        match self {
            Self::Revoked => "application/json",
            Self::Token => token_list::MEDIA_TYPE,
        }
    }
}

/// A configured list.
#[derive(Clone, Debug)]
struct Wanted {
    iss: String,
    url: String,
    kind: Kind,
}

fn wanted(issuers: &AgenthoodIssuers) -> Vec<Wanted> {
    let lists = issuers.issuers().iter().flat_map(|issuer| {
        let wanted = |url: Option<&str>, kind| url.map(|url| (url.to_owned(), kind));
        let both = [wanted(issuer.revocation_list(), Kind::Revoked), wanted(issuer.token_status_list(), Kind::Token)];
        both.into_iter().flatten().map(|(url, kind)| Wanted { iss: issuer.iss().to_owned(), url, kind })
    });
    lists.collect()
}

/// Every URL that would be fetched, checked.
///
/// # Errors
/// The issuer of the first that may not be fetched; not the URL, which may hold a secret.
pub fn check_urls(issuers: &AgenthoodIssuers) -> Result<(), (String, ListUrlError)> {
    wanted(issuers).into_iter().try_for_each(|list| match list.url.parse::<ListUrl>() {
        Ok(_) => Ok(()),
        Err(error) => Err((list.iss, error)),
    })
}

/// Fetches every configured list once.
pub async fn refresh(
    lists: &ForeignLists,
    settings: FetchSettings,
    issuers: &AgenthoodIssuers,
    verifier: &Verifier,
    now: impl Fn() -> u64,
) {
    let agent = agent(settings);
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut fetches = JoinSet::new();
    for list in wanted(issuers) {
        let (agent, places, begun) = (agent.clone(), Arc::clone(&places), now());
        fetches.spawn(async move {
            // The semaphore is never closed; a fetch that got no place is one that failed.
            let Ok(place) = places.acquire_owned().await else { return (list, begun, Err(lost("no place"))) };
            let fetching = list.clone();
            let fetched = tokio::task::spawn_blocking(move || {
                let _place = place;
                get(&agent, &fetching, settings.max_bytes)
            });
            let fetched = fetched.await.unwrap_or_else(|error| Err(lost(error)));
            (list, begun, fetched)
        });
    }
    while let Some(done) = fetches.join_next().await {
        let Ok((list, begun, fetched)) = done else { continue };
        let read = fetched.and_then(|bytes| read(&list, &bytes, begun, verifier));
        match read.and_then(|read| lists.take(&list.url, read, now())) {
            Ok(()) => {}
            Err(error) => lists.failed(&list.url, &error),
        }
    }
}

fn agent(settings: FetchSettings) -> Agent {
    Agent::config_builder()
        .timeout_connect(Some(settings.connect_timeout))
        .timeout_global(Some(settings.timeout))
        .max_redirects(0)
        .max_redirects_will_error(true)
        .http_status_as_error(false)
        .proxy(None)
        .tls_config(outbound::tls())
        .build()
        .into()
}

fn lost(error: impl fmt::Display) -> ListError {
    ListError::Unread(error.to_string())
}

fn get(agent: &Agent, list: &Wanted, max_bytes: u64) -> Result<Vec<u8>, ListError> {
    let url: ListUrl = list.url.parse().map_err(|error: ListUrlError| lost(error))?;
    let request = agent.get(url.to_string()).header("accept", list.kind.media_type());
    let mut response = request.call().map_err(lost)?;
    if response.status() != 200 {
        return Err(lost(format!("it answered {}", response.status())));
    }
    // One more than is taken: the reader refuses whatever reaches its own limit.
    let body = response.body_mut().with_config().limit(max_bytes.saturating_add(1)).read_to_vec();
    let bytes = body.map_err(lost)?;
    let fits = bytes.len() as u64 <= max_bytes;
    if fits { Ok(bytes) } else { Err(lost(format!("it is longer than {max_bytes} bytes"))) }
}

/// What was fetched, as the list that was asked for. Old as of when the fetch began.
fn read(list: &Wanted, bytes: &[u8], begun: u64, verifier: &Verifier) -> Result<List, ListError> {
    let other =
        |found: &str, expected: &str| ListError::Other { found: found.to_owned(), expected: expected.to_owned() };
    match list.kind {
        Kind::Revoked => {
            let revoked = RevokedList::from_json(bytes, &list.url, begun)?;
            if revoked.issuer() != list.iss {
                return Err(other(revoked.issuer(), &list.iss));
            }
            Ok(List::Revoked(revoked))
        }
        Kind::Token => {
            let jwt = std::str::from_utf8(bytes).map_err(lost)?;
            let token = verifier.token_status_list(jwt.trim())?;
            if token.claims().iss != list.iss {
                return Err(other(&token.claims().iss, &list.iss));
            }
            if token.claims().uri != list.url {
                return Err(other(&token.claims().uri, &list.url));
            }
            Ok(List::Token(token))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_fetched_over_tls_or_on_loopback() {
        for good in
            ["https://peer.example/poa/api/revoked", "http://127.0.0.1:9/x", "http://[::1]:2/", "http://localhost/"]
        {
            assert_eq!(good.parse::<ListUrl>().map(|url| url.to_string()).as_deref(), Ok(good));
        }
        for bad in [
            "http://peer.example/",
            "https://u:p@peer.example/",
            "https://peer.example/?token=a",
            "https://peer.example/?",
            "https://peer.example/#a",
            "file:///x",
            "/x",
            "",
        ] {
            assert_eq!(bad.parse::<ListUrl>(), Err(ListUrlError), "{bad}");
        }
    }
}
