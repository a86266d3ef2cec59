//! Who a call is counted for: the peer's address, or what a trusted proxy says it is.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::app::App;

/// A client as calls are counted: an IPv4 address, or the /64 of an IPv6 address, which one party has whole. Without a
/// known peer all calls count together.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Client(Option<IpAddr>);

impl Client {
    /// Who is not told apart.
    pub(super) const OTHERS: Self = Self(None);

    pub(super) fn of(address: IpAddr) -> Self {
        Self(Some(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }))
    }
}

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical());
        Ok(client(peer, &parts.headers, &app.config().agenthood.trusted_proxies))
    }
}

/// The last address of `X-Forwarded-For` that is not itself a trusted proxy, when the peer is one; else the peer.
fn client(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[IpAddr]) -> Client {
    let Some(peer) = peer else { return Client::OTHERS };
    if !proxies.contains(&peer) {
        return Client::of(peer);
    }
    let fields = headers.get_all("x-forwarded-for").iter();
    let text: Vec<_> = fields.map(|value| value.to_str().unwrap_or_default()).collect();
    for hop in text.join(",").rsplit(',') {
        match hop.trim().parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(address) if proxies.contains(&address) => {}
            Ok(address) => return Client::of(address),
            // What a trusted proxy would not write was written by somebody before it.
            Err(_) => break,
        }
    }
    Client::of(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(peer: &str, forwarded: &[&'static str], proxies: &[&str]) -> Client {
        let headers = forwarded.iter().map(|value| ("x-forwarded-for".parse().unwrap(), value.parse().unwrap()));
        let proxies: Vec<_> = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
        client(Some(peer.parse().unwrap()), &headers.collect::<HeaderMap<axum::http::HeaderValue>>(), &proxies)
    }

    fn plain(address: &str) -> Client {
        Client::of(address.parse().unwrap())
    }

    #[test]
    fn a_strangers_header_is_not_looked_at() {
        assert_eq!(named("192.0.2.1", &["198.51.100.7"], &[]), plain("192.0.2.1"));
        assert_eq!(named("192.0.2.1", &["198.51.100.7"], &["192.0.2.2"]), plain("192.0.2.1"));
    }

    #[test]
    fn behind_a_trusted_proxy_the_last_other_hop_is_the_client() {
        let proxies = ["192.0.2.1", "192.0.2.2"];
        assert_eq!(named("192.0.2.1", &["203.0.113.9, 198.51.100.7"], &proxies), plain("198.51.100.7"));
        assert_eq!(named("192.0.2.1", &["198.51.100.7, 192.0.2.2"], &proxies), plain("198.51.100.7"));
        assert_eq!(named("192.0.2.1", &["203.0.113.9", "198.51.100.7"], &proxies), plain("198.51.100.7"));
        assert_eq!(named("192.0.2.1", &["198.51.100.7, nonsense"], &proxies), plain("192.0.2.1"));
        assert_eq!(named("192.0.2.1", &[], &proxies), plain("192.0.2.1"));
    }

    #[test]
    fn one_party_has_a_whole_ipv6_network() {
        assert_eq!(plain("2001:db8::1"), plain("2001:db8::ffff:1"));
        assert_ne!(plain("2001:db8::1"), plain("2001:db8:0:1::1"));
        assert_eq!(plain("::ffff:192.0.2.1"), plain("192.0.2.1"));
    }
}
