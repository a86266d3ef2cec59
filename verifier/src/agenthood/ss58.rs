//! SS58: addresses of accounts on Substrate chains, for 32-byte accounts.
//!
//! `base58(prefix ‖ account ‖ checksum)`. The prefix is one byte below 64, else two bytes that hold 14 bits; the
//! checksum is the first two bytes of BLAKE2b-512 of `"SS58PRE" ‖ prefix ‖ account`. Exactly one text per address: what
//! decodes is encoded again and compared, which also refuses a small prefix in two bytes. The reserved prefixes 46 and
//! 47 and the all-zero account are refused: under the latter, which is the neutral element of Ristretto, anybody can
//! sign.
//!
//! Source: <https://docs.substrate.io/reference/address-formats/>, the SS58 registry.

use std::fmt;
use std::str::FromStr;

use blake2::{Blake2b512, Digest as _};
use serde::{Deserialize, Serialize};

use super::text::deserialize_from_text;

/// Longest text of an address: 36 bytes in base58.
const MAX_CHARS: usize = 50;
const MAX_BYTES: usize = 36;
const CHECKSUM_BYTES: usize = 2;

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Ss58Error {
    /// Not base58 of a prefix, 32 bytes and a checksum, in its only spelling.
    #[error("not the SS58 address of a 32-byte account")]
    Malformed,
    /// The checksum is wrong: a typing error.
    #[error("the address's checksum is wrong")]
    Checksum,
    /// An address of another network.
    #[error("the address has network prefix {got}; expected {expected}")]
    Network {
        /// Its prefix.
        got: u16,
        /// The configured one.
        expected: u16,
    },
    /// A prefix that is reserved or beyond 14 bits.
    #[error("{0} is no network prefix")]
    Prefix(u16),
    /// The account that anybody can sign for.
    #[error("the all-zero account belongs to nobody")]
    Zero,
}

/// The prefix of a network.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Network(u16);

impl Network {
    /// Generic Substrate, the default.
    pub const SUBSTRATE: Self = Self(42);

    /// A prefix of up to 14 bits, not 46 or 47.
    ///
    /// # Errors
    /// [`Ss58Error::Prefix`].
    pub fn new(prefix: u16) -> Result<Self, Ss58Error> {
        if prefix < 1 << 14 && !matches!(prefix, 46 | 47) { Ok(Self(prefix)) } else { Err(Ss58Error::Prefix(prefix)) }
    }

    /// The prefix as a number.
    pub fn prefix(self) -> u16 {
        self.0
    }

    /// Its one or two bytes: six low bits, then the rest, spread as the registry says.
    fn to_bytes(self) -> Vec<u8> {
        if self.0 < 64 {
            return vec![self.0 as u8];
        }
        let [high, low] = self.0.to_be_bytes();
        vec![(low >> 2) | 0x40, high | (low << 6)]
    }

    /// Reads the prefix before the account: a small one in one byte, any other in two.
    fn from_bytes(bytes: &[u8]) -> Result<Self, Ss58Error> {
        match *bytes {
            [one] if one < 64 => Self::new(one.into()),
            [first, second] if (64..128).contains(&first) => {
                match u16::from_be_bytes([second & 0x3f, (first << 2) | (second >> 6)]) {
                    ..64 => Err(Ss58Error::Malformed),
                    prefix => Self::new(prefix),
                }
            }
            _ => Err(Ss58Error::Malformed),
        }
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::SUBSTRATE
    }
}

impl TryFrom<u16> for Network {
    type Error = Ss58Error;

    fn try_from(prefix: u16) -> Result<Self, Ss58Error> {
        Self::new(prefix)
    }
}

impl From<Network> for u16 {
    fn from(network: Network) -> Self {
        network.0
    }
}

/// A 32-byte account: a public key (sr25519, ed25519) or the hash of one. Never all zero.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AccountId([u8; 32]);

impl AccountId {
    /// An account by its bytes.
    ///
    /// # Errors
    /// [`Ss58Error::Zero`].
    pub fn new(bytes: [u8; 32]) -> Result<Self, Ss58Error> {
        if bytes == [0; 32] { Err(Ss58Error::Zero) } else { Ok(Self(bytes)) }
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// An account on a network. Reading a text takes any network; [`Address::parse`] a particular one.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(into = "String")]
pub struct Address {
    network: Network,
    account: AccountId,
}

impl Address {
    /// The address of an account.
    pub fn new(network: Network, account: AccountId) -> Self {
        Self { network, account }
    }

    /// Reads an address of one network.
    ///
    /// # Errors
    /// [`Ss58Error`].
    pub fn parse(text: &str, network: Network) -> Result<Self, Ss58Error> {
        let address: Self = text.parse()?;
        if address.network == network {
            Ok(address)
        } else {
            Err(Ss58Error::Network { got: address.network.0, expected: network.0 })
        }
    }

    /// The network.
    pub fn network(&self) -> Network {
        self.network
    }

    /// The account.
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

fn checksum(prefix_and_account: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let hash = Blake2b512::new().chain_update(b"SS58PRE").chain_update(prefix_and_account).finalize();
    [hash[0], hash[1]]
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.network.to_bytes();
        bytes.extend_from_slice(&self.account.0);
        bytes.extend(checksum(&bytes));
        f.write_str(&bs58::encode(bytes).into_string())
    }
}

impl FromStr for Address {
    type Err = Ss58Error;

    fn from_str(text: &str) -> Result<Self, Ss58Error> {
        if text.len() > MAX_CHARS {
            return Err(Ss58Error::Malformed);
        }
        let mut buffer = [0; MAX_BYTES];
        let length = bs58::decode(text).onto(&mut buffer).map_err(|_| Ss58Error::Malformed)?;
        let (body, check) = buffer[..length].split_last_chunk::<CHECKSUM_BYTES>().ok_or(Ss58Error::Malformed)?;
        let (prefix, account) = body.split_last_chunk::<32>().ok_or(Ss58Error::Malformed)?;
        let network = Network::from_bytes(prefix)?;
        if checksum(body) != *check {
            return Err(Ss58Error::Checksum);
        }
        // Base58 has one text per byte string, so nothing is left to compare.
        Ok(Self { network, account: AccountId::new(*account)? })
    }
}

deserialize_from_text!(Address);

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests;
