//! Revocation lists of other issuers of Proofs of Agenthood, kept fresh beside the requests.
//!
//! | source | what |
//! |---|---|
//! | `fetch` | the URLs in the operator's file of issuers, in the background |
//! | `directory` | files that somebody else brings; then nothing is fetched |
//!
//! No request and no document names a URL that is read: who asks for a verification cannot have anything fetched. What
//! cannot be read leaves the list that is there, which grows old: the verifier then says `unknown`.

use std::collections::BTreeMap;
use std::mem;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use poa_verifier::Verifier;
use poa_verifier::agenthood::issuers::AgenthoodIssuers;
use poa_verifier::agenthood::revoked_list::{Revocation, RevokedList, RevokedListError};
use poa_verifier::status::token_list::{TokenListError, TokenStatusList};
use poa_verifier::time::SKEW_S;

mod directory;
mod fetch;

pub use fetch::{FetchSettings, ListUrl, ListUrlError, check_urls};

/// Where lists come from. One or the other: nothing falls back.
#[derive(Clone, Debug)]
pub enum ListSource {
    /// The configured URLs.
    Fetch(FetchSettings),
    /// The files of a directory.
    Directory(PathBuf),
}

impl Default for ListSource {
    fn default() -> Self {
        Self::Fetch(FetchSettings::default())
    }
}

/// Why a list was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// No list of the published form.
    #[error(transparent)]
    Revoked(#[from] RevokedListError),
    /// No token status list of a configured issuer.
    #[error(transparent)]
    Token(#[from] TokenListError),
    /// Another list than the one that was asked for.
    #[error("it is of {found}, not of {expected}")]
    Other {
        /// What it says.
        found: String,
        /// What is configured.
        expected: String,
    },
    /// Written later than our clock says it is.
    #[error("it is from the future; check both clocks")]
    Future,
    /// Written before the one that is there.
    #[error("it is older than the one that is there")]
    Older,
    /// It could not be fetched or read.
    #[error("{0}")]
    Unread(String),
}

/// One list.
#[derive(Clone, Debug)]
enum List {
    Revoked(RevokedList),
    Token(TokenStatusList),
}

impl List {
    /// What a list in a file is: a JSON object in the published form, or a JWT.
    fn of_file(bytes: &[u8], kept_at: u64, issuers: &AgenthoodIssuers, verifier: &Verifier) -> Result<Self, ListError> {
        if bytes.trim_ascii_start().first() == Some(&b'{') {
            return Ok(Self::Revoked(issuers.kept_list(bytes, kept_at)?));
        }
        let jwt = std::str::from_utf8(bytes).map_err(|_| ListError::Unread("it is no text".to_owned()))?;
        Ok(Self::Token(verifier.token_status_list(jwt.trim())?))
    }

    fn issuer(&self) -> &str {
        match self {
            Self::Revoked(list) => list.issuer(),
            Self::Token(list) => &list.claims().iss,
        }
    }

    /// Whether this is an earlier version of the other: of the same issuer and kind, and written before it.
    fn is_older_than(&self, other: &Self) -> bool {
        mem::discriminant(self) == mem::discriminant(other)
            && self.issuer() == other.issuer()
            && self.written_at() < other.written_at()
    }

    fn url(&self) -> &str {
        match self {
            Self::Revoked(list) => list.url(),
            Self::Token(list) => &list.claims().uri,
        }
    }

    /// As of when it can be relied on, Unix seconds.
    fn as_of(&self) -> u64 {
        match self {
            Self::Revoked(list) => list.as_of(),
            Self::Token(list) => list.claims().iat,
        }
    }

    /// When its issuer wrote it, Unix seconds.
    fn written_at(&self) -> u64 {
        match self {
            Self::Revoked(list) => list.generated_at(),
            Self::Token(list) => list.claims().iat,
        }
    }
}

/// The lists at one moment, as evidence for the verifier.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// In the published form.
    pub revoked: Vec<RevokedList>,
    /// Signed token status lists.
    pub tokens: Vec<TokenStatusList>,
}

impl Lists {
    /// Why an issuer says that it revoked a document.
    pub fn revocation(&self, iss: &str, jti: &str) -> Option<&Revocation> {
        self.revoked.iter().filter(|list| list.issuer() == iss).find_map(|list| list.revocation(jti))
    }
}

/// How old a list is, for metrics.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListAge {
    /// Which.
    pub url: String,
    /// As of when it can be relied on, Unix seconds.
    pub as_of: u64,
}

/// The newest lists, by where each came from: its URL, or its file.
#[derive(Debug, Default)]
pub struct ForeignLists {
    held: Mutex<BTreeMap<String, List>>,
    lists: RwLock<Arc<Lists>>,
    failures: Mutex<u64>,
    files: Mutex<directory::Known>,
}

impl ForeignLists {
    /// The lists as they are now.
    pub fn now(&self) -> Arc<Lists> {
        Arc::clone(&self.lists.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Every list with its age.
    pub fn ages(&self) -> Vec<ListAge> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.values().map(|list| ListAge { url: list.url().to_owned(), as_of: list.as_of() }).collect()
    }

    /// How often a list could not be read, since this process started.
    pub fn failures(&self) -> u64 {
        *self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, name: &str, error: &ListError) {
        tracing::warn!(list = name, %error, "a revocation list of another issuer was not taken");
        *self.failures.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }

    /// Holds a list in place of the one that came from there before. An older one does not replace a newer one, whoever
    /// brings it; were one from the future taken, no honest one could replace it.
    fn take(&self, from: &str, list: List, now: u64) -> Result<(), ListError> {
        if list.written_at() > now.saturating_add(SKEW_S) {
            return Err(ListError::Future);
        }
        let mut older = false;
        self.change(|held| {
            older = held.get(from).is_some_and(|held| list.is_older_than(held));
            if !older {
                held.insert(from.to_owned(), list);
            }
        });
        if older { Err(ListError::Older) } else { Ok(()) }
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, List>)) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut held);
        let mut lists = Lists::default();
        for list in held.values() {
            match list {
                List::Revoked(list) => lists.revoked.push(list.clone()),
                List::Token(list) => lists.tokens.push(list.clone()),
            }
        }
        *self.lists.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(lists);
    }

    /// Brings every list up to date, once. `now` is asked when each fetch begins and ends.
    pub async fn refresh(
        &self,
        source: &ListSource,
        issuers: &AgenthoodIssuers,
        verifier: &Verifier,
        now: impl Fn() -> u64,
    ) {
        match source {
            ListSource::Fetch(settings) => fetch::refresh(self, *settings, issuers, verifier, now).await,
            ListSource::Directory(path) => directory::refresh(self, path, issuers, verifier, now()).await,
        }
    }
}

/// The pause between two refreshes: a list is read four times in the life of the shortest-lived one, at least every
/// minute and at most every second. Files are looked at more often, which costs next to nothing.
pub fn pause(source: &ListSource, issuers: &AgenthoodIssuers) -> Duration {
    const SHORTEST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(60);
    const FILES: Duration = Duration::from_secs(2);
    match source {
        ListSource::Directory(_) => FILES,
        ListSource::Fetch(_) => {
            let shortest = issuers.issuers().iter().map(|issuer| issuer.max_list_age_s()).min();
            Duration::from_secs(shortest.unwrap_or(u64::MAX) / 4).clamp(SHORTEST, LONGEST)
        }
    }
}

#[cfg(test)]
mod tests;
