//! A credential that is issued is not lost, and none is issued that could not be kept.

use std::process::{Command, Stdio};
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::SqliteConnectOptions;

use crate::support::cast::Cast;
use crate::support::{Run, finish};

fn managed(cast: &Cast) -> String {
    let public = cast.ok("agent", &["agent", "keygen", "--key", "agent.jwk"])["ed25519_public_key"].clone();
    let args = ["agent", "register", "--name", "managed", "--public-key", public.as_str().unwrap()];
    let agent = cast.ok("service", &args)["agent"].as_str().unwrap().to_owned();
    cast.attest(&[&agent]);
    cast.wait_for_root(|head| head["size"] == 1);
    agent
}

fn issue<'a>(agent: &'a str, out: &'a str) -> Vec<&'a str> {
    let named = ["issue", "--agent", agent, "--key", "agent.jwk", "--schema", "task_completion/1"];
    [&named[..], &["--at-least", "tasks_completed=200", "--out", out]].concat()
}

/// How many credentials the service has, by its own database.
fn issued(cast: &Cast) -> i64 {
    let options = SqliteConnectOptions::new().filename(cast.poa.path("service/poa.sqlite"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut database = options.connect().await.unwrap();
        sqlx::query_scalar("SELECT COUNT(*) FROM credentials").fetch_one(&mut database).await.unwrap()
    })
}

/// The command where no file may grow beyond a block.
fn without_room(cast: &Cast, args: &[&str]) -> Run {
    let mut shell = Command::new("sh");
    shell.args([
        "-c",
        "trap '' XFSZ; ulimit -f 1; exec \"$@\"",
        "sh",
        env!("CARGO_BIN_EXE_poa"),
        "--json",
        "--data-dir",
        "agent",
    ]);
    shell.args(args).env_clear().env("HOME", cast.poa.path("home")).env("POA_SERVICE", &cast.service.url);
    shell.env("PATH", "/usr/bin:/bin").current_dir(cast.poa.path("."));
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    finish(shell.spawn().unwrap(), Duration::from_secs(120))
}

#[test]
fn nothing_is_issued_for_an_output_that_cannot_be_written() {
    let cast = Cast::new();
    let agent = managed(&cast);
    std::fs::create_dir(cast.poa.path("directory")).unwrap();
    let before = issued(&cast);
    for out in ["absent/credential.json", "directory", "agent.jwk/credential.json"] {
        let run = cast.as_in("agent", &issue(&agent, out));
        assert_eq!(run.status, 2, "{out}: {}", run.stdout);
        assert!(run.stdout.contains("nothing was done"), "{out}: {}", run.stdout);
    }
    assert_eq!(issued(&cast), before);
}

#[test]
fn a_retry_after_a_write_that_failed_gets_the_same_credential() {
    let cast = Cast::new();
    let agent = managed(&cast);
    std::fs::write(cast.poa.path("credential.json"), "the one before").unwrap();
    let failed = without_room(&cast, &issue(&agent, "credential.json"));
    assert_eq!(failed.status, 2, "{}", failed.stdout);
    let error = failed.json()["error"].clone();
    let what = error["what"].as_str().unwrap().to_owned();
    assert!(what.contains("/credentials/") && error["next"].as_str().unwrap().contains("same credential"), "{error}");
    let kept = cast.poa.path("credential.json.idempotency-key");
    assert!(kept.exists(), "{error}");
    let text = |name: &str| std::fs::read_to_string(cast.poa.path(name)).unwrap();
    assert_eq!(text("credential.json"), "the one before", "the old file stays until the new one is whole");

    let after = issued(&cast);
    let done = cast.ok("agent", &issue(&agent, "credential.json"));
    assert!(what.contains(done["id"].as_str().unwrap()), "{what}");
    assert_eq!(issued(&cast), after, "no second one was issued");
    assert!(text("credential.json").contains(done["id"].as_str().unwrap()) && !kept.exists());
    let next = cast.ok("agent", &issue(&agent, "credential.json"));
    assert_ne!(next["id"], done["id"], "a new run gets a new one");
}

/// A device is written through, and what it does not take has still been issued.
#[test]
fn the_id_is_told_when_a_device_takes_nothing() {
    let cast = Cast::new();
    let agent = managed(&cast);
    let run = cast.as_in("agent", &issue(&agent, "/dev/full"));
    assert_eq!(run.status, 2, "{}", run.stdout);
    let error = &run.json()["error"];
    assert!(error["what"].as_str().unwrap().contains("/credentials/"), "{error}");
    let key = error["next"].as_str().unwrap().split("--idempotency-key ").nth(1).unwrap();
    let key = key.split(':').next().unwrap();
    let again = cast.ok("agent", &[&issue(&agent, "credential.json")[..], &["--idempotency-key", key]].concat());
    assert!(error["what"].as_str().unwrap().contains(again["id"].as_str().unwrap()), "{error}");
    assert!(!cast.poa.path("credential.json.idempotency-key").exists(), "a key that was given is not kept");
}
