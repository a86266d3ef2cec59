//! The pinned trust document: which service a verifier or holder believes, and what it saw of its log.
//!
//! It lives inside the sealed file of a holder's directory, else in `trust.json` of the verifier's
//! directory. `heads.json` beside it remembers the newest tree heads seen, so that a service showing
//! two histories is noticed across runs; it is public data.

use std::path::{Path, PathBuf};

use clap::Args;
use poa_circuits::native::tree;
use poa_verifier::head::{self, HeadClaims, HeadMemory};
use poa_verifier::jws;
use poa_verifier::trust::{KeyPurpose, Trust};
use serde_json::Value;

use crate::args::{Global, SealArgs};
use crate::exit::{Failure, OrFail, Outcome};
use crate::holder::store::HolderDir;
use crate::system;

/// The pinned document outside a holder's directory.
const TRUST_FILE: &str = "trust.json";
/// The memory of tree heads.
const HEADS_FILE: &str = "heads.json";

/// Where the trust document comes from.
#[derive(Args, Clone)]
pub struct TrustArgs {
    /// Trust document to use instead of the pinned one
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    #[command(flatten)]
    seal: SealArgs,
}

impl TrustArgs {
    /// The pinned document, with what opens the holder's file.
    pub fn pinned_only(seal: &SealArgs) -> Self {
        Self { trust: None, seal: seal.clone() }
    }
}

/// A trust document that was checked, and the directory that remembers heads for it.
pub struct Pinned {
    /// The parsed document.
    pub trust: Trust,
    /// The document itself.
    pub document: Value,
    directory: PathBuf,
}

impl Pinned {
    /// Parses a trust document; it must be signed by a key it names itself.
    pub fn new(document: Value, directory: PathBuf) -> Outcome<Self> {
        let bytes = document.to_string();
        let trust = Trust::from_json(bytes.as_bytes())
            .or_refuse("the trust document is not acceptable", "fetch it again from the service: poa trust add URL")?;
        Ok(Self { trust, document, directory })
    }

    /// The document named, or the pinned one, or none.
    pub fn find(global: &Global, args: &TrustArgs) -> Outcome<Option<Self>> {
        if let Some(found) = Self::of_verifier(global, args.trust.as_deref())? {
            return Ok(Some(found));
        }
        let holder_dir = global.holder_dir();
        if !HolderDir::exists(&holder_dir) {
            return Ok(None);
        }
        let dir = HolderDir::open(&holder_dir, args.seal.existing()?)?;
        Self::of_holder(&dir)
    }

    /// The document named, or the one pinned in a verifier's directory, or none. A holder's file stays closed.
    pub fn of_verifier(global: &Global, named: Option<&Path>) -> Outcome<Option<Self>> {
        let directory = verifier_dir(global);
        let pinned = directory.join(TRUST_FILE);
        match named {
            Some(path) => Self::new(crate::commands::read_json(path)?, directory).map(Some),
            None if !pinned.exists() => Ok(None),
            None => {
                // What is pinned there decides what is believed.
                system::own_dir(&directory)?;
                Self::new(crate::commands::read_json(&pinned)?, directory).map(Some)
            }
        }
    }

    /// The document pinned inside a holder's file.
    pub fn of_holder(dir: &HolderDir) -> Outcome<Option<Self>> {
        let document = dir.contents.trust.clone();
        document.map(|document| Self::new(document, dir.path().to_owned())).transpose()
    }

    /// Pins the document in a verifier's directory.
    pub fn write(&self, global: &Global) -> Outcome<PathBuf> {
        let directory = verifier_dir(global);
        system::own_dir(&directory)?;
        let path = directory.join(TRUST_FILE);
        system::write_own(&path, crate::output::pretty(&self.document).as_bytes())?;
        Ok(path)
    }

    /// The service's base URL.
    pub fn url(&self) -> &str {
        self.trust.url()
    }

    /// Checks a signed tree head: its signature by a heads key of this document, its issuer, its age,
    /// and that it agrees with every head seen before. Remembers it. None for a tree without leaves.
    pub fn check_head(&self, head_jws: &str, now_unix_s: u64) -> Outcome<Option<HeadClaims>> {
        let next = "try again; if it stays so, the service signs heads that its trust document does not allow";
        let head = jws::parse(head_jws).or_refuse("the tree head", next)?;
        head.expect_typ(head::TYP).or_refuse("the tree head", next)?;
        let claims = head.claims().or_refuse("the tree head", next)?;
        let claims = HeadClaims::from_value(&claims).or_refuse("the tree head", next)?;
        let key = self.trust.key(head.kid(), KeyPurpose::Heads, claims.iat);
        head.verify(key.or_refuse("the tree head's key", next)?).or_refuse("the tree head", next)?;
        if claims.iss != *self.trust.issuer() {
            return Err(Failure::refused("the tree head is of another issuer", next));
        }
        let mut memory = self.memory()?;
        memory.accept(&claims, now_unix_s).or_refuse("the tree head", next)?;
        self.remember(&memory)?;
        Ok((claims.root != tree::empty_root()).then_some(claims))
    }

    /// What is remembered of this service's log.
    pub fn memory(&self) -> Outcome<HeadMemory> {
        read_memory(&self.directory)
    }

    /// Keeps what was seen for the next run.
    pub fn remember(&self, memory: &HeadMemory) -> Outcome<()> {
        system::own_dir(&self.directory)?;
        let bytes = serde_json::to_vec(memory).or_fail(HEADS_FILE, "please report it")?;
        system::write_own(&self.directory.join(HEADS_FILE), &bytes)
    }
}

fn read_memory(directory: &Path) -> Outcome<HeadMemory> {
    let path = directory.join(HEADS_FILE);
    if !path.exists() {
        return Ok(HeadMemory::default());
    }
    serde_json::from_slice(&system::read(&path)?).map_err(|error| {
        Failure::error(
            format!("{} is damaged: {error}", path.display()),
            "remove it to forget which heads were seen, if you are sure nobody altered it",
        )
    })
}

/// The verifier's directory: `--data-dir`, or its own default.
fn verifier_dir(global: &Global) -> PathBuf {
    global.data_dir.clone().unwrap_or_else(|| system::default_base().join("verifier"))
}
