//! Fetching what a stranger's text names: from the public network alone, or from this machine where the user named it.
//!
//! A name is looked up once. What comes back is checked, and exactly that is connected to, so that a name which answers
//! differently the second time reaches nothing inside the user's network.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use crate::exit::{Failure, OrFail as _, Outcome};
use crate::tls;

/// The longest one fetch may take, in all.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The largest answer read, in bytes.
pub const MAX_BYTES: u64 = 64 * 1024;

/// Where a URL may lead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    /// To addresses of the public network.
    Public,
    /// To this machine.
    Loopback,
}

impl Reach {
    fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Loopback => address.to_canonical().is_loopback(),
        }
    }
}

/// Fetches a URL without credentials, cookies, proxy and redirects: 200 with at most [`MAX_BYTES`], or nothing.
pub fn fetch(url: &str, reach: Reach) -> Outcome<Vec<u8>> {
    let next = "ask the verifier whether it publishes its keys there, then try again";
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .https_only(reach == Reach::Public)
        // A proxy would look the name up itself.
        .proxy(None)
        .timeout_global(Some(TIMEOUT))
        .tls_config(tls::config())
        .user_agent(concat!("poa/", env!("CARGO_PKG_VERSION")));
    let agent = ureq::Agent::with_parts(config.build(), DefaultConnector::default(), Checked::new(reach));
    let mut response = agent.get(url).call().or_fail(format!("{url} cannot be fetched"), next)?;
    if response.status() != 200 {
        return Err(Failure::error(format!("{url} answers {}, not 200", response.status().as_u16()), next));
    }
    // One more than is taken: the reader refuses whatever reaches its own limit.
    let body = response.body_mut().with_config().limit(MAX_BYTES + 1).read_to_vec();
    let too_long = || format!("{url} is longer than {MAX_BYTES} bytes, or broke off");
    let body = body.or_fail(too_long(), next)?;
    if body.len() as u64 > MAX_BYTES { Err(Failure::error(too_long(), next)) } else { Ok(body) }
}

/// Looks a name up and gives its addresses, when all of them may be reached.
#[derive(Debug)]
struct Checked {
    reach: Reach,
    lookup: DefaultResolver,
}

impl Checked {
    fn new(reach: Reach) -> Self {
        Self { reach, lookup: DefaultResolver::default() }
    }
}

impl Resolver for Checked {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.lookup.resolve(uri, config, timeout)?;
        // One that may not be reached is reason enough: an honest name has no such address beside public ones.
        match found.iter().find(|address| !self.reach.allows(address.ip())) {
            Some(address) => Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("its address {} is not one of the public network", address.ip()),
            )
            .into()),
            None => Ok(found),
        }
    }
}

/// Whether an address is one of the public network: what IANA's special-purpose registries call globally reachable
/// unicast. Addresses that stand for an IPv4 address are judged by it.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    /// Network and prefix length of what is not public.
    const SPECIAL: [([u8; 4], u32); 15] = [
        ([0, 0, 0, 0], 8),       // this network
        ([10, 0, 0, 0], 8),      // private
        ([100, 64, 0, 0], 10),   // shared by carriers
        ([127, 0, 0, 0], 8),     // this machine
        ([169, 254, 0, 0], 16),  // this link; where clouds keep their metadata
        ([172, 16, 0, 0], 12),   // private
        ([192, 0, 0, 0], 24),    // protocols
        ([192, 0, 2, 0], 24),    // examples
        ([192, 88, 99, 0], 24),  // former relays
        ([192, 168, 0, 0], 16),  // private
        ([198, 18, 0, 0], 15),   // benchmarks
        ([198, 51, 100, 0], 24), // examples
        ([203, 0, 113, 0], 24),  // examples
        ([224, 0, 0, 0], 4),     // groups
        ([240, 0, 0, 0], 4),     // reserved, everybody
    ];
    let bits = address.to_bits();
    SPECIAL.iter().all(|(network, length)| (bits ^ Ipv4Addr::from(*network).to_bits()) >> (32 - length) != 0)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    /// Network and prefix length of what is not public inside 2000::/3.
    const SPECIAL: [(u128, u32); 3] = [
        (0x2001 << 112, 23),     // protocols, among them Teredo
        (0x2001_0db8 << 96, 32), // examples
        (0x3fff << 112, 20),     // examples
    ];
    let bits = address.to_bits();
    let within = |network: u128, length: u32| (bits ^ network) >> (128 - length) == 0;
    // Translated to IPv4 on the way: by a gateway of the well-known prefix, by a 6to4 relay.
    if within(0x0064_ff9b << 96, 96) {
        return is_public_v4(Ipv4Addr::from_bits(low_32(bits)));
    }
    if within(0x2002 << 112, 16) {
        return is_public_v4(Ipv4Addr::from_bits(low_32(bits >> 80)));
    }
    within(0x2000 << 112, 3) && !SPECIAL.iter().any(|(network, length)| within(*network, *length))
}

