//! The holder's proofs: opening, path and signed root come in, a proof goes out.
//!
//! # Order of trust
//! 1. The root is one that the pinned issuer signed for everybody: heads are fetched without naming
//!    the agent, and a head that contradicts one seen before is refused.
//! 2. The opening is this holder's own (`opening`), and its leaf is under that root: the path from
//!    public tiles is recomputed here.
//! 3. Only then is a proof made, and it is verified before it leaves.

use poa_circuits::native::field::{self, F};
use poa_circuits::native::tree::Path;
use poa_verifier::head::HeadClaims;
use serde_json::Value;

use super::opening::Opening;
use super::prepared;
use super::store::HolderDir;
use super::tiles;
use crate::client::{AgentSigner, Auth, Client};
use crate::exit::{Failure, Outcome};
use crate::pinned::Pinned;
use crate::system;

/// A signed root and this holder's leaf under it.
pub struct Standing {
    /// The head as it was signed.
    pub head_jws: String,
    /// The leaf's opening.
    pub opening: Opening,
    /// From the leaf to the head's root.
    pub path: Path,
    /// Whether the head is the hour's anchor, which everybody uses.
    pub under_anchor: bool,
}

/// The document pinned in the holder's file; without it no proof is made.
pub fn require_trust(dir: &HolderDir) -> Outcome<Pinned> {
    Pinned::of_holder(dir)?.ok_or_else(|| {
        Failure::error(
            "no trust is pinned in this directory, so no root can be believed",
            "pin the service's: poa trust add URL",
        )
    })
}

/// Fetches the leaf's opening, checks that it is this holder's, and keeps it.
pub fn fetch_opening(dir: &mut HolderDir, signer: &AgentSigner, client: &Client) -> Outcome<Opening> {
    let agent = dir.contents.agent()?.clone();
    let path = format!("/agents/{}/opening", agent.uuid());
    let answer = client.get(&path, Auth::Agent(signer))?;
    finish_rotation(dir, &answer)?;
    let opening = Opening::from_answer(&answer, &agent.did, dir.contents.proving()?)?;
    if dir.contents.openings.first().is_some_and(|known| known.index != opening.index) {
        prepared::remove_all(dir)?;
    }
    dir.contents.openings.clear();
    dir.contents.openings.push(opening.clone());
    dir.save()?;
    Ok(opening)
}

/// A rotation whose answer was lost: the leaf already carries the new key.
fn finish_rotation(dir: &mut HolderDir, answer: &Value) -> Outcome<()> {
    let new = dir.contents.rotating.as_ref().map(|new| new.public().commitment());
    let published = answer["opening"]["identity"].as_str().and_then(|hex| field::decode_hex(hex).ok());
    match (new, published) {
        (Some(new), Some(published)) if new == published => super::rotate::adopt(dir),
        _ => Ok(()),
    }
}

/// The leaf under the hour's anchor, or under the newest head when the leaf is newer than the anchor.
pub fn stand(dir: &mut HolderDir, signer: &AgentSigner, client: &Client, pinned: &Pinned) -> Outcome<Standing> {
    if let Some(opening) = dir.contents.openings.first().cloned()
        && let Some(standing) = under(dir, client, pinned, "/roots/anchor", opening)?
    {
        return Ok(standing);
    }
    // No opening yet, or one whose leaf was superseded.
    let opening = fetch_opening(dir, signer, client)?;
    for head in ["/roots/anchor", "/roots/latest"] {
        if let Some(standing) = under(dir, client, pinned, head, opening.clone())? {
            return Ok(standing);
        }
    }
    Err(Failure::error("the leaf is under no published root yet", "wait for the next publication and try again"))
}

/// The leaf under one head; none when it is not there.
fn under(
    dir: &HolderDir,
    client: &Client,
    pinned: &Pinned,
    head_path: &str,
    opening: Opening,
) -> Outcome<Option<Standing>> {
    let answer = client.get(head_path, Auth::Nobody)?;
    let head_jws = answer["head"].as_str().unwrap_or_default().to_owned();
    let Some(head) = pinned.check_head(&head_jws, system::now_unix_s())? else {
        return Ok(None);
    };
    if opening.seq > head.seq || opening.log != head.log {
        return Ok(None);
    }
    let path = fetch_path(client, &head, opening.index)?;
    let leaf = opening.leaf(dir.contents.proving()?)?.hash();
    if path.root(&leaf) != head.root {
        return Ok(None);
    }
    Ok(Some(Standing { under_anchor: head.anchor, head_jws, opening, path }))
}

fn fetch_path(client: &Client, head: &HeadClaims, index: u32) -> Outcome<Path> {
    let (log, seq) = (&head.log, head.seq);
    tiles::path(index, |level, number| client.get_bytes(&format!("/log/{log}/{seq}/tiles/{level}/{number}")))
}

/// A path as the service wrote it.
pub fn read_path(value: &Value) -> Outcome<Path> {
    let malformed = || Failure::refused("the leaf's path has another form", "ask whoever operates the service");
    let index = value["index"].as_u64().and_then(|index| index.try_into().ok());
    let siblings: Option<Vec<F>> = value["siblings"].as_array().and_then(|siblings| {
        let element = |sibling: &Value| field::decode_hex(sibling.as_str()?).ok();
        siblings.iter().map(element).collect()
    });
    let siblings = siblings.and_then(|siblings| siblings.try_into().ok());
    Ok(Path { index: index.ok_or_else(malformed)?, siblings: siblings.ok_or_else(malformed)? })
}
