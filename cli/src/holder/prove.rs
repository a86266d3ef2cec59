//! The holder's proofs: opening, path and signed root come in, a proof goes out.
//!
//! # Order of trust
//! 1. The root is one that the pinned issuer signed for everybody: heads are fetched without naming the agent, on a
//!    connection of their own (the address is the same, so who fetched can be guessed later), and a head that contradicts one seen before, or a second anchor of an hour, is refused. What
//!    the service gives as the hour's anchor has to say so itself, and to be of this hour.
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

/// Seconds of an hour in which the anchor of the hour before still serves: the service may not have signed the new one.
const ANCHOR_DUE_S: u64 = 120;

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
    let answer = client.get(&format!("{}/opening", agent.path()), Auth::Agent(signer))?;
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
    // Both each time, and without naming the agent: which one is used tells the service nothing.
    let (anchor, newest) = (anchor(client, pinned)?, head(client, pinned, "/roots/latest")?);
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

/// Whether a head is the anchor of the hour that `now` is in, Unix seconds: everybody presents under it. One of a later
/// hour is by a clock ahead of ours; how far that may be is checked where the head is.
pub fn is_hours_anchor(head: &HeadClaims, now: u64) -> bool {
    let hour = |unix_s: u64| unix_s / ANCHOR_PERIOD_S;
    head.anchor && hour(head.iat) >= hour(now.saturating_sub(ANCHOR_DUE_S))
}

/// The last second in which the anchor signed at `iat` is the hour's.
pub fn anchor_serves_until(iat: u64) -> u64 {
    (iat / ANCHOR_PERIOD_S + 1) * ANCHOR_PERIOD_S + ANCHOR_DUE_S - 1
}

/// The hour's anchor; none when there is none of this hour. Refused when the service gives a head that is no anchor:
/// under a root of its own each holder could be told from all others.
fn anchor(client: &Client, pinned: &Pinned) -> Outcome<Option<(String, HeadClaims)>> {
    let given = head(client, pinned, "/roots/anchor")?;
    if given.as_ref().is_some_and(|(_, claims)| !claims.anchor) {
        return Err(Failure::refused(
            "what the service gives as the hour's anchor is another head, under which few others present",
            "nothing was shown; ask whoever operates the service, and compare with others: poa root anchor",
        ));
    }
    Ok(given.filter(|(_, claims)| is_hours_anchor(claims, system::now_unix_s())))
}

/// The refusal of a root that is not the hour's anchor.
pub fn not_in_anchor() -> Outcome<Failure> {
    let hour = system::now_unix_s() / ANCHOR_PERIOD_S + 1;
    let next = time::format_utc(hour * ANCHOR_PERIOD_S).or_fail("the time of the next anchor", "check the clock")?;
    Ok(Failure::refused(
        "the leaf is not under an anchor of this hour, so few others would present under the same root",
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
    let under_anchor = is_hours_anchor(head, system::now_unix_s());
    Ok(Some(Standing { under_anchor, head_jws: head_jws.clone(), opening, path }))
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

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 500_000 * ANCHOR_PERIOD_S;

    fn head(iat: u64, anchor: bool) -> HeadClaims {
        HeadClaims {
            iss: "did:web:issuer.example".parse().unwrap(),
            log: "main".to_owned(),
            iat,
            exp: iat + 1,
            root: F::from(1u64),
            size: 1,
            seq: 1,
            revocations: 0,
            anchor,
        }
    }

    #[test]
    fn the_hours_anchor_says_so_and_is_of_the_hour() {
        for (iat, anchor, now, expected) in [
            (HOUR + 5, true, HOUR + 5, true),
            (HOUR + 5, true, HOUR + 3_599, true),
            (HOUR + 5, false, HOUR + 5, false),
            // The next hour has begun, and its anchor may not be there yet.
            (HOUR + 5, true, HOUR + 3_600 + ANCHOR_DUE_S - 1, true),
            (HOUR + 5, true, HOUR + 3_600 + ANCHOR_DUE_S, false),
            (HOUR + 5, true, HOUR + 7_200, false),
            // A clock of ours that is behind.
            (HOUR + 5, true, HOUR - 20, true),
        ] {
            assert_eq!(is_hours_anchor(&head(iat, anchor), now), expected, "{iat} {now}");
        }
        assert_eq!(anchor_serves_until(HOUR + 5), HOUR + 3_600 + ANCHOR_DUE_S - 1);
    }
}
