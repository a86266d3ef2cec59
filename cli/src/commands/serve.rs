//! `poa serve`: the service.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use clap::Args;
use poa_issuer::config::{Bounds, capabilities, raise_descriptors};
use poa_issuer::domain::DOCUMENTS_PER_DAY;
use poa_issuer::{TlsFiles, outbound};
use serde_json::json;

use super::serve_agenthood::AgenthoodArgs;
use crate::args::Global;
use crate::engine::EngineArgs;
use crate::exit::{OrFail, Outcome};
use crate::output::{Answer, print_json, print_line};
use crate::service::OpenService;
use crate::{system, tls};

/// How the service runs.
#[derive(Args)]
pub struct ServeArgs {
    /// File with the capability registry: names that receipts can attest, a JSON array or one a line, at most 64. A longer
    /// list than before begins with it; without this the registry stays as it is [default of a new service: no names]
    #[arg(long, value_name = "FILE")]
    capabilities: Option<PathBuf>,
    /// Begin a log of this name: for a directory whose database is lost beside its keys
    #[arg(long, value_name = "ID")]
    new_log: Option<String>,
    /// Address to listen on: HOST:PORT, or a port on this machine alone; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080", env = "POA_LISTEN", value_parser = address)]
    listen: SocketAddr,
    /// Where others reach the service; it names the issuer (did:web) [default: the listening address]
    #[arg(long, value_name = "URL", env = "POA_PUBLIC_URL")]
    public_url: Option<String>,
    /// File with the certificate (and its chain) to serve TLS with, PEM; the public URL is https then
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "POA_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// File with the certificate's private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "POA_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// A reverse proxy whose X-Forwarded-For names the client; may be given several times
    #[arg(long, value_name = "ADDRESS")]
    trusted_proxy: Vec<IpAddr>,
    /// Connections held at the same time [default: as many as descriptors allow, at most 4096]
    #[arg(long, value_name = "N")]
    connections: Option<usize>,
    /// Of these, one client's (an IPv4 address, an IPv6 /64) [default: a quarter]
    #[arg(long, value_name = "N")]
    connections_per_client: Option<usize>,
    /// For test suites on this machine: VC-API issues for everybody. Refused unless all is loopback
    #[arg(long)]
    vc_api_open: bool,
    /// Seconds between publications of the log
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    publish_interval_s: u64,
    /// File (mode 0600) with the key that seals secrets in the database, 64 hex digits; made at the first
    /// start; else POA_MASTER_KEY, else master.key in the data directory
    #[arg(long, value_name = "FILE", env = "POA_MASTER_KEY_FILE")]
    master_key_file: Option<PathBuf>,
    /// Refuse development keys and anything else that is not for real use
    #[arg(long)]
    production: bool,
    /// Single requests proved at the same time, each on all cores
    #[arg(long, value_name = "N", default_value_t = 1)]
    proving_workers: usize,
    /// Single requests that may wait for a proof, one agent's at most a quarter; one more is answered 503
    #[arg(long, value_name = "N", default_value_t = 16)]
    proving_queue: usize,
    /// Items of batches proved at the same time, each on one core [default: the number of cores]
    #[arg(long, value_name = "N")]
    batch_workers: Option<usize>,
    /// Batches worked on at the same time, one agent's at most a quarter; one more is answered 503
    #[arg(long, value_name = "N", default_value_t = 4)]
    batches: usize,
    /// Documents verified at the same time, each on one core [default: the number of cores]
    #[arg(long, value_name = "N")]
    verify_workers: Option<usize>,
    /// Documents that may wait to be verified, one client's at most a quarter; one more is answered 503
    #[arg(long, value_name = "N", default_value_t = 512)]
    verify_queue: usize,
    /// Documents that one client may have verified in a minute; one more is answered 429
    #[arg(long, value_name = "N", default_value_t = 1_200)]
    verify_rate: u32,
    /// Presentations kept ready for what agents in the service's custody show most; 0 keeps none
    #[arg(long, value_name = "N", default_value_t = 64)]
    prepared: u32,
    /// Documents issued to one agent in a day at its own request; one more is answered 429
    #[arg(long, value_name = "N", default_value_t = DOCUMENTS_PER_DAY, value_parser = clap::value_parser!(u32).range(1..))]
    documents_per_day: u32,
    /// Keep presentations of agents in the service's custody back until one would be there that was not prepared, so
    /// that the time of an answer does not tell them apart
    #[arg(long)]
    level_timing: bool,
    #[command(flatten)]
    engine: EngineArgs,
    #[command(flatten)]
    agenthood: AgenthoodArgs,
}

