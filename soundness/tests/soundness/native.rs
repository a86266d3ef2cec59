//! A claim in the types of the native statement.

use ark_ff::{BigInteger, PrimeField};
use poa_circuits::native::field::{to_bytes_be, to_u64};
use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use poa_circuits::native::leaf::AgentId;
use poa_circuits::native::tree::Path;
use poa_circuits::statement::{Public, Witness};
use poa_soundness::r1cs::Wire;

use super::claim::Claim;
use super::layout::*;

/// The claim's inputs and declared wires, unless those types cannot hold them: bits that are none, a key of 0 or at the
/// order and above, an agent of 0 or above 128 bits, a time above 64.
pub fn native(claim: &Claim) -> Option<(Public, Witness)> {
    let bit = |wire: Wire| to_u64(&claim.get(wire)).filter(|bit| *bit < 2);
    let mut key = [0u8; 32];
    for (i, wire) in KEY.enumerate() {
        key[31 - i / 8] |= (bit(wire)? as u8) << (i % 8);
    }
    let mut index = 0;
    for (level, wire) in INDEX.enumerate() {
        index |= (bit(wire)? as u32) << level;
    }
    let agent = claim.get(AGENT).into_bigint().to_bytes_be();
    let (above, agent) = agent.split_at(16);
    if above.iter().any(|byte| *byte != 0) {
        return None;
    }
    let witness = Witness {
        holder: HolderSecret::from_bytes(&key).ok()?,
        pseudonym: PseudonymSecret::from_bytes(&to_bytes_be(&claim.get(PSEUDONYM))).ok()?,
        agent: AgentId::new(u128::from_be_bytes(agent.try_into().ok()?))?,
        attributes: std::array::from_fn(|slot| claim.get(ATTRIBUTE + slot as Wire)),
        expires_at: to_u64(&claim.get(EXPIRES_AT))?,
        salt: claim.get(SALT),
        path: Path { index, siblings: std::array::from_fn(|level| claim.get(SIBLING + level as Wire)) },
    };
    let inputs = std::array::from_fn(|input| claim.assignment[1 + input]);
    Some((Public::from_inputs(&inputs), witness))
}
