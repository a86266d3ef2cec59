//! The pinned trust documents: which services a verifier or holder believes, and what it saw of their logs.
//!
//! There is one per issuer. They live inside the sealed file of a holder's directory, else in `trust/` of the verifier's
//! directory, one file per issuer; `trust.json` beside it, where there was room for one alone, is still read. `heads.json`
//! remembers the newest tree heads seen, per issuer and log, so that a service showing two histories is noticed across
//! runs; it is public data.

use std::path::{Path, PathBuf};

use clap::Args;
use poa_circuits::native::tree;
use poa_verifier::did::IssuerDid;
use poa_verifier::head::{self, HeadClaims, HeadMemory};
use poa_verifier::jws;
use poa_verifier::trust::{KeyPurpose, KeyUseError, MAX_ISSUERS, Trust, TrustSet};
use serde_json::Value;

use crate::args::{Global, SealArgs, open_holder};
use crate::exit::{Failure, OrFail, Outcome};
use crate::holder::store::HolderDir;
use crate::system;

/// The pinned documents outside a holder's directory.
const TRUST_DIRECTORY: &str = "trust";
/// Where there was one document alone.
const TRUST_FILE: &str = "trust.json";
/// The memory of tree heads.
const HEADS_FILE: &str = "heads.json";

/// Where the trust documents come from.
#[derive(Args, Clone)]
pub struct TrustArgs {
    /// Trust document to use instead of the pinned ones; may be repeated, one per issuer
    #[arg(long, value_name = "FILE")]
    pub trust: Vec<PathBuf>,
    #[command(flatten)]
    seal: SealArgs,
}

