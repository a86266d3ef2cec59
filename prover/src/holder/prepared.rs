//! A presentation proved before its challenge is known, and finished in about a millisecond.
//!
//! What is stored is a **bearer secret**: its finder can answer a challenge in the holder's place until the hour or the
//! head has passed. Seal it at rest in a way that finds changes, under a name of its own; drop it when it was used,
//! when a newer anchor is out, and when the agent's leaf or standing changes.
//!
//! # Not to be told apart
//! A finished presentation has the form, the `valid_at` and the distribution of one made at once. Hence its time:
//! [`PreparedPresentation::present`] refuses as soon as one made at once would state another `valid_at`. And hence its
//! use: without a pseudonym its scope is random, so two uses would share it, and only the first is allowed.

use poa_circuits::native::scope;
use poa_verifier::head::{self, HeadClaims};
use poa_verifier::json;
use poa_verifier::jws;
use poa_verifier::key::VerifyingKey;
use poa_verifier::request::DEFAULT_MAX_ROOT_AGE_S;
use poa_verifier::zk_proof::{Binding, is_binding_text};
use rand_core::CryptoRng;
use serde_json::Value;
use zeroize::Zeroizing;

use super::showing::{Bound, Draft, MARGIN_S, Showing, valid_at};
use super::{Material, PresentError};
use crate::engine::{Engine, Prepared, RestoreError};

/// What the stored form begins with.
const MAGIC: &[u8; 27] = b"poa-prepared-presentation/1";

/// A presentation but for its challenge. Zeroised on drop, never printed or copied.
pub struct PreparedPresentation {
    proof: Prepared,
    /// The derived credential without its proof, canonical.
    document: Zeroizing<Vec<u8>>,
    domain: String,
    head_jws: String,
    head: HeadClaims,
    valid_at_least: Option<u64>,
    used: bool,
}

/// Proves everything that does not depend on the challenge, and verifies it.
///
/// # Errors
/// [`PresentError`], as for [`super::present`].
pub fn prepare(
    engine: &Engine,
    material: &Material,
    showing: &Showing<'_>,
    rng: &mut impl CryptoRng,
) -> Result<PreparedPresentation, PresentError> {
    let Draft { public, document, head } = Draft::new(material, showing, rng)?;
    Ok(PreparedPresentation {
        proof: engine.prepare(&public, &material.witness(), rng)?,
        document: Zeroizing::new(json::canonical(&document)),
        domain: showing.audience.domain.clone(),
        head_jws: showing.occasion.head_jws.to_owned(),
        head,
        valid_at_least: showing.occasion.valid_at_least,
        used: false,
    })
}

