//! What the exported constraints compute is what the native statement and the honest witness generator say.

use ark_ff::{BigInteger, PrimeField};
use poa_circuits::gadgets::r1cs::witness_to_iden3;
use poa_circuits::native::field::to_bytes_be;
use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use poa_circuits::native::leaf::AgentId;
use poa_circuits::native::tree::Path;
use poa_circuits::statement::{Public, Witness, assignment};
use poa_soundness::iden3::read_wtns;
use poa_soundness::r1cs::{F, Wire};

use super::claim::{Claim, Draw, whole};
use super::layout::*;

/// The claim's inputs and declared wires in native types.
fn native(claim: &Claim) -> (Public, Witness) {
    let get = |wire: Wire| claim.get(wire);
    let is_set = |wire: Wire| claim.get(wire) == F::from(1u64);
    let mut key = [0u8; 32];
    for (i, _) in KEY.enumerate().filter(|(_, wire)| is_set(*wire)) {
        key[31 - i / 8] |= 1 << (i % 8);
    }
    let agent = get(AGENT).into_bigint().to_bytes_be();
    let witness = Witness {
        holder: HolderSecret::from_bytes(&key).unwrap(),
        pseudonym: PseudonymSecret::from_bytes(&to_bytes_be(&get(PSEUDONYM))).unwrap(),
        agent: AgentId::new(u128::from_be_bytes(agent[16..].try_into().unwrap())).unwrap(),
        attributes: std::array::from_fn(|slot| get(ATTRIBUTE + slot as Wire)),
        expires_at: claim.integer(EXPIRES_AT),
        salt: get(SALT),
        path: Path {
            index: INDEX.enumerate().map(|(level, wire)| u32::from(is_set(wire)) << level).sum(),
            siblings: std::array::from_fn(|level| get(SIBLING + level as Wire)),
        },
    };
    let inputs = std::array::from_fn(|input| claim.assignment[1 + input]);
    (Public::from_inputs(&inputs), witness)
}

#[test]
fn the_constraints_alone_compute_what_the_native_statement_says() {
    for number in 0..if whole() { 1_000 } else { 8 } {
        let claim = Claim::honest(&mut Draw::new("agreement", number));
        claim.is_accepted();
        let (public, witness) = native(&claim);
        assert_eq!(public.check(&witness), Ok(()), "statement {number}");
        let file = witness_to_iden3(&assignment::derive(&public, &witness));
        assert!(read_wtns(&file).unwrap() == claim.assignment, "statement {number}");
    }
}
