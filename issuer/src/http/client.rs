//! Who a call is counted for: the peer's address, or what a trusted proxy says it is.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::app::App;
pub use crate::client::Client;

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        Ok(client_of(peer, &parts.headers, &app.config().trusted_proxies))
    }
}

/// The last address of `X-Forwarded-For` that is not itself a trusted proxy, when the peer is one; else the peer.
pub(crate) fn client_of(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[IpAddr]) -> Client {
    let Some(peer) = peer.map(|peer| peer.to_canonical()) else { return Client::OTHERS };
    let is_proxy = |address: &IpAddr| proxies.iter().any(|proxy| proxy.to_canonical() == *address);
    if !is_proxy(&peer) {
        return Client::of(peer);
    }
    let fields = headers.get_all("x-forwarded-for").iter();
    let text: Vec<_> = fields.map(|value| value.to_str().unwrap_or_default()).collect();
    for hop in text.join(",").rsplit(',') {
        match hop.trim().parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(address) if is_proxy(&address) => {}
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
        client_of(Some(peer.parse().unwrap()), &headers.collect::<HeaderMap<axum::http::HeaderValue>>(), &proxies)
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
        assert_eq!(named("192.0.2.1", &["198.51.100.7"], &["::ffff:192.0.2.1"]), plain("198.51.100.7"));
    }
}
