//! Directories of one's own: closed, refused, and what is in them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::support::{Poa, Run};

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o7777
}

fn set(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Killed when the test ends.
struct Served(Child, Value);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A service on a directory, once it listens, started with umask 022 as a shell has it.
fn serve(poa: &Poa, directory: &str) -> Served {
    // A directory is one URL's, and the port differs from start to start.
    let args =
        ["--json", "--data-dir", directory, "serve", "--listen", "127.0.0.1:0", "--public-url", "http://localhost:1"];
    let log = fs::File::create(poa.path("serve.log")).unwrap();
    let mut child = poa.command(&args).stderr(Stdio::from(log)).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let served = Served(child, serde_json::from_str(&line).unwrap_or_default());
    let log = || fs::read_to_string(poa.path("serve.log")).unwrap();
    assert_eq!(served.1["event"], "listening", "{line}{}", log());
    served
}

#[test]
fn a_service_in_an_open_directory_closes_it_with_everything_in_it() {
    let poa = Poa::new();
    let directory = poa.path("svc");
    fs::create_dir(&directory).unwrap();
    set(&directory, 0o755);
    let served = serve(&poa, "svc");
    let files = ["poa.sqlite", "poa.sqlite-wal", "poa.sqlite-shm", "operator-token", "master.key"];
    assert_eq!(mode(&directory), 0o700);
    for file in files {
        assert_eq!(mode(&directory.join(file)), 0o600, "{file}");
    }
    assert!(fs::read_to_string(poa.path("serve.log")).unwrap().contains("had mode 755 and is now 700"));
    // Killed, so that the write-ahead log stays; and as an earlier version left it.
    drop(served);
    set(&directory, 0o755);
    for file in &files[..3] {
        set(&directory.join(file), 0o644);
    }
    let _served = serve(&poa, "svc");
    for file in &files[..3] {
        assert_eq!(mode(&directory.join(file)), 0o600, "{file}");
    }
    assert!(fs::read_to_string(poa.path("serve.log")).unwrap().contains("poa.sqlite had mode 644 and is now 600"));
}

#[test]
fn the_operators_token_is_in_its_file_and_nowhere_else() {
    let poa = Poa::new();
    let served = serve(&poa, "svc");
    let token = fs::read_to_string(poa.path("svc/operator-token")).unwrap();
    let printed = served.1.to_string() + &fs::read_to_string(poa.path("serve.log")).unwrap();
    assert!(token.starts_with("poa_op_") && !printed.contains(token.trim_end()), "{printed}");
    assert_eq!(served.1["operator_token_file"], poa.path("svc/operator-token").to_str().unwrap());
    assert_eq!(served.1["operator_token_is_new"], true);
    drop(served);
    assert_eq!(serve(&poa, "svc").1["operator_token_is_new"], false);
}

/// A command of each kind that keeps something in a directory.
fn each_kind(poa: &Poa, directory: &str) -> Vec<(&'static str, Run)> {
    let at = ["--data-dir", directory];
    let trust = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors");
    assert!(Path::new(trust).is_dir());
    vec![
        ("serve", poa.run(&[&at[..], &["serve", "--listen", "127.0.0.1:0"]].concat())),
        ("holder init", poa.run(&[&at[..], &["holder", "init", "--key-file", "key.txt"]].concat())),
        ("demo", poa.run(&[&at[..], &["demo", "--once"]].concat())),
    ]
}

#[test]
fn a_directory_that_others_could_replace_is_refused_by_every_command() {
    let poa = Poa::new();
    fs::create_dir_all(poa.path("parent/own")).unwrap();
    symlink("parent/own", poa.path("link")).unwrap();
    fs::write(poa.path("file"), "").unwrap();
    set(&poa.path("parent"), 0o777);
    for (directory, said) in [
        ("parent/own", "they may write"),
        ("parent/new", "they may write"),
        ("link", "is a symbolic link"),
        ("link/", "is a symbolic link"),
        ("file", "is not a directory"),
    ] {
        for (command, run) in each_kind(&poa, directory) {
            assert_eq!(run.status, 2, "{command} in {directory}: {}", run.stderr);
            assert!(run.stderr.contains(said), "{command} in {directory}: {}", run.stderr);
        }
    }
    assert_eq!(fs::read_dir(poa.path("parent/own")).unwrap().count(), 0, "nothing was made");
    assert!(!poa.path("parent/new").exists());
    if std::os::unix::fs::chown(poa.path("parent/own"), Some(65_534), None).is_ok() {
        set(&poa.path("parent"), 0o755);
        for (command, run) in each_kind(&poa, "parent/own") {
            assert!(run.status == 2 && run.stderr.contains("belongs to the user"), "{command}: {}", run.stderr);
        }
    }
}

#[test]
fn a_holders_directory_is_closed_when_it_is_opened_too() {
    let poa = Poa::new();
    fs::create_dir(poa.path("h")).unwrap();
    set(&poa.path("h"), 0o755);
    let holder = |command: &str| poa.run(&["--data-dir", "h", "holder", command, "--key-file", "key.txt"]);
    let made = holder("init");
    assert!(made.status == 0 && made.stderr.contains("warning: "), "{}", made.stderr);
    assert_eq!((mode(&poa.path("h")), mode(&poa.path("h/holder.age"))), (0o700, 0o600));
    assert_eq!(holder("show").stderr, "", "once");
    set(&poa.path("h"), 0o750);
    assert!(holder("show").stderr.contains("had mode 750 and is now 700"));
    set(&poa.path("."), 0o777);
    let shown = holder("show");
    set(&poa.path("."), 0o700);
    assert!(shown.status == 2 && shown.stderr.contains("they may write"), "{}", shown.stderr);
}

/// A verifier's directory with a pinned document says whom to believe.
#[test]
fn a_verifiers_directory_that_others_could_replace_is_not_believed() {
    let poa = Poa::new();
    fs::create_dir_all(poa.path("parent/v")).unwrap();
    fs::write(poa.path("parent/v/trust.json"), "{}").unwrap();
    fs::write(poa.path("document.json"), "{}").unwrap();
    set(&poa.path("parent"), 0o777);
    let verified = poa.run(&["--data-dir", "parent/v", "verify", "document.json"]);
    assert!(verified.status == 2 && verified.stderr.contains("they may write"), "{}", verified.stderr);
}

/// `poa bench --peak` loads the compiled key and fails where there is none that it may use.
fn loads(poa: &Poa, cache: &str) -> Run {
    let args = ["bench", "--cache-dir", cache, "--peak", "small"];
    poa.run_within(&args, &[], std::time::Duration::from_secs(300))
}

#[test]
fn a_compiled_key_that_is_not_ones_own_is_not_used() {
    let poa = Poa::new();
    let compiled = concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-small");
    let mut serve = poa.command(&["--data-dir", "svc", "serve", "--listen", "127.0.0.1:0", "--engine", "small"]);
    let mut child = serve.env("POA_CACHE_DIR", compiled).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();

    let cache = poa.path("cache");
    fs::create_dir(&cache).unwrap();
    let source = fs::read_dir(compiled).unwrap().next().unwrap().unwrap();
    let file = cache.join(source.file_name());
    fs::copy(source.path(), &file).unwrap();
    let used = loads(&poa, "cache");
    assert_eq!(used.status, 0, "{}", used.stderr);
    assert_eq!(mode(&cache), 0o700);

    set(&file, 0o666);
    let refused = loads(&poa, "cache");
    assert!(refused.status == 2 && refused.stderr.contains("can be written by others"), "{}", refused.stderr);
    set(&file, 0o600);
    fs::rename(&file, poa.path("elsewhere")).unwrap();
    symlink(poa.path("elsewhere"), &file).unwrap();
    let refused = loads(&poa, "cache");
    assert!(refused.status == 2 && refused.stderr.contains("is not a regular file"), "{}", refused.stderr);
    fs::remove_file(&file).unwrap();
    fs::rename(poa.path("elsewhere"), &file).unwrap();
    symlink("cache", poa.path("link")).unwrap();
    assert!(loads(&poa, "link").stderr.contains("is a symbolic link"));
    set(&poa.path("."), 0o777);
    let refused = loads(&poa, "cache");
    set(&poa.path("."), 0o700);
    assert!(refused.stderr.contains("they may write"), "{}", refused.stderr);
    for path in [&file, &cache] {
        if std::os::unix::fs::chown(path, Some(65_534), None).is_ok() {
            let refused = loads(&poa, "cache");
            assert!(refused.status == 2 && refused.stderr.contains("belongs to the user"), "{}", refused.stderr);
        }
    }
}