impl TrustArgs {
    /// The pinned documents, with what opens the holder's file.
    pub fn pinned_only(seal: &SealArgs) -> Self {
        Self { trust: Vec::new(), seal: seal.clone() }
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

/// Where pinned documents are kept.
enum Home {
    /// A verifier's directory.
    Verifier(PathBuf),
    /// A holder's sealed file.
    Holder(Box<HolderDir>),
    /// Nowhere: the command line names the files, and heads are remembered in this directory.
    Files(PathBuf),
}

/// The pinned documents, one per issuer.
pub struct PinnedSet {
    home: Home,
    pinned: Vec<Pinned>,
}

impl PinnedSet {
    /// The document named, or those pinned in a verifier's directory; there may be none. A holder's file stays closed.
    pub fn of_verifier(global: &Global, named: Option<&Path>) -> Outcome<Self> {
        let directory = verifier_dir(global);
        match named {
            Some(path) => Self::read(Home::Files(directory), vec![crate::commands::read_json(path)?]),
            None => Self::of_files(directory),
        }
    }

    /// The documents named, or the pinned ones; there may be none.
    pub fn find(global: &Global, args: &TrustArgs) -> Outcome<Self> {
        let directory = verifier_dir(global);
        if !args.trust.is_empty() {
            let documents = args.trust.iter().map(|path| crate::commands::read_json(path)).collect::<Outcome<_>>()?;
            return Self::read(Home::Files(directory), documents);
        }
        let holder_dir = global.holder_dir();
        if kept_files(&directory)?.is_empty() && HolderDir::exists(&holder_dir) {
            return Self::of_holder(HolderDir::open(&holder_dir, args.seal.existing()?)?);
        }
        Self::of_files(directory)
    }

    fn of_files(directory: PathBuf) -> Outcome<Self> {
        let kept = kept_files(&directory)?;
        if !kept.is_empty() {
            // What is pinned there decides what is believed.
            system::own_dir(&directory)?;
            if directory.join(TRUST_DIRECTORY).exists() {
                system::own_dir(&directory.join(TRUST_DIRECTORY))?;
            }
        }
        let documents = kept.iter().map(|path| crate::commands::read_json(path)).collect::<Outcome<_>>()?;
        Self::read(Home::Verifier(directory), documents)
    }

    /// The pinned documents, to be changed: a holder's, where there is a holder's file.
    pub fn to_change(global: &Global, seal: &SealArgs) -> Outcome<Self> {
        if HolderDir::exists(&global.holder_dir()) {
            return Self::of_holder(open_holder(global, seal)?);
        }
        Self::find(global, &TrustArgs::pinned_only(seal))
    }

    /// The documents pinned inside a holder's file.
    pub fn of_holder(dir: HolderDir) -> Outcome<Self> {
        let documents = dir.contents.trust.clone();
        Self::read(Home::Holder(Box::new(dir)), documents)
    }

    fn read(home: Home, documents: Vec<Value>) -> Outcome<Self> {
        let directory = match &home {
            Home::Verifier(directory) | Home::Files(directory) => directory.clone(),
            Home::Holder(dir) => dir.path().to_owned(),
        };
        let mut set = Self { home, pinned: Vec::new() };
        for document in documents {
            let pinned = Pinned::new(document, directory.clone())?;
            let issuer = pinned.trust.issuer().as_str();
            // A directory may have a document twice when a command was cut short; the one read first is the newer one.
            match set.of(issuer) {
                None => set.pinned.push(pinned),
                Some(_) if matches!(set.home, Home::Verifier(_)) => {}
                Some(_) => {
                    let what = format!("two trust documents of {issuer} are given");
                    return Err(Failure::error(what, "give one per issuer, the newer one"));
                }
            }
        }
        set.pinned.sort_by(|a, b| a.trust.issuer().cmp(b.trust.issuer()));
        Ok(set)
    }

    /// The document of an issuer.
    pub fn of(&self, issuer: &str) -> Option<&Pinned> {
        self.pinned.iter().find(|pinned| pinned.trust.issuer().as_str() == issuer)
    }

    /// All of them, by issuer.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Pinned> {
        self.pinned.iter()
    }

    /// The only one.
    pub fn only(&self) -> Option<&Pinned> {
        self.pinned.first().filter(|_| self.pinned.len() == 1)
    }

    /// All of them for a verifier; refused when there is none.
    pub fn to_trust(&self) -> Outcome<TrustSet> {
        let next = "pin the issuer's trust document: poa trust add URL; or give --trust FILE";
        if self.pinned.is_empty() {
            return Err(Failure::error("no trust is pinned, so there is nothing to verify against", next));
        }
        TrustSet::new(self.iter().map(|pinned| pinned.trust.clone())).or_fail("what is pinned is not usable", next)
    }

    /// The one of the service at a URL, or the only one when none is named.
    pub fn at(&self, url: Option<&str>) -> Outcome<Option<&Pinned>> {
        match (url, self.pinned.as_slice()) {
            (Some(url), _) => Ok(self.iter().find(|pinned| pinned.url() == url.trim_end_matches('/'))),
            (None, []) => Ok(None),
            (None, [only]) => Ok(Some(only)),
            (None, several) => {
                let what = format!("trust in {} issuers is pinned, and none is named", several.len());
                Err(Failure::error(what, "name the service: --service URL; `poa trust list` shows them"))
            }
        }
    }

    /// What is remembered of the issuers' logs.
    pub fn memory(&self) -> Outcome<HeadMemory> {
        read_memory(self.directory())
    }

    /// Keeps what was seen for the next run.
    pub fn remember(&self, memory: &HeadMemory) -> Outcome<()> {
        write_memory(self.directory(), memory)
    }

    /// The directory that heads are remembered in.
    pub fn directory(&self) -> &Path {
        match &self.home {
            Home::Verifier(directory) | Home::Files(directory) => directory,
            Home::Holder(dir) => dir.path(),
        }
    }

    /// Whether a document may take the place of one that is here: files that the command line names stay what they are.
    pub fn is_kept(&self) -> bool {
        !matches!(self.home, Home::Files(_))
    }

    /// Pins a document, in the place of the one of its issuer where there is one.
    pub fn put(&mut self, pinned: Pinned) -> Outcome<()> {
        let issuer = pinned.trust.issuer().clone();
        if self.of(issuer.as_str()).is_none() && self.pinned.len() >= MAX_ISSUERS {
            let what = format!("trust in {MAX_ISSUERS} issuers is pinned, and no more are taken");
            return Err(Failure::refused(what, "remove one: poa trust remove ISSUER"));
        }
        if let Home::Verifier(directory) = &self.home {
            system::own_dir(directory)?;
            let kept = directory.join(TRUST_DIRECTORY);
            system::own_dir(&kept)?;
            let text = crate::output::pretty(&pinned.document);
            system::write_own(&kept.join(file_name(&pinned.trust)), text.as_bytes())?;
        }
        let replaces = self.of(issuer.as_str()).is_some();
        self.pinned.retain(|known| *known.trust.issuer() != issuer);
        self.pinned.push(pinned);
        self.pinned.sort_by(|a, b| a.trust.issuer().cmp(b.trust.issuer()));
        if replaces {
            self.forget_old_file(issuer.as_str())?;
        }
        self.save_holder()
    }

    /// Trusts an issuer no longer. What was seen of its log stays: who trusts it again goes on from there.
    pub fn remove(&mut self, issuer: &str) -> Outcome<Pinned> {
        let found = self.pinned.iter().position(|pinned| pinned.trust.issuer().as_str() == issuer);
        let Some(found) = found else {
            let what = format!("no trust in {issuer} is pinned");
            return Err(Failure::refused(what, "see what is: poa trust list"));
        };
        let removed = self.pinned.remove(found);
        if let Home::Verifier(directory) = &self.home {
            system::own_dir(directory)?;
            let file = directory.join(TRUST_DIRECTORY).join(file_name(&removed.trust));
            if file.exists() {
                system::remove(&file)?;
            }
        }
        self.forget_old_file(issuer)?;
        self.save_holder()?;
        Ok(removed)
    }

    /// Removes `trust.json` when it is of this issuer.
    fn forget_old_file(&self, issuer: &str) -> Outcome<()> {
        let Home::Verifier(directory) = &self.home else { return Ok(()) };
        let file = directory.join(TRUST_FILE);
        if file.exists() && crate::commands::read_json(&file)?["issuer"] == issuer {
            system::remove(&file)?;
        }
        Ok(())
    }

    fn save_holder(&mut self) -> Outcome<()> {
        let documents = self.pinned.iter().map(|pinned| pinned.document.clone()).collect();
        let Home::Holder(dir) = &mut self.home else { return Ok(()) };
        dir.contents.trust = documents;
        dir.save()
    }
}

/// The files of a verifier's directory that hold a pinned document; those that came later first.
fn kept_files(directory: &Path) -> Outcome<Vec<PathBuf>> {
    let kept = directory.join(TRUST_DIRECTORY);
    let next = "check the directory's permissions";
    let what = || format!("{} cannot be read", kept.display());
    let mut files = Vec::new();
    if kept.is_dir() {
        for entry in std::fs::read_dir(&kept).or_fail(what(), next)? {
            let path = entry.or_fail(what(), next)?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                files.push(path);
            }
            if files.len() > MAX_ISSUERS {
                let what = format!("{} holds more than {MAX_ISSUERS} trust documents", kept.display());
                return Err(Failure::error(what, "remove some: poa trust remove ISSUER"));
            }
        }
    }
    files.sort();
    files.extend(Some(directory.join(TRUST_FILE)).filter(|file| file.exists()));
    Ok(files)
}