impl PreparedPresentation {
    /// Answers a challenge. Needs the verifying key alone, not the engine.
    ///
    /// # Errors
    /// [`PresentError::Stale`] and [`PresentError::Used`]: prepare a new one; [`PresentError::Binding`] for a challenge
    /// that is none; [`PresentError::Prove`] for another key.
    pub fn present(
        &mut self,
        key: &VerifyingKey,
        challenge: &str,
        now_unix_s: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Value, PresentError> {
        self.check_usable(now_unix_s)?;
        // Cannot fail: it was written by `prepare` or read by `restore`.
        let document = json::parse_strict(&self.document).map_err(|_| RestoreError::Malformed)?;
        let binding = Binding { challenge: challenge.to_owned(), domain: self.domain.clone() };
        let bound = Bound::new(&document, key, &binding, now_unix_s)?;
        let proof = self.proof.finish(key, bound.context, rng)?;
        self.used = true;
        Ok(bound.finish(document, &proof, &self.proof.public(bound.context), &self.head_jws))
    }

    /// Whether it can still be used.
    ///
    /// # Errors
    /// [`PresentError::Stale`], [`PresentError::Used`].
    pub fn check_usable(&self, now_unix_s: u64) -> Result<(), PresentError> {
        let usable_until = self.usable_until();
        if now_unix_s > usable_until || valid_at(now_unix_s, self.valid_at_least) != self.valid_at() {
            return Err(PresentError::Stale { usable_until });
        }
        if self.used && self.is_single_use() { Err(PresentError::Used) } else { Ok(()) }
    }

    /// The last moment at which it may be used, Unix seconds: ten minutes before `valid_at`, and while verifiers accept
    /// the head unless they ask for a fresher one.
    pub fn usable_until(&self) -> u64 {
        let by_head = self.head.iat.saturating_add(DEFAULT_MAX_ROOT_AGE_S).min(self.head.exp);
        by_head.min(self.valid_at().saturating_sub(MARGIN_S))
    }

    /// The statement's time, Unix seconds.
    pub fn valid_at(&self) -> u64 {
        // Beyond 64 bits no statement holds, so none was prepared.
        poa_circuits::native::field::to_u64(&self.proof.public_without_context().valid_at).unwrap_or(0)
    }

    /// For whom.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The head it stands under.
    pub fn head(&self) -> &HeadClaims {
        &self.head
    }

    /// Whether it shows no pseudonym and so may answer one challenge only. Whoever stores it has to drop the stored
    /// form before such an answer leaves.
    pub fn is_single_use(&self) -> bool {
        let scope = scope::Audience::new(&self.domain).map(|audience| audience.scope());
        scope != Ok(self.proof.public_without_context().scope)
    }

    /// The bytes, for sealed storage only. [`Self::restore`] reads them.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let proof = self.proof.to_bytes();
        let texts = [self.domain.as_bytes(), self.head_jws.as_bytes(), &self.document];
        // At full size from the start: growing would leave copies behind.
        let size = MAGIC.len() + 9 + texts.iter().map(|text| 4 + text.len()).sum::<usize>() + proof.len();
        let mut bytes = Zeroizing::new(Vec::with_capacity(size));
        bytes.extend_from_slice(MAGIC);
        bytes.push(u8::from(self.valid_at_least.is_some()));
        bytes.extend_from_slice(&self.valid_at_least.unwrap_or(0).to_be_bytes());
        for text in texts {
            bytes.extend_from_slice(&(text.len() as u32).to_be_bytes());
            bytes.extend_from_slice(text);
        }
        bytes.extend_from_slice(&proof);
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote, and verifies the proof at three contexts again.
    ///
    /// Whether document and statement still say the same is the storage's seal to guarantee; a verifier refuses when
    /// they do not.
    ///
    /// # Errors
    /// [`PresentError::Stored`], and what is wrong with the head.
    pub fn restore(key: &VerifyingKey, bytes: &[u8], rng: &mut impl CryptoRng) -> Result<Self, PresentError> {
        let stored = Stored::read(bytes).ok_or(RestoreError::Malformed)?;
        let proof = Prepared::restore(key, stored.proof, rng)?;
        let head = jws::parse(stored.head_jws)?;
        head.expect_typ(head::TYP)?;
        let head = HeadClaims::from_value(&head.claims()?)?;
        let restored = Self {
            proof,
            document: Zeroizing::new(stored.document.to_vec()),
            domain: stored.domain.to_owned(),
            head_jws: stored.head_jws.to_owned(),
            head,
            valid_at_least: stored.valid_at_least,
            used: false,
        };
        if restored.fits() { Ok(restored) } else { Err(RestoreError::Malformed.into()) }
    }

    /// The parts belong together, as far as they show.
    fn fits(&self) -> bool {
        let document = json::parse_strict(&self.document);
        let unproved = document.is_ok_and(|document| {
            document.is_object() && document.get("proof").is_none() && json::canonical(&document) == *self.document
        });
        unproved && is_binding_text(&self.domain) && self.head.root == self.proof.public_without_context().root
    }
}

/// The parts of the stored form.
struct Stored<'a> {
    valid_at_least: Option<u64>,
    domain: &'a str,
    head_jws: &'a str,
    document: &'a [u8],
    proof: &'a [u8],
}

impl<'a> Stored<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let ([bounded], rest) = rest.split_first_chunk()?;
        let (least, rest) = rest.split_first_chunk()?;
        let valid_at_least = match (bounded, u64::from_be_bytes(*least)) {
            (0, 0) => None,
            (1, least) => Some(least),
            _ => return None,
        };
        let (domain, rest) = text(rest)?;
        let (head_jws, rest) = text(rest)?;
        let (document, proof) = text(rest)?;
        let (domain, head_jws) = (str::from_utf8(domain).ok()?, str::from_utf8(head_jws).ok()?);
        Some(Self { valid_at_least, domain, head_jws, document, proof })
    }
}

fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u32::from_be_bytes(*length) as usize)
}
