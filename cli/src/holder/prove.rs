//! The holder's proofs: opening, path and signed root come in, a proof goes out.
//!
//! # Order of trust
//! 1. The root is one that the pinned issuer signed for everybody: heads are fetched before the agent is named and on a
//!    connection of their own, and a head that contradicts one seen before, or a second anchor of an hour, is refused.
//! 2. The opening is this holder's own (`opening`), and its leaf is under that root: the path from
//!    public tiles is recomputed here.
//! 3. Only then is a proof made, and it is verified before it leaves.

use poa_circuits::native::field::{self, F};
use poa_circuits::native::tree::Path;
use poa_verifier::head::{ANCHOR_PERIOD_S, HeadClaims};
use poa_verifier::time;
use serde_json::Value;

use super::opening::Opening;
use super::prepared;
use super::store::HolderDir;
use super::tiles;
use crate::client::{AgentSigner, Auth, Client};
use crate::exit::{Failure, OrFail, Outcome};
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

/// The leaf under the hour's anchor; under the newest head when the leaf is newer than the anchor and the holder agrees.
pub fn stand(
    dir: &mut HolderDir,
    signer: &AgentSigner,
    client: &Client,
    pinned: &Pinned,
    newest_root: bool,
) -> Outcome<Standing> {
    // Both before the agent is named: which one is used tells the service nothing.
    let (anchor, newest) = (head(client, pinned, "/roots/anchor")?, head(client, pinned, "/roots/latest")?);
    if let Some(opening) = dir.contents.openings.first().cloned()
        && let Some(standing) = under(dir, client, &anchor, opening)?
    {
        return Ok(standing);
    }
    // No opening yet, or one whose leaf was superseded.
    let opening = fetch_opening(dir, signer, client)?;
    if let Some(standing) = under(dir, client, &anchor, opening.clone())? {
        return Ok(standing);
    }
    match under(dir, client, &newest, opening)? {
        Some(standing) if newest_root => Ok(standing),
        Some(_) => Err(not_in_anchor()?),
        None => {
            let what = "the leaf is under no published root yet";
            Err(Failure::error(what, "wait for the next publication and try again"))
        }
    }
}

/// The refusal of a root that is not the hour's anchor.
pub fn not_in_anchor() -> Outcome<Failure> {
    let hour = system::now_unix_s() / ANCHOR_PERIOD_S + 1;
    let next = time::format_utc(hour * ANCHOR_PERIOD_S).or_fail("the time of the next anchor", "check the clock")?;
    Ok(Failure::refused(
        "the leaf is newer than the hour's anchor, so few others would present under the same root",
        format!("wait for the next anchor, at {next}, or agree with --newest-root"),
    ))
}

/// A signed head, fetched as anybody; none of a tree without leaves.
fn head(client: &Client, pinned: &Pinned, path: &str) -> Outcome<Option<(String, HeadClaims)>> {
    let answer = client.get(path, Auth::Nobody)?;
    let jws = answer["head"].as_str().unwrap_or_default().to_owned();
    let claims = pinned.check_head(&jws, system::now_unix_s())?;
    Ok(claims.map(|claims| (jws, claims)))
}

/// The leaf under one head; none when it is not there.
fn under(
    dir: &HolderDir,
    client: &Client,
    head: &Option<(String, HeadClaims)>,
    opening: Opening,
) -> Outcome<Option<Standing>> {
    let Some((head_jws, head)) = head else { return Ok(None) };
    if opening.seq > head.seq || opening.log != head.log {
        return Ok(None);
    }
    let path = fetch_path(client, head, opening.index)?;
    let leaf = opening.leaf(dir.contents.proving()?)?.hash();
    if path.root(&leaf) != head.root {
        return Ok(None);
    }
    Ok(Some(Standing { under_anchor: head.anchor, head_jws: head_jws.clone(), opening, path }))
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
