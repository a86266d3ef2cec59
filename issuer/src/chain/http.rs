//! A chain behind HTTP: two GETs that answer JSON (`schemas/chain-reader.json`, `docs/agenthood-service.md`).
//!
//! | path under the base URL | answer |
//! |---|---|
//! | `agents/{address}` | [`ChainSnapshot`] |
//! | `changes?after={block}` | [`Changes`] |
//!
//! Each try is bounded in time and the answer in size; what fails for want of a connection, by time or with 429 or 5xx
//! is tried again after a pause that doubles. Redirects are not followed: the configuration names the chain, nobody
//! else. TLS is rustls with the usual roots; plain HTTP is for loopback alone.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use poa_verifier::agenthood::ss58::Address;
use poa_verifier::json;
use serde::de::DeserializeOwned;
use ureq::Agent;

use super::{Answer, ChainError, ChainReader, ChainSnapshot, Changes};
use crate::outbound::{self, may_be_read};

/// Where the contract is served; ends in `/`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BaseUrl(String);

/// Not a URL that a chain may be read from.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the chain's URL is https, or http on loopback, without user, query or fragment")]
pub struct BaseUrlError;

/// How patient the reader is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HttpSettings {
    /// For a connection with its TLS handshake.
    pub connect_timeout: Duration,
    /// For one try, all in all.
    pub timeout: Duration,
    /// Tries per question, at least 1.
    pub tries: u32,
    /// The pause before the second try; it doubles from then on.
    pub pause: Duration,
    /// Largest answer, bytes.
    pub max_bytes: u64,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            timeout: Duration::from_secs(4),
            tries: 3,
            pause: Duration::from_millis(200),
            max_bytes: 1 << 20,
        }
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        if !may_be_read(text) {
            return Err(BaseUrlError);
        }
        Ok(Self(format!("{}/", text.trim_end_matches('/'))))
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a chain over HTTP.
pub struct HttpReader {
    agent: Agent,
    base: BaseUrl,
    settings: HttpSettings,
}

/// Whether another try may help.
enum Failure {
    Passing(ChainError),
    Lasting(ChainError),
}

impl HttpReader {
    /// A reader of the contract under `base`. Connects to nothing yet.
    pub fn new(base: BaseUrl, settings: HttpSettings) -> Self {
        let config = Agent::config_builder()
            .timeout_connect(Some(settings.connect_timeout))
            .timeout_global(Some(settings.timeout))
            .max_redirects(0)
            .max_redirects_will_error(true)
            .http_status_as_error(false)
            .proxy(None)
            .tls_config(outbound::tls())
            .build();
        Self { agent: config.into(), base, settings }
    }

    async fn get<T: DeserializeOwned + Send + 'static>(&self, path: String) -> Result<T, ChainError> {
        let url = format!("{}{path}", self.base);
        let mut pause = self.settings.pause;
        let mut tries_left = self.settings.tries.max(1);
        loop {
            tries_left -= 1;
            let (agent, url, max_bytes) = (self.agent.clone(), url.clone(), self.settings.max_bytes);
            // The client blocks, for as long as its time-outs let it.
            let tried = tokio::task::spawn_blocking(move || fetch(&agent, &url, max_bytes)).await;
            match tried.map_err(|error| ChainError::Unreachable(error.to_string()))? {
                Ok(answer) => return Ok(answer),
                Err(Failure::Lasting(error)) => return Err(error),
                Err(Failure::Passing(error)) if tries_left == 0 => return Err(error),
                Err(Failure::Passing(error)) => tracing::debug!(%error, "reading the chain is tried again"),
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

fn fetch<T: DeserializeOwned>(agent: &Agent, url: &str, max_bytes: u64) -> Result<T, Failure> {
    let passing = |error: ureq::Error| Failure::Passing(ChainError::Unreachable(error.to_string()));
    let malformed = |error: String| Failure::Lasting(ChainError::Malformed(error));
    let mut response = agent.get(url).header("accept", "application/json").call().map_err(passing)?;
    let status = response.status();
    if status != 200 {
        let error = ChainError::Unreachable(format!("it answered {status}"));
        let may_pass = status.is_server_error() || status == 429;
        return Err(if may_pass { Failure::Passing(error) } else { Failure::Lasting(error) });
    }
    // One more than is taken: the reader refuses whatever reaches its own limit.
    let body = response.body_mut().with_config().limit(max_bytes.saturating_add(1)).read_to_vec();
    let bytes = match body {
        Err(ureq::Error::BodyExceedsLimit(_)) => {
            return Err(malformed(format!("it is longer than {max_bytes} bytes")));
        }
        body => body.map_err(passing)?,
    };
    // Which the parser holds it to.
    let limit = usize::try_from(max_bytes).unwrap_or(usize::MAX);
    let value = json::parse_bounded(&bytes, limit).map_err(|error| malformed(error.to_string()))?;
    serde_path_to_error::deserialize(value).map_err(|error| malformed(error.to_string()))
}

impl ChainReader for HttpReader {
    fn snapshot<'a>(&'a self, agent: &'a Address) -> Answer<'a, ChainSnapshot> {
        Box::pin(async move { self.get(format!("agents/{agent}")).await })
    }

    fn changes_since(&self, after: u64) -> Answer<'_, Changes> {
        Box::pin(async move { self.get(format!("changes?after={after}")).await })
    }

    fn kind(&self) -> &'static str {
        "http"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_https_or_loopback() {
        for good in
            ["https://chain.example/v1", "http://127.0.0.1:9/poa/chain/", "http://localhost:1", "http://[::1]:2/x"]
        {
            assert!(good.parse::<BaseUrl>().unwrap().to_string().ends_with('/'), "{good}");
        }
        for bad in [
            "http://chain.example/",
            "https://u:p@chain.example/",
            "https://chain.example/?a=b",
            "https://chain.example/#a",
            "ftp://127.0.0.1/",
            "127.0.0.1:80",
            "/path",
            "",
            "http://127.0.0.1.example/",
        ] {
            assert_eq!(bad.parse::<BaseUrl>(), Err(BaseUrlError), "{bad}");
        }
    }
}