/// An issuer's DID is a host and perhaps a port, so this is a file name and no other issuer's.
fn file_name(trust: &Trust) -> String {
    format!("{}.json", trust.issuer().encoded_host())
}

impl Pinned {
    /// Parses a trust document; it must be signed by a key it names itself.
    pub fn new(document: Value, directory: PathBuf) -> Outcome<Self> {
        let bytes = document.to_string();
        let trust = Trust::from_json(bytes.as_bytes())
            .or_refuse("the trust document is not acceptable", "fetch it again from the service: poa trust add URL")?;
        Ok(Self { trust, document, directory })
    }

    /// The document pinned inside a holder's file for the issuer of its agent; for one that is not registered yet, the
    /// only one.
    pub fn of_holder(dir: &HolderDir) -> Outcome<Option<Self>> {
        let mut all = Self::all_of_holder(dir)?;
        Ok(match &dir.contents.agent {
            Some(agent) => all.into_iter().find(|pinned| agent.did.is_of(pinned.trust.issuer())),
            None if all.len() == 1 => all.pop(),
            None => None,
        })
    }

    /// The document pinned inside a holder's file for an issuer; the first one when there is none of it.
    pub fn of_holder_for(dir: &HolderDir, issuer: &IssuerDid) -> Outcome<Option<Self>> {
        let mut all = Self::all_of_holder(dir)?;
        all.sort_by_key(|pinned| pinned.trust.issuer() != issuer);
        Ok(all.into_iter().next())
    }

    fn all_of_holder(dir: &HolderDir) -> Outcome<Vec<Self>> {
        let documents = dir.contents.trust.iter();
        documents.map(|document| Self::new(document.clone(), dir.path().to_owned())).collect()
    }

    /// Pins it in a holder's file, in the place of the one of its issuer where there is one.
    pub fn put_into(&self, dir: &mut HolderDir) -> Outcome<()> {
        let issuer = &self.document["issuer"];
        dir.contents.trust.retain(|known| known["issuer"] != *issuer);
        dir.contents.trust.push(self.document.clone());
        dir.save()
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
        let key = self.trust.key(head.kid(), KeyPurpose::Heads, claims.iat).map_err(|error| self.key_refused(error))?;
        head.verify(key).or_refuse("the tree head", next)?;
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

    fn remember(&self, memory: &HeadMemory) -> Outcome<()> {
        write_memory(&self.directory, memory)
    }

    /// A head's key that the pinned document does not let count: a newer document settles what it does not list.
    fn key_refused(&self, error: KeyUseError) -> Failure {
        let what = format!("the tree head's key: {error}");
        match error {
            KeyUseError::Unknown => {
                Failure::error(what, format!("update what is pinned: poa trust update {}", self.url()))
            }
            _ => Failure::refused(
                what,
                format!("update what is pinned: poa trust update {}; if it stays so, ask the operator", self.url()),
            ),
        }
    }
}

fn write_memory(directory: &Path, memory: &HeadMemory) -> Outcome<()> {
    system::own_dir(directory)?;
    let bytes = serde_json::to_vec(memory).or_fail(HEADS_FILE, "please report it")?;
    system::write_own(&directory.join(HEADS_FILE), &bytes)
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
