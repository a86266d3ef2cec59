//! Trust documents side by side, one per issuer.
//!
//! The issuer that a document claims picks the trust document, and every check then runs against that one alone: no key,
//! head, status list or schema of one issuer ever counts for another's document. What is remembered of heads is kept
//! per issuer too ([`crate::HeadMemory`]).

use super::Trust;
use crate::did::IssuerDid;

/// Most issuers of a set.
pub const MAX_ISSUERS: usize = 64;

/// How many issuers a refusal names before it says how many more there are.
const NAMED: usize = 8;

/// The trust documents of a verifier: at least one, one per issuer, at most [`MAX_ISSUERS`].
#[derive(Clone, Debug)]
pub struct TrustSet {
    /// Never empty; sorted by issuer, no issuer twice.
    documents: Vec<Trust>,
}

/// Why trust documents do not make a set.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustSetError {
    /// There is none.
    #[error("a verifier needs at least one trust document; pin an issuer's")]
    Empty,
    /// Two of one issuer.
    #[error("there are two trust documents of {0}; give the one that follows from the other")]
    Twice(IssuerDid),
    /// More than are taken.
    #[error("more than {MAX_ISSUERS} trust documents; remove some")]
    TooMany,
}

impl TrustSet {
    /// The set of these documents.
    ///
    /// # Errors
    /// [`TrustSetError`] when there is none, two of one issuer, or more than [`MAX_ISSUERS`].
    pub fn new(documents: impl IntoIterator<Item = Trust>) -> Result<Self, TrustSetError> {
        let mut documents: Vec<Trust> = documents.into_iter().take(MAX_ISSUERS + 1).collect();
        if documents.len() > MAX_ISSUERS {
            return Err(TrustSetError::TooMany);
        }
        if documents.is_empty() {
            return Err(TrustSetError::Empty);
        }
        documents.sort_by(|a, b| a.issuer().cmp(b.issuer()));
        match documents.windows(2).find(|pair| pair[0].issuer() == pair[1].issuer()) {
            Some(pair) => Err(TrustSetError::Twice(pair[0].issuer().clone())),
            None => Ok(Self { documents }),
        }
    }

    /// The document of the issuer with this DID.
    pub fn of(&self, issuer: &str) -> Option<&Trust> {
        let found = self.documents.binary_search_by(|trust| trust.issuer().as_str().cmp(issuer)).ok()?;
        Some(&self.documents[found])
    }

    /// The documents, by issuer.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Trust> {
        self.documents.iter()
    }

    /// The first document: the only one of a set of one.
    pub fn first(&self) -> &Trust {
        // Never empty: `new` and `from` see to it.
        &self.documents[0]
    }

    /// The issuers, for people.
    pub(crate) fn names(&self) -> String {
        let names: Vec<&str> = self.iter().take(NAMED).map(|trust| trust.issuer().as_str()).collect();
        match self.documents.len().saturating_sub(NAMED) {
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }
}

impl From<Trust> for TrustSet {
    fn from(trust: Trust) -> Self {
        Self { documents: vec![trust] }
    }
}
