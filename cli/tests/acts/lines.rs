//! Lines that misled, and what they say now.

use serde_json::json;

use crate::support::Poa;
use crate::support::cast::Cast;

#[test]
fn a_managed_agent_presents_without_naming_a_schema_and_is_told_what_it_showed() {
    let cast = Cast::new();
    let public = cast.ok("agent", &["agent", "keygen", "--key", "agent.jwk"])["ed25519_public_key"].clone();
    let args = ["agent", "register", "--name", "managed", "--public-key", public.as_str().unwrap()];
    let agent = cast.ok("service", &args)["agent"].as_str().unwrap().to_owned();
    cast.attest(&[&agent]);
    cast.wait_for_root(|head| head["size"] == 1);
    let ask = ["request", "--domain", "https://shop.example", "--at-least", "tasks_completed=200", "--out", "r.json"];
    cast.ok("verifier", &ask);
    let present =
        ["present", "--agent", &agent, "--key", "agent.jwk", "--to", "https://shop.example", "--request", "r.json"];
    let shown = cast.ok("agent", &[&present[..], &["--out", "shown.json"]].concat());
    assert!(shown["shown"].to_string().contains("tasks_completed is at least 200"), "{shown}");

    // And the list of agents says when it is not all of them.
    let other = cast.ok("agent", &["agent", "keygen", "--key", "other.jwk"])["ed25519_public_key"].clone();
    cast.ok("service", &["agent", "register", "--name", "other", "--public-key", other.as_str().unwrap()]);
    let list = |args: &[&str]| {
        let args = [&["agent", "list", "--service", &cast.service.url], args].concat();
        cast.poa.run(&args).stdout
    };
    assert!(list(&["--limit", "1"]).starts_with("1 agents, and there are more"));
    assert!(list(&[]).starts_with("2 agents\n"));

    let schemas = cast.poa.run(&["schema", "list", "--service", &cast.service.url]).stdout;
    assert!(schemas.lines().count() < 20 && schemas.contains("task_completion/1"), "{schemas}");
    let keys = ["--data-dir", "service", "keys", "list", "--service", &cast.service.url];
    assert!(cast.poa.run(&keys).stdout.lines().nth(1).unwrap().starts_with("STATE"));
    let fetched = cast.ok("verifier", &["trust", "fetch", &cast.service.url]);
    let another = cast.as_in("verifier", &["trust", "pin", &"0".repeat(64)]).json();
    assert!(another["error"]["next"].as_str().unwrap().contains("changes with every key and schema"), "{another}");
    assert_eq!(fetched["fingerprint"].as_str().unwrap().len(), 64);
    let tls = cast.service.url.replace("http://", "https://");
    let plain = cast.poa.run(&["schema", "list", "--service", &tls]);
    assert!(plain.stderr.contains("does not speak TLS"), "{}", plain.stderr);
}

#[test]
fn what_is_missing_is_said_to_whom_it_is_missing() {
    let poa = Poa::new();
    std::fs::create_dir(poa.path("empty")).unwrap();
    poa.run(&["request", "--domain", "https://v.example", "--out", "request.json"]);
    let present =
        poa.run(&["--data-dir", "empty", "present", "--to", "https://v.example", "--request", "request.json"]);
    assert_eq!(present.status, 2);
    assert!(
        present.stderr.contains("a holder has a holder.age") && present.stderr.contains("empty"),
        "{}",
        present.stderr
    );

    std::fs::write(poa.path("presentation.json"), "{}").unwrap();
    let import = ["--data-dir", "h", "holder", "import", "presentation.json", "--key-file", "h.key"];
    poa.run(&["--data-dir", "made", "holder", "init", "--key-file", "h.key"]);
    let run = poa.run(&import);
    assert!(run.stderr.contains("is not a sealed copy") && run.stderr.contains("poa holder export"), "{}", run.stderr);

    let short = poa.run(&["trust", "pin", "197c", "--service", "http://127.0.0.1:9"]);
    assert!(short.status == 2 && short.stderr.contains("64 hex digits, and this has 4"), "{}", short.stderr);
    let typo = poa.run(&["--data-dir", "t", "holder", "init", "--key-file", "typo"]);
    assert!(typo.stderr.contains("made the key file typo"), "{}", typo.stderr);
    let known = poa.run(&["--data-dir", "u", "holder", "init", "--key-file", "typo"]);
    assert!(!known.stderr.contains("made the key file"), "{}", known.stderr);
}

/// Until a newer root is there the leaf is the old key's, and that passes by itself.
#[test]
fn right_after_a_rotation_a_holder_is_told_to_wait() {
    let cast = Cast::new();
    let agent = cast.register_holder(&[]);
    cast.attest(&[&agent]);
    cast.wait_for_root(|head| head["size"] == 1);
    cast.ok("holder", &["holder", "sync"]);
    let (mut told, mut tries) = (false, 0);
    // A publication may be faster than the command after the rotation.
    while !told && tries < 5 {
        cast.ok("holder", &["agent", "rotate"]);
        let run = cast.as_in("holder", &["holder", "sync"]);
        told = run.stdout.contains("wait for the next publication");
        assert!(told || run.status == 0, "{}", run.stdout);
        tries += 1;
    }
    assert!(told, "every publication was faster");
}

#[test]
fn a_service_says_where_it_is_and_what_to_compare() {
    let poa = Poa::new();
    for listen in ["localhost:0", "0", "127.0.0.1:0"] {
        let args = ["--data-dir", "svc", "serve", "--listen", listen, "--engine", "small"];
        let mut child = poa.command(&args).spawn().unwrap();
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        let printed: Vec<String> = lines.by_ref().map_while(Result::ok).take(4).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        let url = printed[0].split(' ').nth(1).unwrap();
        assert!(url.starts_with("http://127.0.0.1:"), "{listen}: {printed:?}");
        assert!(
            printed[2].contains("fingerprint") && printed[3].contains(&format!("poa trust add {url}")),
            "{printed:?}"
        );
        std::fs::remove_dir_all(poa.path("svc")).unwrap();
    }
    for wrong in ["example.com:80", "127.0.0.1", "localhost", "70000", ""] {
        let run = poa.run(&["--json", "serve", "--listen", wrong]);
        assert_eq!((run.status, &run.json()["error"]["exit"]), (2, &json!(2)), "{wrong}");
    }
}