#[allow(clippy::cast_possible_truncation)] // it is the low half that is meant
fn low_32(bits: u128) -> u32 {
    bits as u32
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn only_addresses_of_the_public_network_are_reached() {
        for public in [
            "1.1.1.1",
            "93.184.216.34",
            "100.63.255.255",
            "172.15.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "64:ff9b::101:101",
            "2002:0101:0101::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.1.2.3",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:127.0.0.1",
            "::10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:0a00:0001::1",
            "2002:7f00:0001::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
    }

    #[test]
    fn a_name_that_leads_to_this_machine_is_not_connected_to() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"] {
            let url = format!("https://{host}:{port}/.well-known/did.json");
            let said = fetch(&url, Reach::Public).unwrap_err().what;
            assert!(said.contains("not one of the public network"), "{said}");
        }
        assert!(listener.accept().is_err(), "nobody connected");
        // And one that the user named, for this machine, leads nowhere else.
        let said = fetch("http://198.51.100.1/", Reach::Loopback).unwrap_err().what;
        assert!(said.contains("not one of the public network"), "{said}");
    }

    #[test]
    fn a_document_of_just_the_limit_is_taken_and_one_byte_more_is_not() {
        for (length, taken) in [(MAX_BYTES, true), (MAX_BYTES + 1, false)] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}/.well-known/did.json", listener.local_addr().unwrap());
            let serves = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 4_096]).unwrap();
                let header = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
                stream.write_all(header.as_bytes()).unwrap();
                // Whoever has read enough goes away.
                let _ = stream.write_all(&vec![b'x'; length as usize]);
            });
            let fetched = fetch(&url, Reach::Loopback);
            assert_eq!(fetched.is_ok(), taken, "{length}");
            serves.join().unwrap();
        }
    }

    #[test]
    fn plain_http_is_not_fetched_from_the_network() {
        let said = fetch("http://93.184.216.34/.well-known/did.json", Reach::Public).unwrap_err().what;
        assert!(said.contains("cannot be fetched"), "{said}");
    }

    /// Bounds count bytes as they arrive. What a server packed is not unpacked behind them.
    #[test]
    fn packed_bodies_stay_packed() {
        const PACKED: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\x54\xb2\x32\xac\x05\x00\xaf\xac\x1b\x56\x07\x00\x00\x00";
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let asked: Vec<String> =
                BufReader::new(&stream).lines().map_while(Result::ok).take_while(|it| !it.is_empty()).collect();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", PACKED.len());
            (&stream).write_all(&[head.as_bytes(), PACKED].concat()).unwrap();
            asked
        });
        assert_eq!(fetch(&url, Reach::Loopback).unwrap(), PACKED);
        assert!(!server.join().unwrap().iter().any(|line| line.to_ascii_lowercase().starts_with("accept-encoding")));
    }
}
