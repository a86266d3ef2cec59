//! Three true statements, to see that a key can prove: between them every private wire is other than 0 at least once,
//! so that a wrong point of any wire shows. Decomposed numbers are all ones where the statement allows it; three are
//! needed because `lower` and `upper − a` cannot both be. Their secrets are worth nothing.

use ark_ff::{AdditiveGroup, Field};
use poa_circuits::native::attributes::{ORDERED_SLOTS, SLOTS};
use poa_circuits::native::field::{self, F};
use poa_circuits::native::holder::{HolderSecret, PseudonymSecret};
use poa_circuits::native::leaf::AgentId;
use poa_circuits::native::tree::Path;
use poa_circuits::statement::{Public, Witness};
use rand_core::CryptoRng;

const LAST_SECOND: u64 = (1 << 40) - 1;

/// What differs between the statements.
struct Recipe {
    /// The first byte of `k`, big-endian, and the byte that fills the rest.
    scalar: (u8, u8),
    /// Whether the ordered attributes are the greatest their widths hold, else 0.
    greatest: bool,
    /// Whether lower bounds equal the attributes, else 0.
    tight: bool,
    valid_at: u64,
}

const RECIPES: [Recipe; 3] = [
    // Bits 0 to 249 of k; `a − lower`, `upper`, `expires_at − valid_at`.
    Recipe { scalar: (0x03, 0xff), greatest: true, tight: false, valid_at: 0 },
    // Bits 249 and 250 of k together; `lower`, `valid_at`.
    Recipe { scalar: (0x06, 0x01), greatest: true, tight: true, valid_at: LAST_SECOND },
    // `upper − a`.
    Recipe { scalar: (0x03, 0xff), greatest: false, tight: false, valid_at: 0 },
];

/// The statements; what the recipes leave open is random.
pub(super) fn statements(rng: &mut impl CryptoRng) -> Vec<(Public, Witness)> {
    RECIPES.iter().map(|recipe| statement(recipe, rng)).collect()
}

fn statement(recipe: &Recipe, rng: &mut impl CryptoRng) -> (Public, Witness) {
    let all_ones = F::from(u64::MAX);
    let upper: [F; ORDERED_SLOTS] = [F::from((1u64 << 14) - 1), all_ones, all_ones, all_ones];
    let ordered = if recipe.greatest { upper } else { [F::ZERO; ORDERED_SLOTS] };
    let attributes: [F; SLOTS] = [ordered[0], ordered[1], ordered[2], ordered[3], all_ones, field::random(rng)];
    let mut scalar = [recipe.scalar.1; 32];
    scalar[0] = recipe.scalar.0;
    // Cannot fail: both scalars are below the subgroup's order, and 1 is not 0.
    let witness = Witness {
        holder: HolderSecret::from_bytes(&scalar).expect("below the subgroup's order"),
        pseudonym: PseudonymSecret::random(rng),
        agent: AgentId::new(1).expect("1 is not 0"),
        attributes,
        expires_at: LAST_SECOND,
        salt: field::random(rng),
        path: Path { index: u32::MAX, siblings: std::array::from_fn(|_| field::random(rng)) },
    };
    let (schema, scope) = (field::random(rng), field::random(rng));
    let public = Public {
        root: witness.path.root(&witness.leaf(schema).hash()),
        context: F::ONE,
        scope,
        nullifier: witness.pseudonym.nullifier(&scope),
        schema,
        subject: witness.agent.to_field(),
        valid_at: F::from(recipe.valid_at),
        mask: F::from(63u64),
        disclosed: attributes,
        lower: if recipe.tight { ordered } else { [F::ZERO; ORDERED_SLOTS] },
        upper,
        required: all_ones,
    };
    (public, witness)
}

#[cfg(test)]
mod tests {
    use super::*;
    use poa_circuits::statement::INPUTS;
    use poa_circuits::statement::assignment::{WIRES, derive};

    #[test]
    fn the_statements_are_true_and_use_every_private_wire() {
        let statements = statements(&mut rand_core::UnwrapErr(getrandom::SysRng));
        let mut used = [false; WIRES];
        for (public, witness) in &statements {
            assert_eq!(public.check(witness), Ok(()));
            for (wire, value) in derive(public, witness).iter().enumerate() {
                used[wire] |= *value != F::ZERO;
            }
        }
        let unused: Vec<_> = (1 + INPUTS..WIRES).filter(|wire| !used[*wire]).collect();
        assert_eq!(unused, Vec::<usize>::new());
    }
}
