//! The `agent` claim in a reader's answer, exactly as the contract has it.
//!
//! Readers of documents keep members that they do not know, because documents are others'. A chain's answer is the
//! source of ours: a member passed over here would be missing from what the controller signs, and one carried along
//! would be signed by us without anybody having looked at it. So it is refused, and named.

use poa_verifier::agenthood::claims::AgentClaim;
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

/// Reads a claim or null.
pub(super) fn exact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<AgentClaim>, D::Error> {
    let Some(said) = Option::<Value>::deserialize(deserializer)? else { return Ok(None) };
    let claim: AgentClaim = serde_path_to_error::deserialize(&said).map_err(D::Error::custom)?;
    match difference("", &said, &claim.to_value()) {
        Some(difference) => Err(D::Error::custom(difference)),
        None => Ok(Some(claim)),
    }
}

/// The first place where what was said is not what was read.
fn difference(path: &str, said: &Value, read: &Value) -> Option<String> {
    let (Value::Object(said), Value::Object(read)) = (said, read) else {
        return (said != read).then(|| format!("{path} is not in its only spelling"));
    };
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    if let Some(name) = said.keys().find(|name| !read.contains_key(*name)) {
        return Some(format!("{} is not in the contract", at(name)));
    }
    if let Some(name) = read.keys().find(|name| !said.contains_key(*name)) {
        return Some(format!("{} is missing", at(name)));
    }
    said.iter().find_map(|(name, said)| difference(&at(name), said, &read[name]))
}
