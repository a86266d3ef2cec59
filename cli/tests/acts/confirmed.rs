//! What cannot be undone is shown and asked for.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::cast::Cast;
use crate::support::{Run, finish};

/// A command on a terminal (`script(1)`), where the user types a line.
fn on_a_terminal(cast: &Cast, typed: &str, command: &str) -> Run {
    let mut script = Command::new("script");
    script.args(["-qec", &format!("'{}' {command}", env!("CARGO_BIN_EXE_poa")), "/dev/null"]);
    script.env_clear().env("HOME", cast.poa.path("home")).env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh");
    script.env("POA_SERVICE", &cast.service.url).env("POA_KEY_FILE", cast.poa.path("holder.key"));
    script.current_dir(cast.poa.path(".")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = script.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(typed.as_bytes()).unwrap();
    let run = finish(child, Duration::from_secs(120));
    drop(stdin);
    run
}

fn status(cast: &Cast, agent: &str) -> String {
    cast.ok("service", &["agent", "show", agent])["status"].as_str().unwrap().to_owned()
}

#[test]
fn an_act_that_cannot_be_undone_names_whom_it_is_on_and_waits_for_a_word() {
    let cast = Cast::new();
    let agent = cast.register_holder(&[]);
    // Without a terminal: refused, with the whole of what would have been done. The directory names the agent.
    for bare in [&["revoke", "agent"][..], &["agent", "revoke"]] {
        let run = cast.as_in("holder", bare);
        assert_eq!(run.status, 1, "{}", run.stdout);
        let error = &run.json()["error"];
        let what = error["what"].as_str().unwrap();
        for part in [agent.as_str(), "own", "active", cast.service.url.as_str(), "holder's directory holder"] {
            assert!(what.contains(part), "{part}: {what}");
        }
        assert!(error["next"].as_str().unwrap().contains("--yes"), "{error}");
    }
    for typed in ["no\n", "y\n", "\n"] {
        let run = on_a_terminal(&cast, typed, "--data-dir holder revoke agent");
        assert_eq!(run.status, 1, "{typed:?}: {}", run.stdout);
        for part in ["cannot be undone", agent.as_str(), "Type yes", "nothing was done"] {
            assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
        }
    }
    assert_eq!(status(&cast, &agent), "active");
    let run = on_a_terminal(&cast, "yes\n", "--data-dir holder revoke agent");
    assert_eq!(run.status, 0, "{}", run.stdout);
    assert_eq!(status(&cast, &agent), "revoked");
}

#[test]
fn every_act_of_the_operator_that_cannot_be_undone_asks() {
    let cast = Cast::new();
    let agent = cast.register_holder(&[]);
    let key = cast.ok("attestor", &["attest", "keygen", "--key", "attestor.jwk"]);
    let (attestor, public) = (key["id"].as_str().unwrap(), key["ed25519_public_key"].as_str().unwrap());
    cast.ok("service", &["attest", "register", "--name", "board", "--public-key", public]);
    cast.ok("service", &["verifier", "add", "https://shop.example", "--token-out", "shop.token"]);
    let acts: [(&[&str], &str); 7] = [
        (&["keys", "compromise", "heads-1"], "heads-1"),
        (&["root", "recover"], "newest head"),
        (&["attest", "retire", attestor], attestor),
        (&["verifier", "remove", "https://shop.example"], "https://shop.example"),
        (&["agent", "rotate", "--agent", &agent, "--public-key", public], &agent),
        (&["agent", "revoke", "--agent", &agent], &agent),
        (&["revoke", "credential", "67e55044-10b1-426f-9247-bb680e5fe0c8"], "67e55044"),
    ];
    for (act, whom) in acts {
        let run = cast.as_in("service", act);
        assert_eq!(run.status, 1, "{act:?}: {}", run.stdout);
        let what = run.json()["error"]["what"].as_str().unwrap().to_owned();
        assert!(what.contains("without your word") && what.contains(whom), "{act:?}: {what}");
    }
    let listed = cast.ok("service", &["keys", "list"]);
    assert!(listed["keys"].as_array().unwrap().iter().all(|key| key["state"] != "compromised"), "{listed}");
    assert_eq!(status(&cast, &agent), "active");
    assert_eq!(cast.ok("service", &["verifier", "list"])["verifiers"].as_array().unwrap().len(), 1);
    cast.ok("service", &["attest", "retire", attestor, "--yes"]);
    cast.ok("service", &["keys", "compromise", "heads-1", "--yes"]);
}
