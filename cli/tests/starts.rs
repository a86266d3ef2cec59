//! Starts that do not fit to their data directory say why, change nothing, and leave nothing behind; and what a directory
//! whose database is lost can do.

mod support;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;
use support::{Poa, Run};

/// Stopped when it goes out of scope.
struct Running {
    child: Child,
    url: String,
}

impl Running {
    fn get(&self, path: &str) -> Value {
        let text = ureq::get(format!("{}{path}", self.url)).call().unwrap().body_mut().read_to_string().unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

impl Drop for Running {
    /// As an operator stops it.
    fn drop(&mut self) {
        let _ = std::process::Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

/// The arguments of a service in the directory `service`, on an address that stays the same.
struct Place {
    poa: Poa,
    listen: String,
}

impl Place {
    fn new() -> Self {
        let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        Self { poa: Poa::new(), listen }
    }

    fn args<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let serve = ["--json", "--data-dir", "service", "serve", "--listen", &self.listen];
        [&serve[..], more].concat()
    }

    fn start(&self, more: &[&str]) -> Running {
        let mut child = self.poa.command(&self.args(more)).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = serde_json::from_str::<Value>(&line).unwrap()["url"].as_str().unwrap().to_owned();
        Running { child, url }
    }

    /// A start that ends with status 2, and what it said.
    fn refused(&self, more: &[&str]) -> String {
        let run: Run = self.poa.run_within(&self.args(more), &[], Duration::from_secs(120));
        assert_eq!(run.status, 2, "{}{}", run.stdout, run.stderr);
        run.stdout + &run.stderr
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.poa.path("service").join(name)
    }

    /// Everything in the directory, except the lock.
    fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(self.poa.path("service"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
            .filter(|(name, _)| name != "lock")
            .collect();
        files.sort();
        files
    }

    fn lose_database(&self) {
        for name in ["poa.sqlite", "poa.sqlite-wal", "poa.sqlite-shm"] {
            let _ = std::fs::remove_file(self.file(name));
        }
    }
}

#[test]
fn a_service_whose_database_is_lost_begins_a_second_log_only_when_it_is_told_to() {
    let place = Place::new();
    let first = place.start(&[]).get("/.well-known/poa-trust.json");
    assert_eq!(first["logs"], serde_json::json!(["main"]));

    place.lose_database();
    let before = place.contents();
    for _ in 0..2 {
        let said = place.refused(&[]);
        assert!(said.contains("poa.sqlite is missing") && said.contains("--new-log"), "{said}");
    }
    std::fs::write(place.file("poa.sqlite"), "").unwrap();
    let said = place.refused(&[]);
    assert!(said.contains("poa.sqlite is empty"), "{said}");
    std::fs::remove_file(place.file("poa.sqlite")).unwrap();
    assert!(place.refused(&["--new-log", "main"]).contains("used with that log before"));
    assert!(place.refused(&["--new-log", "Zwei"]).contains("no name of a log"));
    assert_eq!(place.contents(), before, "nothing was made");

    let running = place.start(&["--new-log", "second"]);
    let trust = running.get("/.well-known/poa-trust.json");
    assert_eq!(trust["logs"], serde_json::json!(["second", "main"]));
    let schemas = running.get("/schemas")["attestationSchemas"].as_array().unwrap().clone();
    let before: Vec<&Value> =
        first["attestationSchemas"].as_array().unwrap().iter().map(|schema| &schema["id"]).collect();
    assert_eq!((schemas.len(), before.len()), (2, 2));
    for schema in &schemas {
        assert_eq!(schema["log"], "second");
        assert!(!before.contains(&&schema["id"]), "no reader may hold another document under its id: {schema}");
    }
    drop(running);
    let said = place.refused(&["--new-log", "third"]);
    assert!(said.contains("has the log \\\"second\\\""), "{said}");
    let again = place.start(&[]);
    assert_eq!(again.get("/.well-known/poa-trust.json")["logs"], trust["logs"]);
    drop(again);

    // The record remembers both, and keys without a record say that there was one.
    place.lose_database();
    for used in ["main", "second"] {
        assert!(place.refused(&["--new-log", used]).contains("used with that log before"));
    }
    std::fs::remove_file(place.file("service.json")).unwrap();
    assert!(place.refused(&[]).contains("operator-token") || place.refused(&[]).contains("master.key"));
}

#[test]
fn a_start_that_does_not_fit_names_its_cause_and_changes_nothing() {
    let place = Place::new();
    drop(place.start(&[]));
    let here = format!("http://{}", place.listen);
    let before = place.contents();
    for (more, said) in [
        (&["--listen", "127.0.0.1:0"][..], here.as_str()),
        (&["--public-url", "https://issuer.example"], &here),
        (&["--public-url", &format!("http://localhost:{}", place.listen.rsplit(':').next().unwrap())], &here),
    ] {
        let listen = ["--json", "--data-dir", "service", "serve"];
        let run = place.poa.run_within(&[&listen[..], more].concat(), &[], Duration::from_secs(120));
        assert_eq!(run.status, 2, "{}", run.stdout);
        assert!((run.stdout + &run.stderr).contains(said), "{more:?}");
    }
    assert_eq!(
        place.contents().iter().map(|(name, _)| name).collect::<Vec<_>>(),
        before.iter().map(|(name, _)| name).collect::<Vec<_>>()
    );

    let database = std::fs::read(place.file("poa.sqlite")).unwrap();
    std::fs::write(place.file("poa.sqlite"), "these are notes, and no database at all").unwrap();
    assert!(place.refused(&[]).contains("is not a database"));
    let check = place.poa.run(&["--data-dir", "service", "root", "check"]);
    assert!(check.status == 2 && check.stderr.contains("is not a database"), "{}{}", check.stdout, check.stderr);
    std::fs::write(place.file("poa.sqlite"), database).unwrap();
    drop(place.start(&[]));
}

#[test]
fn a_holders_directory_is_no_services_and_the_reverse() {
    let place = Place::new();
    let passphrase = [("POA_PASSPHRASE", "a long passphrase for a test")];
    let init =
        place.poa.run_within(&["--data-dir", "service", "holder", "init"], &passphrase, Duration::from_secs(120));
    assert_eq!(init.status, 0, "{}{}", init.stdout, init.stderr);
    let before = place.contents();
    assert!(place.refused(&[]).contains("is a holder's directory"));
    assert_eq!(place.contents(), before);

    let place = Place::new();
    drop(place.start(&[]));
    let init =
        place.poa.run_within(&["--data-dir", "service", "holder", "init"], &passphrase, Duration::from_secs(120));
    assert!(init.status == 2 && init.stderr.contains("is a service's directory"), "{}{}", init.stdout, init.stderr);
}

#[test]
fn two_wrong_starts_leave_no_half_made_directory() {
    let place = Place::new();
    std::fs::write(place.poa.path("bad.txt"), "Not a name\n").unwrap();
    for more in [
        &["--public-url", "http://issuer.example"][..],
        &["--publish-interval-s", "0"],
        &["--capabilities", "bad.txt"],
        &["--tls-cert", "nothing.pem", "--tls-key", "nothing.pem"],
        &["--production"],
        &["--new-log", "A B"],
    ] {
        for _ in 0..2 {
            place.refused(more);
            assert!(!place.poa.path("service").exists(), "{more:?}");
        }
    }
    drop(place.start(&[]));
    drop(place.start(&[]));
}

#[test]
fn the_capability_registry_comes_from_a_file_and_grows_at_its_end() {
    let place = Place::new();
    let list = |text: &str| std::fs::write(place.poa.path("list.txt"), text).unwrap();
    let given = ["--capabilities", "list.txt"];
    let registries = |running: &Running| {
        let run = place.poa.run_within(&["schema", "list"], &[("POA_SERVICE", &running.url)], Duration::from_secs(60));
        assert_eq!(run.status, 0, "{}", run.stderr);
        run.stdout.lines().filter(|line| line.contains("capabilities of")).map(str::to_owned).collect::<Vec<_>>()
    };
    list("# ours\ntranslation\nproofreading\n");
    let running = place.start(&given);
    let shown = registries(&running);
    assert_eq!(shown.len(), 2);
    assert!(shown.iter().all(|line| line.ends_with("/1: translation, proofreading")), "{shown:?}");
    drop(running);

    for (wrong, said) in [("proofreading\ntranslation\n", "entry 1"), ("translation\n", "entry 2"), ("", "entry 1")] {
        list(wrong);
        let refused = place.refused(&given);
        assert!(refused.contains(said) && refused.contains("translation, proofreading"), "{refused}");
    }
    list("[\"translation\", \"proofreading\", \"typesetting\"]");
    let running = place.start(&given);
    let shown = registries(&running);
    assert_eq!(shown.len(), 4, "the old documents stay: leaves were made under them");
    let longer = shown.iter().filter(|line| line.ends_with("/2: translation, proofreading, typesetting"));
    assert_eq!(longer.count(), 2, "{shown:?}");
    drop(running);
    let running = place.start(&[]);
    assert_eq!(registries(&running), shown, "without the flag it stays as it is");
}
