//! The leaf: everything a credential can prove, in one hash (`docs/protocol.md` §3).

use std::fmt;

use rand_core::CryptoRng;

use zeroize::Zeroize;

use super::attributes::SLOTS;
use super::field::{self, F};
use super::poseidon;

/// An agent's UUID as its 128-bit big-endian integer; never 0. Made by the issuer.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Zeroize)]
pub struct AgentId(u128);

impl AgentId {
    /// None for 0, which stands for "anonymous" in the statement.
    pub fn new(id: u128) -> Option<Self> {
        (id != 0).then_some(Self(id))
    }

    /// The sixteen bytes of the UUID; none for the nil UUID.
    pub fn from_uuid_bytes(bytes: [u8; 16]) -> Option<Self> {
        Self::new(u128::from_be_bytes(bytes))
    }

    /// The sixteen bytes of the UUID.
    pub fn to_uuid_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The integer as a field element.
    pub fn to_field(self) -> F {
        F::from(self.0)
    }
}

/// What a leaf commits to: the holder's secret, so it is never printed. `salt` hides it in the public tree.
#[derive(Clone, Eq, PartialEq)]
pub struct Leaf {
    /// `I`, the identity commitment of the holder key in force.
    pub identity: F,
    /// `N`, the commitment to the pseudonym secret.
    pub pseudonym: F,
    /// The agent.
    pub agent: AgentId,
    /// The attestation schema's field element: issuer, log, meaning and custody.
    pub schema: F,
    /// The six attributes, in slot order.
    pub attributes: [F; SLOTS],
    /// Unix seconds after which the leaf proves nothing.
    pub expires_at: u64,
    /// Hides the leaf; see [`salt`].
    pub salt: F,
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Leaf(..)")
    }
}

impl Leaf {
    /// `H_12(I, N, agent, schema, a0, …, a5, expires_at, salt)`.
    pub fn hash(&self) -> F {
        let [a0, a1, a2, a3, a4, a5] = self.attributes;
        poseidon::hash(&[
            self.identity,
            self.pseudonym,
            self.agent.to_field(),
            self.schema,
            a0,
            a1,
            a2,
            a3,
            a4,
            a5,
            F::from(self.expires_at),
            self.salt,
        ])
    }
}

/// `salt = H_2(ext, rho)`; `ext` is 0 until a later circuit gives it meaning.
pub fn salt(ext: &F, rho: &F) -> F {
    poseidon::hash(&[*ext, *rho])
}

/// A fresh salt with `ext = 0` and `rho` of 248 random bits.
pub fn random_salt(rng: &mut impl CryptoRng) -> F {
    let mut rho = zeroize::Zeroizing::new([0u8; 32]);
    rng.fill_bytes(&mut rho[1..]);
    // Cannot fail: the first byte is 0, so the integer is below 2^248 < r.
    let rho = field::from_bytes_be(&rho).expect("248 bits are below the field's order");
    salt(&F::from(0u64), &rho)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nil_uuid_is_no_agent() {
        assert_eq!(AgentId::from_uuid_bytes([0; 16]), None);
        let id = AgentId::from_uuid_bytes([1; 16]).unwrap();
        assert_eq!(id.to_uuid_bytes(), [1; 16]);
    }

    #[test]
    fn every_member_changes_the_hash() {
        let leaf = Leaf {
            identity: F::from(1u64),
            pseudonym: F::from(2u64),
            agent: AgentId::new(3).unwrap(),
            schema: F::from(4u64),
            attributes: [5u64, 6, 7, 8, 9, 10].map(F::from),
            expires_at: 11,
            salt: F::from(12u64),
        };
        let mut others = vec![
            Leaf { identity: F::from(0u64), ..leaf.clone() },
            Leaf { pseudonym: F::from(0u64), ..leaf.clone() },
            Leaf { agent: AgentId::new(4).unwrap(), ..leaf.clone() },
            Leaf { schema: F::from(0u64), ..leaf.clone() },
            Leaf { expires_at: 0, ..leaf.clone() },
            Leaf { salt: F::from(0u64), ..leaf.clone() },
        ];
        for slot in 0..SLOTS {
            let mut other = leaf.clone();
            other.attributes[slot] = F::from(0u64);
            others.push(other);
        }
        let mut hashes: Vec<_> = others.iter().map(Leaf::hash).collect();
        hashes.push(leaf.hash());
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), others.len() + 1);
    }
}
