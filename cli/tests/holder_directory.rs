//! The holder's directory through the binary: seal, open, export, import, and what is refused.

mod support;

use std::time::Duration;

use support::{Poa, Run};

const LIMIT: Duration = Duration::from_secs(120);
const PASSPHRASE: &str = "five random words of mine";

fn init_with_key(poa: &Poa) -> Run {
    poa.run(&["--json", "--data-dir", "a", "holder", "init", "--key-file", "key.txt"])
}

fn with_passphrase(poa: &Poa, passphrase: &str, args: &[&str]) -> Run {
    poa.run_within(args, &[("POA_PASSPHRASE", passphrase)], LIMIT)
}

#[test]
fn a_directory_sealed_to_a_key_file_opens_again_with_the_same_keys() {
    let poa = Poa::new();
    let made = init_with_key(&poa);
    assert_eq!(made.status, 0, "{}", made.stdout);
    let shown = poa.run(&["--json", "--data-dir", "a", "holder", "show", "--key-file", "key.txt"]);
    for part in ["ed25519_public_key", "holder_key", "pseudonym_commitment", "custody"] {
        assert_eq!(made.json()[part], shown.json()[part], "{part}");
        assert!(!shown.json()[part].is_null(), "{part}");
    }
    let again = init_with_key(&poa);
    assert_eq!(again.status, 1, "an existing directory is never replaced");
}

#[test]
fn an_export_becomes_the_same_holder_on_another_machine() {
    let poa = Poa::new();
    let made = init_with_key(&poa).json();
    let exported = poa.run(&[
        "--data-dir",
        "a",
        "holder",
        "export",
        "--key-file",
        "key.txt",
        "--out",
        "copy.age",
        "--copy-key-file",
        "other.txt",
    ]);
    assert_eq!(exported.status, 0, "{}", exported.stderr);
    let import = |key: &str| poa.run(&["--json", "--data-dir", "b", "holder", "import", "copy.age", "--key-file", key]);
    assert_eq!(import("key.txt").status, 2, "the copy was sealed to another key");
    let imported = import("other.txt");
    assert_eq!(imported.status, 0, "{}", imported.stdout);
    assert_eq!(imported.json()["holder_key"], made["holder_key"]);
    assert_eq!(imported.json()["pseudonym_commitment"], made["pseudonym_commitment"]);
    assert_eq!(import("other.txt").status, 1, "an import never overwrites");
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_says_so() {
    let poa = Poa::new();
    let made = with_passphrase(&poa, PASSPHRASE, &["--data-dir", "a", "holder", "init"]);
    assert_eq!(made.status, 0, "{}", made.stderr);
    let shown = with_passphrase(&poa, PASSPHRASE, &["--data-dir", "a", "holder", "show"]);
    assert_eq!(shown.status, 0, "{}", shown.stderr);
    let wrong = with_passphrase(&poa, "another five random words", &["--data-dir", "a", "holder", "show"]);
    assert_eq!(wrong.status, 2);
    assert!(wrong.stderr.contains("the passphrase does not open"), "{}", wrong.stderr);
    assert!(!wrong.stderr.contains("another five"), "a passphrase is never repeated");
    let short = with_passphrase(&poa, "short", &["--data-dir", "b", "holder", "init"]);
    assert_eq!(short.status, 1);
    assert!(short.stderr.contains("fewer than 12 characters"), "{}", short.stderr);
}

#[test]
fn a_tampered_or_truncated_file_is_refused() {
    let poa = Poa::new();
    init_with_key(&poa);
    let file = poa.path("a/holder.age");
    let whole = std::fs::read(&file).unwrap();
    let show = || poa.run(&["--data-dir", "a", "holder", "show", "--key-file", "key.txt"]);
    let mut altered = whole.clone();
    *altered.last_mut().unwrap() ^= 1;
    for (what, bytes) in [("altered", altered.as_slice()), ("cut", &whole[..whole.len() - 20]), ("empty", &[])] {
        std::fs::write(&file, bytes).unwrap();
        let run = show();
        assert_eq!(run.status, 2, "{what}");
        assert!(run.stderr.contains("damaged or was altered"), "{what}: {}", run.stderr);
        assert!(run.stderr.contains("holder import"), "{what}: {}", run.stderr);
    }
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(show().status, 0);
}

#[test]
fn neither_k_nor_n_is_readable_on_disk_or_on_screen() {
    let poa = Poa::new();
    let made = init_with_key(&poa);
    let sealed = std::fs::read(poa.path("a/holder.age")).unwrap();
    let text = String::from_utf8_lossy(&sealed);
    for name in ["\"k\"", "\"n\"", "signing_key"] {
        assert!(!text.contains(name) && !made.stdout.contains(name), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn files_are_the_owners_alone_and_a_key_file_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let poa = Poa::new();
    init_with_key(&poa);
    let mode = |name: &str| std::fs::metadata(poa.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("a"), mode("a/holder.age"), mode("key.txt")), (0o700, 0o600, 0o600));
    std::fs::set_permissions(poa.path("key.txt"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let run = poa.run(&["--data-dir", "a", "holder", "show", "--key-file", "key.txt"]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("chmod 600"), "{}", run.stderr);
}

#[test]
fn a_managed_agents_directory_has_no_proving_secrets() {
    let poa = Poa::new();
    let run = poa.run(&["--json", "--data-dir", "a", "holder", "init", "--custody", "issuer", "--key-file", "key.txt"]);
    assert_eq!(run.json()["custody"], "issuer");
    assert!(run.json()["holder_key"].is_null());
}