/// An address with its port, a name of this machine's with one, or a port alone.
fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("expected HOST:PORT like 127.0.0.1:8080, or a port like 8080; found {text}");
    if let Ok(port) = text.parse::<u16>() {
        return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
    }
    if let Some(port) = text.strip_prefix("localhost:") {
        return port.parse::<u16>().map(|port| SocketAddr::from(([127, 0, 0, 1], port))).map_err(|_| wrong());
    }
    text.parse().map_err(|_| wrong())
}

/// Runs until interrupted.
pub fn run(args: &ServeArgs, global: &Global) -> Outcome<Answer> {
    let listener = TcpListener::bind(args.listen).or_fail(
        format!("cannot listen on {}", args.listen),
        "choose another address with --listen; port 0 takes a free one",
    )?;
    raise_descriptors();
    outbound::believe(tls::roots());
    let agenthood = args.agenthood.to_config()?;
    let capabilities = args.capabilities.as_deref().map(read_capabilities).transpose()?;
    let data_dir = global.service_dir();
    let tls = args.tls_cert.clone().zip(args.tls_key.clone());
    let tls = tls.map(|(certificate, key)| TlsFiles { certificate, key });
    let service = OpenService::open(listener, data_dir.clone(), args.public_url.as_deref(), tls, |config| {
        config.trusted_proxies = args.trusted_proxy.clone();
        let places = &mut config.connections.places;
        *places = args.connections.map_or(*places, Bounds::of);
        if let Some(client) = args.connections_per_client {
            *places = Bounds { client, network: places.network.max(client), ..*places };
        }
        config.vc_api_open = args.vc_api_open;
        config.publish_interval_s = args.publish_interval_s;
        config.agenthood = agenthood;
        config.capabilities = capabilities;
        config.new_log = args.new_log.clone();
        config.production = args.production;
        config.master_key_file = args.master_key_file.clone();
        config.proving.workers = args.proving_workers;
        config.proving.queue = args.proving_queue;
        config.proving.batch_workers = args.batch_workers.unwrap_or(config.proving.batch_workers);
        config.proving.batches = args.batches;
        config.verifying.workers = args.verify_workers.unwrap_or(config.verifying.workers);
        config.verifying.queue = args.verify_queue;
        config.verifying.per_minute = args.verify_rate;
        config.prepared = args.prepared;
        config.documents_per_day = args.documents_per_day;
        config.level_timing = args.level_timing;
        args.engine.configure(config);
    })?;
    service.serve(|service| announce(service, global, &data_dir))?;
    Ok(Answer::done("stopped", "", json!({ "event": "stopped" })))
}

fn read_capabilities(path: &Path) -> Outcome<Vec<String>> {
    let what = format!("{} is no capability registry", path.display());
    let next = "write a JSON array of names, or one name a line";
    let bytes = system::read(path)?;
    let text = std::str::from_utf8(&bytes).or_fail(&what, next)?;
    capabilities::parse(text).or_fail(what, next)
}

/// One line (or JSON object) when the service is ready. The token's file is named; the token is never printed, because
/// what is printed ends in logs.
fn announce(service: &OpenService, global: &Global, data_dir: &Path) {
    let OpenService { url, token_file, token_is_new, .. } = service;
    let fingerprint = service.trust_fingerprint();
    if global.json {
        print_json(&json!({
            "event": "listening", "url": url, "data_dir": data_dir,
            "operator_token_file": token_file, "operator_token_is_new": token_is_new,
            "trust_fingerprint": fingerprint,
        }));
        return;
    }
    print_line(&format!("serving {url} from {}", data_dir.display()));
    let made = if *token_is_new { ", made now" } else { "" };
    print_line(&format!("operator's token: in {}{made}", token_file.display()));
    if let Some(fingerprint) = fingerprint {
        print_line(&format!(
            "fingerprint of its trust document now: {fingerprint}; publish it elsewhere too, to compare with"
        ));
    }
    print_line(&format!("next: poa trust add {url} pins it for verifiers; Ctrl-C stops it"));
}
