//! `poa root`: the log's signed tree heads.

use clap::{Args, Subcommand};
use poa_circuits::native::field;
use poa_issuer::app::{check_log, has_database};
use poa_issuer::domain::{DomainError, LogAudit};
use poa_issuer::store::StoreError;
use poa_verifier::time;
use serde_json::{Value, json};

use crate::args::{Global, OperatorAt, ServiceArg};
use crate::client::Auth;
use crate::confirm::{Act, ConfirmArgs};
use crate::exit::{Exit, Failure, OrFail, Outcome};
use crate::output::Answer;
use crate::pinned::{PinnedSet, TrustArgs};
use crate::{follow, service, system};

/// Which root.
#[derive(Subcommand)]
pub enum RootCommand {
    /// The newest
    Latest(RootArgs),
    /// The hour's anchor, under which presentations are made
    Anchor(RootArgs),
    /// One by its value
    Get(GetArgs),
    /// Delete heads that a wrong clock dated into the future, and mark the keys that signed them compromised
    Recover(RecoverArgs),
    /// Rebuild the root from the leaves of a stopped service's directory, and compare
    Check,
}

/// Which service, and that it is meant.
#[derive(Args)]
pub struct RecoverArgs {
    #[command(flatten)]
    at: OperatorAt,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

/// Where to ask.
#[derive(Args)]
pub struct RootArgs {
    #[command(flatten)]
    service: ServiceArg,
    #[command(flatten)]
    trust: TrustArgs,
}

/// A root by value.
#[derive(Args)]
pub struct GetArgs {
    #[command(flatten)]
    place: RootArgs,
    /// 0x and 64 lower-case hex digits
    root: String,
}

/// Runs the command.
pub fn run(command: &RootCommand, global: &Global) -> Outcome<Answer> {
    let (place, path) = match command {
        RootCommand::Check => return check(global),
        RootCommand::Latest(args) => (args, "/roots/latest".to_owned()),
        RootCommand::Anchor(args) => (args, "/roots/anchor".to_owned()),
        RootCommand::Get(args) => {
            field::decode_hex(&args.root).map_err(|error| {
                let what = format!("`{}` is no root: {error}", args.root);
                Failure::error(what, "give 0x and 64 lower-case hex digits")
            })?;
            (&args.place, format!("/roots/{}", args.root))
        }
        RootCommand::Recover(args) => return recover(args, global),
    };
    let mut set = PinnedSet::find(global, &place.trust)?;
    let url = set.at(place.service.service.as_deref())?.map(|pinned| pinned.url().to_owned());
    let client = place.service.client(url.as_deref())?;
    follow::at(&mut set, client.base(), global)?;
    let pinned = set.at(Some(client.base()))?;
    let head = client.get(&path, Auth::Nobody)?;
    let (signature, next) = match pinned {
        Some(pinned) => {
            let jws = head["head"].as_str().unwrap_or_default();
            pinned.check_head(jws, system::now_unix_s())?;
            ("its signature verifies under the pinned trust", String::new())
        }
        None => (
            "its signature was not checked: no trust is pinned",
            format!("pin the service's trust: poa trust add {}", client.base()),
        ),
    };
    let text = |name: &str| match &head[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let what = format!(
        "root {} of {} leaves, publication {}, {} revocations; {signature}",
        text("root"),
        text("size"),
        text("seq"),
        text("revocations"),
    );
    Ok(Answer::done(what, next, head))
}

fn recover(args: &RecoverArgs, global: &Global) -> Outcome<Answer> {
    let (client, token) = args.at.open(global)?;
    let newest = client.get_if_ready("/roots/latest").unwrap_or_default();
    args.confirm.agree(&Act {
        what: "heads dated into the future are deleted, and nothing that the keys behind them signed verifies any more"
            .to_owned(),
        service: client.base(),
        by: "the operator".to_owned(),
        to: vec![format!("newest head  publication {}, {}", newest["seq"], signed_at(&newest))],
    })?;
    let done = client.post("/roots/recover", &json!({}), Auth::Operator(&token))?;
    let keys: Vec<_> = done["keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let what = format!(
        "deleted {} heads dated up to {}; {} leaves of theirs get their own date; the log goes on from publication {}; \
         compromised: {}",
        done["heads_deleted"],
        done["latest"].as_str().unwrap_or_default(),
        done["leaves_superseded"],
        done["seq"],
        keys.join(", "),
    );
    let next = "tell verifiers to fetch the trust document again (poa trust add URL), and issue again what poa keys \
                compromised lists";
    Ok(Answer::done(what, next, done))
}

/// When a head was signed, in words.
fn signed_at(head: &Value) -> String {
    let at = head["iat"].as_u64().and_then(|iat| time::format_utc(iat).ok());
    at.map_or_else(|| "at no known time".to_owned(), |at| format!("signed at {at}"))
}

/// Rebuilds the log of a service's directory. Damage is an answer, not a failure: exit status 1.
fn check(global: &Global) -> Outcome<Answer> {
    let data_dir = global.service_dir();
    if !has_database(&data_dir) {
        let what = format!("{} has no database of a service", data_dir.display());
        return Err(Failure::error(what, "name the service's directory with --data-dir"));
    }
    let _held = service::lock(&data_dir)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.or_fail("no thread to read the database on", "free some memory and try again")?;
    match runtime.block_on(check_log(&data_dir)) {
        Ok(audit) => Ok(verdict(&audit)),
        Err(DomainError::Store(error @ StoreError::Corrupt(_))) => {
            Err(Failure::refused(format!("the database is damaged: {error}"), RESTORE))
        }
        Err(error) => {
            Err(error).or_fail("the log cannot be checked", "look at the disk; if it is sound, restore a backup")
        }
    }
}

/// What to do about damage.
const RESTORE: &str = "restore a backup of the database, or start a new issuer (docs/operating.md, \"A damaged tree\")";

/// What to do about a log whose last publications have no head.
const UNSIGNED: &str = "a recovery from a wrong clock was cut short: start the service, which publishes, and finish it \
                        (docs/operating.md, \"A wrong clock\")";

fn verdict(audit: &LogAudit) -> Answer {
    let root = field::encode_hex;
    let value = json!({
        "sound": audit.is_sound(),
        "seq": audit.seq,
        "rebuilt": { "size": audit.size, "root": root(&audit.root) },
        "stored": { "size": audit.stored_size, "root": root(&audit.stored_root) },
        "signed": audit.signed.as_ref()
            .map(|signed| json!({ "seq": signed.seq, "size": signed.size, "root": root(&signed.root) })),
        "wrong_nodes": audit.wrong_nodes,
    });
    if audit.is_sound() {
        let what = format!("the log is sound: {} leaves give root {}", audit.size, root(&audit.root));
        return match audit.unsigned_publications() {
            None => Answer::done(what, "", value),
            Some(behind) => {
                let what = format!("{what}; no head is signed for the last {behind} of its {} publications", audit.seq);
                Answer::done(what, UNSIGNED, value)
            }
        };
    }
    let mut details = vec![
        format!("from the leaves: {} leaves, root {}", audit.size, root(&audit.root)),
        format!("as stored:       {} leaves, root {}", audit.stored_size, root(&audit.stored_root)),
    ];
    details.extend(audit.signed.as_ref().map(|signed| {
        format!("as signed last:  {} leaves, root {}, publication {}", signed.size, root(&signed.root), signed.seq)
    }));
    details.extend(
        audit.signed.as_ref().filter(|signed| signed.seq != audit.seq).map(|signed| {
            format!("from its leaves: {} leaves, root {}", signed.rebuilt_size, root(&signed.rebuilt_root))
        }),
    );
    details
        .extend(audit.signed.as_ref().and_then(|signed| signed.fault).map(|fault| format!("the newest head: {fault}")));
    details.extend(audit.stray_leaf.map(|index| {
        format!("leaf {index} is stored, which lies beyond the log's end or behind a gap; none behind it was looked at")
    }));
    details.extend(audit.first_wrong.map(|(level, index)| {
        format!("{} stored nodes are wrong, first that of level {level}, index {index}", audit.wrong_nodes)
    }));
    let what =
        format!("the log is damaged: what is stored of publication {} does not follow from its leaves", audit.seq);
    Answer { exit: Exit::Refused, ..Answer::done(what, RESTORE, value).with_details(details) }
}
