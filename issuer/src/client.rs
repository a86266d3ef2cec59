//! Who is counted: a client, and the network it is in.
//!
//! One party has an IPv4 address, or a whole /64 of IPv6. It is cheap to have many of those, so what is scarce is bounded
//! for the network too.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A client as it is counted: an IPv4 address, or the /64 of an IPv6 address. Without a known peer all count together.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Client(Option<IpAddr>);

/// The network of a client: the /24 of an IPv4 address, the /48 of an IPv6 address. Its text is the prefix, such as
/// `192.0.2.0/24`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Network(Option<IpAddr>);

impl Client {
    /// Who is not told apart.
    pub const OTHERS: Self = Self(None);

    /// The client at this address. An IPv4 address inside IPv6 counts as itself.
    pub fn of(address: IpAddr) -> Self {
        Self(Some(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }))
    }

    /// The network it is in.
    pub fn network(self) -> Network {
        Network(self.0.map(|address| match address {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                IpAddr::V4(Ipv4Addr::new(a, b, c, 0))
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
            }
        }))
    }
}

impl fmt::Display for Client {
    /// The address, or the prefix of the /64; `others` for who is not told apart.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("others"),
            Some(IpAddr::V4(address)) => write!(f, "{address}"),
            Some(IpAddr::V6(address)) => write!(f, "{address}/64"),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("others"),
            Some(IpAddr::V4(address)) => write!(f, "{address}/24"),
            Some(IpAddr::V6(address)) => write!(f, "{address}/48"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(address: &str) -> Client {
        Client::of(address.parse().unwrap())
    }

    #[test]
    fn one_party_has_a_whole_ipv6_network() {
        assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:1"));
        assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
    }

    #[test]
    fn clients_of_one_network_are_told_to_be() {
        for (address, of_client, of_network) in [
            ("192.0.2.77", "192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ] {
            let client = client(address);
            assert_eq!((client.to_string(), client.network().to_string()), (of_client.into(), of_network.into()));
        }
        assert_eq!(client("192.0.2.1").network(), client("192.0.2.254").network());
        assert_ne!(client("192.0.2.1").network(), client("192.0.3.1").network());
        assert_eq!(Client::OTHERS.network().to_string(), "others");
    }
}
