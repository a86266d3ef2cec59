//! What each refusal of the rules is to a client. One exhaustive match: a new refusal does not compile
//! until somebody has decided what it means here.

use poa_prover::DisclosureError;
use poa_verifier::time;

use super::{ApiError, Problem, Recovery};
use crate::documents::DocumentError;
use crate::domain::{DomainError, Kind, ReceiptError};
use crate::http::rate::TooOften;
use crate::keys::SignError;
use crate::proving::WorkError;
use crate::service::ServiceError;
use crate::service::vc_api::VcApiError;
use crate::store::StoreError;
use crate::trust::TrustFailure;

impl From<DomainError> for ApiError {
    fn from(error: DomainError) -> Self {
        use DomainError as D;
        let text = sentence(&error);
        let plain = |problem| Self::new(problem, text.clone());
        let member = |problem, member: &str| Self::of_member(problem, member, text.clone());
        match &error {
            D::NotFound(Kind::Agent) => member(Problem::NotFound, "agent"),
            D::NotFound(Kind::Attestor) => member(Problem::NotFound, "attestor"),
            D::NotFound(Kind::Schema) => member(Problem::NotFound, "schema"),
            D::NotFound(Kind::Agenthood) => member(Problem::NotFound, "id"),
            D::NotFound(Kind::Head) => member(Problem::NotFound, "root"),
            D::NotFound(Kind::Log) => member(Problem::NotFound, "log"),
            D::NotFound(Kind::Credential) => member(Problem::NotFound, "id"),
            D::NotFound(Kind::IssuerKey) => member(Problem::NotFound, "kid"),
            D::NotFound(Kind::PresentationRequest) => member(Problem::NotFound, "id"),
            D::NotFound(Kind::Verifier) => member(Problem::NotFound, "id"),
            D::NotFound(Kind::VcApiCredential) => member(Problem::NotFound, "credentialId"),
            D::Member { member, reason } => {
                Self::of_member(Problem::Unprocessable, *member, format!("{member}: {reason}."))
            }
            D::WeakKey => member(Problem::Unprocessable, "ed25519_public_key"),
            D::Challenge => plain(Problem::StaleChallenge),
            D::HolderSignature => member(Problem::BadSignature, "holder.signature"),
            D::OldSignatureMissing => member(Problem::BadSignature, "holder.signature_old"),
            D::IdentityUsed => member(Problem::Conflict, "holder.key"),
            D::PseudonymUsed => member(Problem::Conflict, "holder.pseudonym"),
            D::PseudonymChanged => member(Problem::Unprocessable, "holder.pseudonym"),
            D::KeyReplaced => plain(Problem::Forbidden),
            D::TooManyRotations { wait_s } => {
                plain(Problem::TooManyRequests).with_recovery(Recovery::RetryAfter { seconds: *wait_s })
            }
            D::NothingToRotate => member(Problem::Unprocessable, "ed25519_public_key"),
            D::Custody => member(Problem::Unprocessable, "agent"),
            D::AgentNotActive(_) => member(Problem::AgentNotActive, "agent").with_recovery(Recovery::ContactIssuer),
            D::StatusChange(_) => plain(Problem::Conflict),
            D::AttestorExists => member(Problem::Conflict, "ed25519_public_key"),
            D::TooManyReceipts(_) => member(Problem::Unprocessable, "attestations"),
            D::Receipt(receipt) => receipt.into(),
            D::SchemaExists => member(Problem::Conflict, "version"),
            D::NoHead => plain(Problem::NotReady),
            D::NoLeaf => plain(Problem::NoLeaf),
            D::RevocationIsFinal => member(Problem::Conflict, "credentialStatus"),
            D::TooManyPresentationRequests | D::TooManyOpenOf(_) => plain(Problem::TooManyRequests),
            D::SignedRequestKnown => member(Problem::Conflict, "signed_request"),
            D::VerifierExists | D::TooManyVerifiers => member(Problem::Conflict, "origin"),
            D::SeqNotKept => member(Problem::Gone, "seq").with_recovery(Recovery::RefreshRoot),
            D::IdempotencyMismatch => plain(Problem::IdempotencyMismatch),
            D::IdempotencyInProgress => plain(Problem::IdempotencyInProgress),
            D::CredentialState => plain(Problem::NotPending),
            D::PendingExpired => plain(Problem::Gone).with_recovery(Recovery::RefreshRoot),
            D::LeafSuperseded => plain(Problem::Conflict).with_recovery(Recovery::RefreshRoot),
            D::StatusListFull => Self::new(
                Problem::StatusListFull,
                "The status lists of this service are full; what is left is kept for its operator. Nothing was changed, \
                 and what was issued goes on verifying. Ask the operator.",
            ),
            D::TooManyOpenCredentials { lapses_at, wait_s } => Self::new(
                Problem::TooManyRequests,
                format!("{text} The next one lapses {}. Complete one, give one up (DELETE /zk-credentials/{{id}}), or ask again then.", moment(*lapses_at)),
            )
            .with_recovery(Recovery::RetryAfter { seconds: *wait_s }),
            D::TooManyDocuments { wait_s, .. } => {
                Self::new(Problem::TooManyRequests, format!("{text} There is room for another in {wait_s} s."))
                    .with_recovery(Recovery::RetryAfter { seconds: *wait_s })
            }
            D::Store(store) => Self::from(store),
            // A fault of the machine that heals when its clock is set; the operator reads which in the detail.
            D::ClockBehind { .. } | D::Clock(_) => {
                plain(Problem::NotReady).with_recovery(Recovery::RetryAfter { seconds: 60 })
            }
            D::NothingToRecover => plain(Problem::Conflict),
            D::LogFull
            | D::LogChanged
            | D::LogDamaged
            | D::HeadSigning(_)
            | D::Signing(_)
            | D::StatusIndexTaken
            | D::Sealed => Self::internal(&error),
        }
    }
}

