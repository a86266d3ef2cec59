//! The claims of a document, read for verification: known members typed, unknown ones left alone.

use serde::Deserialize;

use super::claims::{AgentClaim, ChainClaim, SignedAttestation, StatusReference};
use super::hex32::AbgHash;
use crate::checks::{Refusal, readable, refuse};
use crate::json::Node;

/// The claims, with addresses as they are written.
pub(super) struct Reading<'a> {
    pub(super) iss: &'a str,
    pub(super) sub: &'a str,
    pub(super) jti: &'a str,
    pub(super) iat: u64,
    pub(super) exp: Option<u64>,
    pub(super) nbf: Option<u64>,
    pub(super) agent: AgentClaim<&'a str, &'a str>,
    pub(super) agent_node: &'a Node<'a>,
    pub(super) attestation: Attestation<'a>,
    pub(super) chain: Option<ChainClaim<&'a str>>,
    pub(super) status: Option<Status<'a>>,
}

/// Where its status is published.
pub(super) struct Status<'a> {
    pub(super) status_list: Option<StatusReference<&'a str>>,
    /// A list of entries as in `credentialStatus`, unless it is absent or empty.
    pub(super) bitstring: Option<&'a Node<'a>>,
}

/// Who agreed, as the document says.
pub(super) enum Attestation<'a> {
    Snapshot,
    Signed { by_itself: bool, signed: Box<SignedAttestation<&'a str, &'a str>>, details: Option<&'a Node<'a>> },
}

#[derive(Deserialize)]
struct Wire<'a> {
    iss: &'a str,
    sub: &'a str,
    jti: &'a str,
    iat: u64,
    exp: Option<u64>,
    nbf: Option<u64>,
    chain: Option<ChainClaim<&'a str>>,
}

/// Reads the claims. In a document of our own form (`own`) what we add to the published claims is mandatory.
pub(super) fn read<'a>(claims: &'a Node<'a>, own: bool) -> Result<Reading<'a>, Refusal> {
    let wire = Wire::deserialize(claims).map_err(malformed)?;
    if claims.get("aud").is_some() {
        return refuse("audience", "it has an aud, which nothing here judges");
    }
    let agent_node = claims.get("agent").unwrap_or(&Node::Null);
    let reading = Reading {
        iss: wire.iss,
        sub: wire.sub,
        jti: wire.jti,
        iat: wire.iat,
        exp: wire.exp,
        nbf: wire.nbf,
        agent: AgentClaim::deserialize(agent_node).map_err(|e| malformed_in("agent", &e))?,
        agent_node,
        attestation: attestation(claims.get("attestation").unwrap_or(&Node::Null))?,
        chain: wire.chain,
        status: claims.get("status").map(status).transpose()?.flatten(),
    };
    if own {
        ours(claims, &reading)?;
    }
    Ok(reading)
}

fn malformed(error: serde_json::Error) -> Refusal {
    Refusal { reason: "malformed", detail: readable(&error.to_string()).into() }
}

fn malformed_in(member: &str, error: &serde_json::Error) -> Refusal {
    Refusal { reason: "malformed", detail: readable(&format!("{member}: {error}")).into() }
}

fn status<'a>(node: &'a Node<'a>) -> Result<Option<Status<'a>>, Refusal> {
    #[derive(Deserialize)]
    struct Wire<'a> {
        #[serde(borrow)]
        status_list: Option<StatusReference<&'a str>>,
    }
    let wire: Option<Wire<'_>> = Option::deserialize(node).map_err(|e| malformed_in("status", &e))?;
    let bitstring = match node.get("bitstring") {
        None => None,
        Some(Node::List(entries)) if entries.is_empty() => None,
        Some(entries @ Node::List(_)) => Some(entries),
        Some(_) => return refuse("malformed", "status: bitstring must be a list"),
    };
    Ok(wire.map(|wire| Status { status_list: wire.status_list, bitstring }))
}

fn attestation<'a>(node: &'a Node<'a>) -> Result<Attestation<'a>, Refusal> {
    let by_itself = match node.text("kind") {
        Some("snapshot") => return Ok(Attestation::Snapshot),
        Some("controller-attested") => false,
        Some("self-attested") => true,
        _ => return refuse("malformed", "attestation: kind is none of the known ones"),
    };
    let signed = SignedAttestation::deserialize(node).map_err(|e| malformed_in("attestation", &e))?;
    Ok(Attestation::Signed { by_itself, signed: Box::new(signed), details: node.get("details") })
}

/// What every document of our own form has.
fn ours(claims: &Node<'_>, reading: &Reading<'_>) -> Result<(), Refusal> {
    let status_named = reading.status.as_ref().is_some_and(|s| s.status_list.is_some() || s.bitstring.is_some());
    let bound = match &reading.attestation {
        Attestation::Snapshot => true,
        Attestation::Signed { signed, .. } => {
            signed.scheme.is_some() && signed.seed.is_some() && signed.details.is_some()
        }
    };
    for (there, member) in [
        (reading.exp.is_some(), "exp"),
        (reading.chain.is_some(), "chain"),
        (status_named, "status"),
        (is_ulid(reading.jti), "jti (a ULID)"),
        (reading.agent.abg_hash.parse::<AbgHash>().is_ok(), "agent.abgHash (0x and 64 hex digits)"),
        (reading.agent_node.get("zeroBalanceSince").is_some(), "agent.zeroBalanceSince"),
        (
            claims.get("policy").is_some_and(|policy| policy.text("revocationListUrl").is_some()),
            "policy.revocationListUrl",
        ),
        (bound, "attestation.scheme, seed and details"),
    ] {
        if !there {
            return refuse("missing", format!("{member} is missing or malformed"));
        }
    }
    Ok(())
}

/// 26 digits of Crockford's base 32, the first of which holds three bits.
fn is_ulid(text: &str) -> bool {
    let digit = |b: u8| b.is_ascii_digit() || (b.is_ascii_uppercase() && !b"ILOU".contains(&b));
    text.len() == 26 && text.bytes().all(digit) && text.as_bytes()[0] <= b'7'
}

#[cfg(test)]
mod tests {
    use super::is_ulid;

    #[test]
    fn ulids_are_told_from_other_texts() {
        assert!(is_ulid("01ARZ3NDEKTSV4RRFFQ69G5FAV"));
        assert!(is_ulid("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
        for bad in
            ["", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01arz3ndektsv4rrffq69g5fav", "01ARZ3NDEKTSV4RRFFQ69G5FAI", "01ARZ3NDEK"]
        {
            assert!(!is_ulid(bad), "{bad}");
        }
    }
}
