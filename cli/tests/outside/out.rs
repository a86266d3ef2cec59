//! `--out`: what the name is, is written to, and nothing is put in its place.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Poa, Run};

fn request(poa: &Poa, out: &str) -> Run {
    poa.run(&["request", "--domain", "https://v.example", "--out", out])
}

fn is_request(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Value>(bytes).is_ok_and(|value| value["challenge"].is_string())
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().mode() & 0o7777
}

#[test]
fn a_new_file_is_private_and_a_file_that_is_there_keeps_its_mode() {
    let poa = Poa::new();
    assert_eq!(request(&poa, "new.json").status, 0);
    assert_eq!(mode(&poa.path("new.json")), 0o600);
    for bits in [0o644, 0o664, 0o400] {
        fs::write(poa.path("old.json"), "old").unwrap();
        fs::set_permissions(poa.path("old.json"), fs::Permissions::from_mode(bits)).unwrap();
        assert_eq!(request(&poa, "old.json").status, 0, "{bits:o}");
        assert_eq!(mode(&poa.path("old.json")), bits);
        assert!(is_request(&fs::read(poa.path("old.json")).unwrap()));
        fs::remove_file(poa.path("old.json")).unwrap();
    }
}

#[test]
fn a_link_leads_to_what_is_written() {
    let poa = Poa::new();
    fs::write(poa.path("target.json"), "old").unwrap();
    symlink("target.json", poa.path("link.json")).unwrap();
    symlink(poa.path("made.json"), poa.path("dangling.json")).unwrap();
    for (link, target) in [("link.json", "target.json"), ("dangling.json", "made.json")] {
        assert_eq!(request(&poa, link).status, 0);
        assert!(poa.path(link).symlink_metadata().unwrap().is_symlink());
        assert!(is_request(&fs::read(poa.path(target)).unwrap()), "{target}");
    }
}

#[test]
fn a_pipe_gets_the_bytes_and_stays_a_pipe() {
    let poa = Poa::new();
    assert!(Command::new("mkfifo").arg(poa.path("pipe")).status().unwrap().success());
    let path = poa.path("pipe");
    let reader = std::thread::spawn(move || fs::read(path).unwrap());
    assert_eq!(request(&poa, "pipe").status, 0);
    assert!(is_request(&reader.join().unwrap()));
    assert!(poa.path("pipe").symlink_metadata().unwrap().file_type().is_fifo());
}

#[test]
fn devices_sockets_and_directories_stay_what_they_are() {
    let poa = Poa::new();
    symlink("/dev/null", poa.path("null")).unwrap();
    assert_eq!(request(&poa, "null").status, 0);
    assert!(poa.path("null").symlink_metadata().unwrap().is_symlink());
    assert!(Path::new("/dev/null").metadata().unwrap().file_type().is_char_device());
    let made = Command::new("mknod").arg(poa.path("own")).args(["c", "1", "3"]).stderr(Stdio::null()).status().unwrap();
    if made.success() {
        // For the superuser, who could have removed it for everybody.
        assert_eq!(request(&poa, "own").status, 0);
        assert!(poa.path("own").symlink_metadata().unwrap().file_type().is_char_device());
    }
    let _socket = std::os::unix::net::UnixListener::bind(poa.path("socket")).unwrap();
    fs::create_dir(poa.path("directory")).unwrap();
    for (name, said) in [("socket", "a socket"), ("directory", "a directory")] {
        let run = request(&poa, name);
        assert!(run.status == 2 && run.stderr.contains(said), "{name}: {}", run.stderr);
    }
    assert!(poa.path("socket").symlink_metadata().unwrap().file_type().is_socket());
}

#[test]
fn standard_output_gets_the_document_alone() {
    let poa = Poa::new();
    symlink("/proc/self/fd/1", poa.path("stdout")).unwrap();
    for out in ["-", "/dev/stdout", "stdout", "/dev/fd/1"] {
        // Into a pipe.
        let run = request(&poa, out);
        assert!(run.status == 0 && is_request(run.stdout.as_bytes()), "{out}: {}", run.stdout);
        assert!(run.stderr.contains("request in"), "{out}: {}", run.stderr);
        // Into a file, behind what is in it.
        fs::write(poa.path("captured"), "before\n").unwrap();
        let captured = fs::File::options().append(true).open(poa.path("captured")).unwrap();
        let args = ["request", "--domain", "https://v.example", "--out", out];
        assert!(poa.command(&args).stdout(captured).status().unwrap().success());
        let captured = fs::read(poa.path("captured")).unwrap();
        assert!(captured.strip_prefix(b"before\n").is_some_and(is_request), "{out}");
    }
    let json = poa.run(&["--json", "request", "--domain", "https://v.example", "--out", "-"]);
    assert!(is_request(json.stdout.as_bytes()), "{}", json.stdout);
}

#[test]
fn a_descriptor_of_the_shell_is_written_to_and_not_replaced() {
    let poa = Poa::new();
    let script =
        "exec 3>kept; echo first >&3; \"$0\" request --domain https://v.example --out /dev/fd/3; echo last >&3";
    let mut shell = Command::new("bash");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_poa")]).current_dir(poa.path("."));
    assert!(shell.stdout(Stdio::null()).status().unwrap().success());
    let kept = fs::read_to_string(poa.path("kept")).unwrap();
    assert!(kept.starts_with("first\n") && kept.contains("challenge"), "{kept}");
}

#[test]
fn what_must_not_be_overwritten_is_not_reached_through_a_link_either() {
    let poa = Poa::new();
    fs::write(poa.path("target"), "kept").unwrap();
    symlink("target", poa.path("link")).unwrap();
    symlink("nothing", poa.path("dangling")).unwrap();
    for name in ["target", "link", "dangling"] {
        let run = poa.run(&["attest", "keygen", "--key", name]);
        assert!(run.status == 2 && run.stderr.contains("never overwritten"), "{name}: {}", run.stderr);
    }
    assert_eq!(fs::read(poa.path("target")).unwrap(), b"kept");
    assert!(!poa.path("nothing").exists());
}
