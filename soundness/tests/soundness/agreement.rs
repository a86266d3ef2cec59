//! What the exported constraints compute is what the native statement and the honest witness generator say.

use poa_circuits::gadgets::r1cs::witness_to_iden3;
use poa_circuits::statement::assignment;
use poa_soundness::iden3::read_wtns;

use super::claim::{Claim, Draw, whole};
use super::native::native;

#[test]
fn the_constraints_alone_compute_what_the_native_statement_says() {
    for number in 0..if whole() { 1_000 } else { 8 } {
        let claim = Claim::honest(&mut Draw::new("agreement", number));
        claim.is_accepted();
        let (public, witness) = native(&claim).unwrap();
        assert_eq!(public.check(&witness), Ok(()), "statement {number}");
        let file = witness_to_iden3(&assignment::derive(&public, &witness));
        assert!(read_wtns(&file).unwrap() == claim.assignment, "statement {number}");
    }
}
