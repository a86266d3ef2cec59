//! Multi-scalar multiplication over fixed bases.
//!
//! [`table`] holds multiples of the bases, made when the key is compiled; [`digits`] reads a scalar as signed digits;
//! each digit sends one table entry to a bucket ([`grouped`]); [`buckets`] sums all buckets by batched affine additions;
//! [`weighted`] joins the buckets, again by batched additions; [`kernel`] is the field arithmetic below. Generic over the
//! curve: G1 and G2 of BN254 are the two instances.
//!
//! Which buckets an entry goes to depends on the scalars, and so do time and memory traffic: nothing here is constant
//! time. The tables depend on the proving key alone.

mod buckets;
mod digits;
mod grouped;
mod kernel;
mod table;
#[cfg(test)]
mod tests;
mod weighted;

use ark_bn254::Fr;
use ark_ec::short_weierstrass::SWCurveConfig;

use self::kernel::Coordinate;

pub(super) use self::table::{Aligned, Table};

/// The curves of the engine.
pub(super) trait Curve: SWCurveConfig<ScalarField = Fr, BaseField: Coordinate> {}

impl<P: SWCurveConfig<ScalarField = Fr, BaseField: Coordinate>> Curve for P {}