impl From<&ReceiptError> for ApiError {
    fn from(error: &ReceiptError) -> Self {
        match error.member() {
            Some(member) => Self::of_member(Problem::ReceiptRefused, member, sentence(error)),
            None => Self::of_member(Problem::ReceiptRefused, "attestations", sentence(error)),
        }
    }
}

impl From<TooOften> for ApiError {
    fn from(TooOften { retry_after_s }: TooOften) -> Self {
        let error = Self::new(Problem::TooManyRequests, "You called too often; wait a while.");
        error.with_recovery(Recovery::RetryAfter { seconds: retry_after_s })
    }
}

impl From<&StoreError> for ApiError {
    fn from(error: &StoreError) -> Self {
        Self::internal(error)
    }
}

impl From<SignError> for ApiError {
    fn from(error: SignError) -> Self {
        Self::internal(&error)
    }
}

impl From<DocumentError> for ApiError {
    fn from(error: DocumentError) -> Self {
        Self::internal(&error)
    }
}

impl From<TrustFailure> for ApiError {
    fn from(error: TrustFailure) -> Self {
        Self::internal(&error)
    }
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        use ServiceError as S;
        match error {
            S::Domain(error) => error.into(),
            S::Agenthood(_) | S::StoredDocument => Self::internal(&error),
            S::Sign(error) => error.into(),
            S::Trust(error) => error.into(),
            S::OtherTime { .. } => Self::of_member(Problem::Conflict, "now", sentence(&error)),
            S::TooManyKeys => Self::of_member(Problem::Conflict, "purpose", sentence(&error)),
            S::Document(error) => error.into(),
            S::Work(error) => error.into(),
            S::Disclosure(error) => error.into(),
            S::Schema(error) => Self::of_member(Problem::Unprocessable, error.member, format!("{error}.")),
            S::SaysNothing => Self::of_member(Problem::Unprocessable, "predicates", sentence(&error)),
            S::LeafNotInAnchor { seconds, .. } => {
                Self::of_member(Problem::LeafNotInAnchor, "allow_newest_root", sentence(&error))
                    .with_recovery(Recovery::RetryAfter { seconds })
            }
            S::LeafExpiring => Self::new(Problem::NoLeaf, sentence(&error)),
            S::ProofRefused { .. } => Self::of_member(Problem::ProofRefused, "proof", sentence(&error)),
            S::Request { member, reason } => Self::of_member(Problem::Unprocessable, member, format!("{reason}.")),
            S::VerifierToken => Self::new(
                Problem::Unauthenticated,
                "Show the token of the answer that made this presentation request, as a bearer token.",
            ),
            S::Binding { member, .. } => Self::of_member(Problem::Unprocessable, member, sentence(&error)),
            S::Proving(_) | S::SelfCheck { .. } => Self::internal(&error),
        }
    }
}

impl From<VcApiError> for ApiError {
    fn from(error: VcApiError) -> Self {
        match error {
            VcApiError::Member { member, reason } => {
                let member = if member.is_empty() { "credential".to_owned() } else { member };
                Self::of_member(Problem::NonConforming, member.clone(), format!("{member}: {reason}."))
            }
            VcApiError::Service(error) => crate::http::verify::refusal(error),
        }
    }
}

impl From<DisclosureError> for ApiError {
    fn from(error: DisclosureError) -> Self {
        let text = sentence(&error);
        let attribute = |name: &str| format!("predicates.{name}");
        match &error {
            DisclosureError::Malformed { member, .. } | DisclosureError::UnknownCapability { member, .. } => {
                Self::of_member(Problem::Unprocessable, attribute(member), text)
            }
            DisclosureError::NotAllowed { attribute: name, predicate } => {
                Self::of_member(Problem::Unprocessable, format!("predicates.{name}.{predicate}"), text)
            }
            DisclosureError::OffGrid(name) => Self::of_member(Problem::OffGrid, attribute(name), text),
            DisclosureError::NotMet(name) => Self::of_member(Problem::PredicateNotMet, attribute(name), text),
            DisclosureError::Zero("build_hash") => Self::new(Problem::BuildHashMissing, text),
            DisclosureError::Zero(_) => Self::of_member(Problem::Unprocessable, "schema", text),
            // The enum may grow in the prover's crate; what we do not know yet is still a refusal.
            _ => Self::of_member(Problem::Unprocessable, "predicates", text),
        }
    }
}

impl From<WorkError> for ApiError {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::Busy => Self::new(
                Problem::ProverBusy,
                "All workers are busy, and the queue or your share of it is full. Retry later.",
            ),
            WorkError::Failed => Self::internal(&error),
        }
    }
}

/// A time as the refusal tells it.
fn moment(unix_s: u64) -> String {
    time::format_utc(unix_s).map_or_else(|_| format!("at {unix_s} (Unix seconds)"), |text| format!("at {text}"))
}

/// A library's error text as a sentence.
fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => text,
    }
}
