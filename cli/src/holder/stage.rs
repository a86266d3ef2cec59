//! What a presentation is made from, once it is known that it may and can be made.

use poa_prover::holder::{Audience, Occasion, Showing};
use poa_prover::{Disclosure, Material};
use poa_verifier::schema::DisclosureSchema;

use super::prove::{self, Standing};
use super::prover::Prover;
use super::store::HolderDir;
use crate::asked::Asked;
use crate::client::{AgentSigner, Client};
use crate::exit::Outcome;
use crate::pinned::Pinned;
use crate::system;

/// Said of a proof that does not stand under the hour's anchor.
pub const SMALL_CROWD: &str = "note: the proof stands under the newest root and not under the hour's anchor: the crowd is small, few others present \
     under this root";

/// The holder's leaf under a signed root, and what is shown of it to whom.
pub struct Stage<'p> {
    standing: Standing,
    /// Opening, path and secrets.
    pub material: Material,
    schema: &'p DisclosureSchema,
    disclosure: Disclosure,
    audience: Audience,
    issuer_url: &'p str,
    valid_at_least: Option<u64>,
}

impl<'p> Stage<'p> {
    /// Fetches root and path, under the anchor everybody uses where possible, and decides what to show.
    pub fn set(
        asked: &Asked<'_>,
        dir: &mut HolderDir,
        signer: &AgentSigner,
        client: &Client,
        pinned: &'p Pinned,
        prover: &Prover<'p>,
    ) -> Outcome<Self> {
        let standing = prove::stand(dir, signer, client, pinned, asked.consent.newest_root)?;
        let material = standing.opening.material(dir.contents.proving()?, &standing.path)?;
        let (schema, disclosure) = asked.choose(prover, pinned, &material)?;
        Ok(Self {
            standing,
            material,
            schema,
            disclosure,
            audience: asked.audience(),
            issuer_url: pinned.trust.url(),
            valid_at_least: asked.request.valid_at_least,
        })
    }

    /// What is shown, as of now.
    pub fn showing(&self) -> Showing<'_> {
        let occasion = Occasion {
            issuer_url: self.issuer_url,
            head_jws: &self.standing.head_jws,
            now_unix_s: system::now_unix_s(),
            valid_at_least: self.valid_at_least,
        };
        Showing { schema: self.schema, disclosure: &self.disclosure, audience: &self.audience, occasion }
    }

    /// What the holder should know about how far it can be told apart.
    pub fn crowd(&self) -> Option<String> {
        (!self.standing.under_anchor).then(|| SMALL_CROWD.to_owned())
    }
}
