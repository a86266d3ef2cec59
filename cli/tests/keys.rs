//! `poa keys` and the pinned trust across rotations, against a real service that is restarted in between.

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value;
use support::{Poa, Run};

/// A running `poa serve` on a fixed port, killed when dropped.
struct Service(Child);

impl Service {
    fn start(poa: &Poa, listen: &str) -> (Self, String) {
        let args = ["--json", "--data-dir", "service", "serve", "--listen", listen, "--master-key-file", "master"];
        let mut child = poa.command(&args).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        (Self(child), ready["url"].as_str().unwrap().to_owned())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(poa: &Poa, directory: &str, args: &[&str]) -> Run {
    poa.run(&[&["--json", "--data-dir", directory], args].concat())
}

fn ok(poa: &Poa, directory: &str, args: &[&str]) -> Value {
    let run = run(poa, directory, args);
    assert_eq!(run.status, 0, "{args:?}: {}{}", run.stdout, run.stderr);
    run.json()
}

fn states(list: &Value) -> Vec<(String, String)> {
    let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
    let keys = list["keys"].as_array().unwrap().iter();
    keys.map(|key| (text(key, "kid").rsplit('#').next().unwrap().to_owned(), text(key, "state"))).collect()
}

#[test]
fn keys_rotate_and_leak_and_pins_follow_only_what_is_vouched_for() {
    let poa = Poa::new();
    let (service, url) = Service::start(&poa, "127.0.0.1:0");
    let at = ["--service", &url];
    let keys = |args: &[&str]| ok(&poa, "service", &[&["keys"], args, &at[..]].concat());
    let add = |directory: &str| run(&poa, directory, &["trust", "add", &url]);
    for pin in ["early", "late"] {
        assert_eq!(add(pin).status, 0);
    }
    let first = ok(&poa, "early", &["trust", "show"])["fingerprint"].clone();

    let first_keys = states(&keys(&["list"]));
    let waiting = first_keys.iter().filter(|(_, state)| state == "standby").count();
    assert_eq!((first_keys.len(), waiting), (8, 4), "one key of each purpose signs, and one waits");
    let made = keys(&["rotate", "--purpose", "credentials"])["made"].clone();
    assert!(made[0].as_str().unwrap().ends_with("#credentials-2"));
    let made = keys(&["rotate", "--purpose", "status-lists"])["made"].clone();
    assert!(made[0].as_str().unwrap().ends_with("#status-2"));

    // A rotation is no attack: the pin moves on by itself, with another fingerprint.
    assert_eq!(add("late").status, 0);
    assert_ne!(ok(&poa, "late", &["trust", "show"])["fingerprint"], first);

    let kid = made[0].as_str().unwrap().replace("status-2", "credentials-1");
    let done = keys(&["compromise", &kid, "--yes"]);
    assert!(done["active"].as_str().unwrap().ends_with("#credentials-2"), "it was retired already");
    assert_eq!(keys(&["compromised"])["documents"].as_array().unwrap().len(), 0);
    // Who pinned before the rotation pinned the standby key too, and moves on.
    assert_eq!(add("late").status, 0);
    assert_eq!(add("early").status, 0);
    // Who pins leaked keys alone is asked to compare.
    for name in ["credentials-2", "credentials-3"] {
        keys(&["compromise", name, "--yes"]);
    }
    let refused = add("early");
    assert_eq!(refused.status, 1, "{}", refused.stdout);
    assert!(refused.json()["error"]["what"].as_str().unwrap().contains("does not follow"));
    let told = ok(&poa, "other", &["trust", "fetch", &url])["fingerprint"].as_str().unwrap().to_owned();
    assert!(refused.json()["error"]["next"].as_str().unwrap().contains(&told), "{}", refused.stdout);
    ok(&poa, "early", &["trust", "pin", &told, "--replace", "--service", &url]);

    let before = states(&keys(&["list"]));
    drop(service);
    let address = url.strip_prefix("http://").unwrap();
    let (_service, _) = Service::start(&poa, address);
    assert_eq!(states(&keys(&["list"])), before);
    assert_eq!(add("early").status, 0);
}

#[test]
fn what_cannot_be_done_says_so_with_its_status() {
    let poa = Poa::new();
    let (service, url) = Service::start(&poa, "127.0.0.1:0");
    let at = ["--service", &url];
    for (args, status) in [
        (&["keys", "compromise", "credentials-9", "--yes"][..], 1),
        (&["keys", "compromise", "../agents", "--yes"], 2),
        (&["keys", "compromised", "--cursor", "a b"], 2),
        (&["keys", "rotate", "--purpose", "all"], 2),
    ] {
        assert_eq!(run(&poa, "service", &[args, &at[..]].concat()).status, status, "{args:?}");
    }
    // Nobody but the operator.
    assert_eq!(run(&poa, "elsewhere", &["keys", "list", "--service", &url]).status, 2);
    drop(service);
    // Another master key, and none.
    std::fs::write(poa.path("master"), "cd".repeat(32)).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--public-url", &url, "--master-key-file", "master"];
    let wrong = poa.run(&[&["--data-dir", "service"], &serve[..]].concat());
    assert_eq!(wrong.status, 2);
    assert!(wrong.stderr.contains("does not open"), "{}", wrong.stderr);
    std::fs::remove_file(poa.path("master")).unwrap();
    let none = poa.run(&[&["--data-dir", "service"], &serve[..]].concat());
    assert!(none.status == 2 && none.stderr.contains("does not exist"), "{}", none.stderr);
    assert!(!poa.path("master").exists(), "no new key is made for an old database");
}
