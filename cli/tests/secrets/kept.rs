//! The secrets that the service and the holder keep, opened with the keys that open them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poa_issuer::keys::{MasterKey, Place};
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Row as _, SqliteConnection};

use crate::cast::Cast;
use crate::search::Secret;

/// Bytes of a sealed plaintext that are looked for at a time: parts of it could leak, too.
const PART: usize = 32;

/// The service's: its token, its master key, and all that is sealed under it.
pub struct ServiceSecrets {
    pub token: Secret,
    pub master: Secret,
    pub sealed: Vec<Secret>,
}

pub fn service(cast: &Cast) -> ServiceSecrets {
    let token = cast.read("service/operator-token");
    let master: [u8; 32] = hex::decode(cast.read("service/master.key").trim()).unwrap().try_into().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sealed = runtime.block_on(async {
        let mut database = open_database(cast).await;
        sealed(&mut database, &MasterKey::from_bytes(master)).await
    });
    ServiceSecrets {
        token: Secret::text("the operator's token", token.trim_end()),
        master: Secret::bytes("the master key", &master),
        sealed,
    }
}

pub async fn open_database(cast: &Cast) -> SqliteConnection {
    SqliteConnectOptions::new().filename(cast.poa.path("service/poa.sqlite")).connect().await.unwrap()
}

async fn sealed(database: &mut SqliteConnection, master: &MasterKey) -> Vec<Secret> {
    let (mut secrets, mut kinds) = (Vec::new(), Vec::new());
    let mut open = |what: &str, (table, row, column): (&str, &str, &str), sealed: &[u8]| {
        let plaintext = master.open(&Place { table, row, column }, sealed).unwrap();
        let parts = plaintext.chunks(PART).enumerate().filter(|(_, part)| part.len() == PART && is_random(part));
        secrets.extend(parts.map(|(index, part)| Secret::bytes(format!("{what} {row}, part {index}"), part)));
        plaintext.to_vec()
    };
    let rows = sqlx::query("SELECT name, sealed_secret FROM issuer_keys WHERE length(sealed_secret) > 0");
    for row in rows.fetch_all(&mut *database).await.unwrap() {
        open("issuer key", ("issuer_keys", row.get(0), "sealed_secret"), row.get(1));
    }
    let rows = sqlx::query("SELECT id, sealed_holder, sealed_pseudonym FROM agents WHERE custody = 'issuer'");
    for row in rows.fetch_all(&mut *database).await.unwrap() {
        open("k of managed", ("agents", row.get(0), "sealed_holder"), row.get(1));
        open("n of managed", ("agents", row.get(0), "sealed_pseudonym"), row.get(2));
    }
    let rows = sqlx::query(
        "SELECT kind, leaf_idx, head_seq, head_issued_at, log, id, sealed_presentation FROM prepared_presentations",
    );
    for row in rows.fetch_all(&mut *database).await.unwrap() {
        let (kind, log): (&str, &str) = (row.get(0), row.get(4));
        let (leaf, seq, at): (i64, i64, i64) = (row.get(1), row.get(2), row.get(3));
        let column = format!("sealed_presentation/{kind}/{leaf}/{seq}/{at}/{log}");
        open("prepared presentation", ("prepared_presentations", row.get(5), &column), row.get(6));
    }
    let rows = sqlx::query("SELECT id, sealed_kind FROM presentation_kinds");
    for row in rows.fetch_all(&mut *database).await.unwrap() {
        kinds.push(open("kind", ("presentation_kinds", row.get(0), "sealed_kind"), row.get(1)));
    }
    let kinds = kinds.iter().map(|kind| Secret::text("what a managed agent shows", std::str::from_utf8(kind).unwrap()));
    secrets.extend(kinds);
    secrets
}

/// No text, no padding, no public constant: most bytes differ from each other.
fn is_random(part: &[u8]) -> bool {
    let distinct: std::collections::BTreeSet<u8> = part.iter().copied().collect();
    !part.is_ascii() && distinct.len() > PART / 2
}

/// A holder's: its keys, the salts of its leaves, and what waits in its directory.
pub fn holder(cast: &Cast, when: &str) -> Vec<Secret> {
    let identity = age_identity(cast);
    let open = |name: &str| {
        let sealed = std::fs::read(cast.poa.path("holder").join(name)).unwrap();
        age::decrypt(&identity, &sealed).unwrap()
    };
    let contents: Value = serde_json::from_slice(&open("holder.age")).unwrap();
    let mut secrets = Vec::new();
    for member in ["signing_key", "k", "n", "rotating_k"] {
        if let Some(digits) = contents[member].as_str() {
            secrets.push(Secret::bytes(format!("the holder's {member} {when}"), &hex::decode(digits).unwrap()));
        }
    }
    for opening in contents["openings"].as_array().unwrap() {
        let salt = opening["salt"].as_str().unwrap().trim_start_matches("0x");
        secrets.push(Secret::bytes(format!("salt {when}"), &hex::decode(salt).unwrap()));
    }
    let entries = std::fs::read_dir(cast.poa.path("holder")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    for name in names.filter(|name| name.starts_with("prepared-")) {
        let plaintext = open(&name);
        let parts = plaintext.chunks(PART).enumerate().filter(|(_, part)| part.len() == PART && is_random(part));
        secrets.extend(parts.map(|(index, part)| Secret::bytes(format!("the holder's {name}, part {index}"), part)));
    }
    secrets
}

fn age_identity(cast: &Cast) -> age::x25519::Identity {
    let text = cast.read("holder.key");
    text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).unwrap().parse().unwrap()
}

/// The secret line of an age key file.
pub fn age_key(cast: &Cast, name: &str) -> Secret {
    let text = cast.read(name);
    Secret::text(name, text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-1")).unwrap())
}

/// `d` of a JWK.
pub fn jwk(cast: &Cast, name: &str) -> Secret {
    let jwk: Value = serde_json::from_str(&cast.read(name)).unwrap();
    Secret::bytes(name, &URL_SAFE_NO_PAD.decode(jwk["d"].as_str().unwrap()).unwrap())
}
