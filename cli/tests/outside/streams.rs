//! Standard streams that are full, closed or without end, and what may be coloured.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Poa, finish};

const LIMIT: Duration = Duration::from_secs(60);
const REQUEST: [&str; 3] = ["request", "--domain", "https://v.example"];
const FAILING: [&str; 2] = ["trust", "show"];

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// The status of a command with a standard stream closed by the shell.
fn with_closed(poa: &Poa, redirect: &str, args: &[&str]) -> i32 {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$@\" {redirect}"), "sh"]).arg(env!("CARGO_BIN_EXE_poa")).args(args);
    shell.env_clear().env("HOME", poa.path("home")).current_dir(poa.path("."));
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().code().unwrap()
}

#[test]
fn a_full_or_closed_standard_error_changes_no_exit_status() {
    let poa = Poa::new();
    for json in [&[][..], &["--json"]] {
        for (args, status) in [(&FAILING[..], 2), (&["verfy"][..], 2), (&REQUEST[..], 0)] {
            let args = [json, args].concat();
            let mut full_stderr = poa.command(&args);
            assert_eq!(full_stderr.stderr(full()).output().unwrap().status.code(), Some(status), "{args:?}");
            let mut unread = poa.command(&args).spawn().unwrap();
            drop(unread.stderr.take());
            assert_eq!(unread.wait_with_output().unwrap().status.code(), Some(status), "{args:?}");
            assert_eq!(with_closed(&poa, "2>&-", &args), status, "{args:?}");
        }
    }
}

#[test]
fn success_is_not_reported_when_standard_output_is_full() {
    let poa = Poa::new();
    for args in [
        &REQUEST[..],
        &["--json", "request", "--domain", "https://v.example"],
        &["--help"],
        &["--version"],
        &["--json", "--help"],
        &["--json", "trust", "show"],
        &["request", "--domain", "https://v.example", "--out", "-"],
        &["request", "--domain", "https://v.example", "--out", "/dev/stdout"],
        &["request", "--domain", "https://v.example", "--out", "/dev/full"],
    ] {
        let run = poa.command(args).stdout(full()).output().unwrap();
        assert_eq!(run.status.code(), Some(2), "{args:?}");
        let stderr = String::from_utf8(run.stderr).unwrap();
        assert!(stderr.contains("No space left on device"), "{args:?}: {stderr}");
    }
    // What fails says so on standard error, and needs no standard output.
    assert_eq!(poa.command(&FAILING).stdout(full()).output().unwrap().status.code(), Some(2));
}

/// What a command says on standard error, and its status, with streams closed or led elsewhere by the shell.
fn redirected(poa: &Poa, redirect: &str, args: &[&str]) -> (i32, String) {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$@\" {redirect}"), "sh"]).arg(env!("CARGO_BIN_EXE_poa")).args(args);
    shell.env_clear().env("HOME", poa.path("home")).env("PATH", "/usr/bin:/bin").current_dir(poa.path("."));
    let run = shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
    (run.status.code().unwrap(), String::from_utf8(run.stderr).unwrap())
}

#[test]
fn success_is_not_reported_when_standard_output_is_closed() {
    let poa = Poa::new();
    std::fs::write(poa.path("readable"), "").unwrap();
    for args in [
        &REQUEST[..],
        &["--json", "request", "--domain", "https://v.example"],
        &["--help"],
        &["--version"],
        &["--json", "--help"],
        &["--json", "trust", "show"],
        &["request", "--domain", "https://v.example", "--out", "-"],
        &["request", "--domain", "https://v.example", "--out", "/dev/stdout"],
    ] {
        for redirect in [">&-", "<&- >&-", "1<readable"] {
            let (status, stderr) = redirected(&poa, redirect, args);
            assert_eq!(status, 2, "{args:?} {redirect}: {stderr}");
            assert!(stderr.contains("closed"), "{args:?} {redirect}: {stderr}");
        }
        assert_eq!(redirected(&poa, ">&- 2>&-", args).0, 2, "{args:?}");
        // Led to where nothing is kept, by whoever wanted that.
        for wanted in [">/dev/null", "1<>/dev/null"] {
            let shown = redirected(&poa, wanted, args);
            assert_eq!(shown.0, if args.contains(&"show") { 2 } else { 0 }, "{args:?} {wanted}: {}", shown.1);
        }
    }
}

/// A file that is opened first would take the number of a closed stream, and what is printed would end in it.
#[test]
fn no_file_takes_the_place_of_a_closed_standard_stream() {
    let poa = Poa::new();
    let init = ["--data-dir", "h", "holder", "init", "--key-file", "h.key"];
    let (status, stderr) = redirected(&poa, "<&- >&- 2>&-", &init);
    assert_eq!((status, stderr.as_str()), (2, ""), "it is made, and cannot be said");
    let show = poa.run(&["--data-dir", "h", "holder", "show", "--key-file", "h.key"]);
    assert_eq!(show.status, 0, "nothing was printed into a file: {}", show.stderr);
    for redirect in ["<&- >&- 2>&-", "<&-", ">&-", "2>&-", ">&- 2>&-"] {
        let args = ["request", "--domain", "https://v.example", "--out", "request.json"];
        let _ = redirected(&poa, redirect, &args);
        let written = std::fs::read(poa.path("request.json")).unwrap();
        assert!(serde_json::from_slice::<Value>(&written).is_ok(), "{redirect}: {}", String::from_utf8_lossy(&written));
        std::fs::remove_file(poa.path("request.json")).unwrap();
    }
    // A service holds its database open all the time.
    let serve = ["serve", "--data-dir", "svc", "--listen", "127.0.0.1:0", "--engine", "small"];
    let mut shell = Command::new("sh");
    shell.args(["-c", "exec \"$@\" <&- >&- 2>&-", "sh"]).arg(env!("CARGO_BIN_EXE_poa")).args(serve);
    shell.env_clear().env("HOME", poa.path("home")).current_dir(poa.path("."));
    shell.env("POA_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/engine"));
    let mut child = shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(300);
    while !poa.path("svc/poa.sqlite").exists() {
        assert!(std::time::Instant::now() < deadline && child.try_wait().unwrap().is_none(), "it does not start");
        std::thread::sleep(Duration::from_millis(50));
    }
    for stream in 0..3 {
        let leads = std::fs::read_link(format!("/proc/{}/fd/{stream}", child.id())).unwrap();
        assert_eq!(leads, std::path::Path::new("/dev/null"), "{stream}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let poa = Poa::new();
    for args in [&REQUEST[..], &["--help"], &["--version"], &["selftest"]] {
        let mut child = poa.command(args).spawn().unwrap();
        drop(child.stdout.take());
        let run = child.wait_with_output().unwrap();
        assert_eq!((run.status.code(), run.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
    }
}

#[test]
fn a_service_starts_although_standard_error_is_full() {
    let poa = Poa::new();
    let args = ["--json", "--data-dir", "svc", "serve", "--listen", "127.0.0.1:0", "--engine", "small"];
    let mut command = poa.command(&args);
    command.env("POA_CACHE_DIR", poa.path("cold")).env("RUST_LOG", "trace").stderr(full());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
    std::io::BufRead::read_line(&mut stdout, &mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["event"], "listening");
}

#[test]
fn with_json_wrong_usage_is_one_object_too_wherever_the_flag_stands() {
    let poa = Poa::new();
    for args in [
        &["--json", "verify"][..],
        &["--json", "frobnicate"],
        &["--json"],
        &["--json", "trust"],
        &["--json=yes", "verify", "x"],
        &["verify", "--json", "--no-such-flag", "x"],
        &["request", "--domain", "https://v.example", "--max-root-age-s", "many", "--json"],
        &["--json", "present", "--to", "https://v.example", "--request", "a", "--request-url", "b"],
    ] {
        let run = poa.run(args);
        assert_eq!((run.status, run.stderr.as_str()), (2, ""), "{args:?}");
        let error = &run.json()["error"];
        assert_eq!(error["exit"], 2, "{args:?}");
        for member in ["what", "next"] {
            let text = error[member].as_str().unwrap();
            assert!(text.len() > 10 && !text.contains('\n') && !text.starts_with("error"), "{args:?}: {text}");
        }
    }
    let near = poa.run(&["--json", "verfy"]).json();
    assert!(near["error"]["next"].as_str().unwrap().contains("verify"), "{near}");
    let plain = poa.run(&["verify", "--", "--json"]);
    assert!(plain.stdout.is_empty() && !plain.stderr.is_empty(), "behind -- it is a file's name");
}

#[test]
fn with_json_help_and_version_are_objects() {
    let poa = Poa::new();
    for args in [&["--json", "--help"][..], &["verify", "--help", "--json"], &["--json", "help", "verify"]] {
        let run = poa.run(args);
        assert!(run.status == 0 && run.json()["help"].as_str().unwrap().contains("Usage: poa"), "{args:?}");
    }
    let run = poa.run(&["--json", "--version"]);
    assert_eq!(
        (run.status, &run.json()["name"], &run.json()["version"]),
        (0, &"poa".into(), &env!("CARGO_PKG_VERSION").into())
    );
    let commit = run.json()["commit"].as_str().unwrap().to_owned();
    assert_eq!(poa.run(&["--version"]).stdout, format!("poa {} ({commit})\n", env!("CARGO_PKG_VERSION")));
    if let Some((hash, date)) = commit.split_once(' ').filter(|_| commit != "no commit known") {
        assert!(hash.len() == 12 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{commit}");
        assert!(date.len() == 10 && date.as_bytes()[4] == b'-' && date.as_bytes()[7] == b'-', "{commit}");
    }
}

#[test]
fn a_pipe_or_device_is_read_up_to_the_limit() {
    let poa = Poa::new();
    std::fs::write(poa.path("request.json"), "{}").unwrap();
    for (args, limit) in [
        (&["verify", "/dev/zero"][..], "16 MiB"),
        (&["verify", "request.json", "--request", "/dev/zero"], "16 MiB"),
        (&["verify", "request.json", "--trust", "/dev/zero"], "16 MiB"),
        (&["attest", "sign", "--key", "/dev/zero", "request.json"], "can be read by others"),
        (&["attest", "post", "/dev/zero", "--service", "http://127.0.0.1:9"], "16 MiB"),
        (&["serve", "--data-dir", "svc", "--listen", "127.0.0.1:0", "--agenthood-issuers", "/dev/zero"], "16 MiB"),
        (
            &[
                "serve",
                "--data-dir",
                "svc",
                "--listen",
                "127.0.0.1:0",
                "--tls-cert",
                "/dev/zero",
                "--tls-key",
                "/dev/zero",
            ],
            "more than 65536 bytes",
        ),
    ] {
        let run = poa.run(args);
        assert_ne!(run.status, 0, "{args:?}");
        assert!(run.stderr.contains(limit), "{args:?}: {}", run.stderr);
    }
    let mut yes = Command::new("yes").stdout(Stdio::piped()).spawn().unwrap();
    let mut verify = poa.command(&["verify", "/dev/stdin"]);
    let run = finish(verify.stdin(yes.stdout.take().unwrap()).spawn().unwrap(), LIMIT);
    yes.kill().unwrap();
    yes.wait().unwrap();
    assert!(run.status == 2 && run.stderr.contains("16 MiB"), "{}", run.stderr);

    let mut yes = Command::new("yes").stdout(Stdio::piped()).spawn().unwrap();
    let mut show = poa.command(&["holder", "init", "--data-dir", "h", "--key-file", "/dev/stdin"]);
    let run = finish(show.stdin(yes.stdout.take().unwrap()).spawn().unwrap(), LIMIT);
    yes.kill().unwrap();
    yes.wait().unwrap();
    assert!(run.stderr.contains("larger than 64 KiB"), "{}", run.stderr);
}

/// What a command writes to a terminal, by `script(1)`.
fn on_a_terminal(poa: &Poa, variables: &[(&str, &str)], command: &str) -> String {
    let mut script = Command::new("script");
    script.args(["-qec", &format!("'{}' {command}", env!("CARGO_BIN_EXE_poa")), "/dev/null"]);
    script.env_clear().env("HOME", poa.path("home")).envs(variables.iter().copied());
    script.env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh").current_dir(poa.path("."));
    script.env("POA_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/engine"));
    script.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = finish(script.spawn().unwrap(), Duration::from_secs(300));
    run.stdout
}

#[test]
fn nothing_is_coloured_on_a_terminal_that_says_no() {
    let poa = Poa::new();
    let serve = "serve --data-dir svc --listen 127.0.0.1:0 --public-url https://h.example --production";
    let logging = "agent list --service http://127.0.0.1:9";
    for command in ["--help", "verfy", "trust show", serve, logging] {
        for refusal in [&[("NO_COLOR", "1"), ("TERM", "xterm")][..], &[("TERM", "dumb")], &[]] {
            let variables = [refusal, &[("RUST_LOG", "trace")]].concat();
            let shown = on_a_terminal(&poa, &variables, command);
            assert!(!shown.is_empty() && !shown.contains('\u{1b}'), "{command} {refusal:?}: {shown}");
            assert!(command != logging || shown.contains("DEBUG"), "{shown}");
        }
    }
    let shown = on_a_terminal(&poa, &[("TERM", "xterm"), ("NO_COLOR", "")], "--help");
    assert!(shown.contains('\u{1b}'), "an empty NO_COLOR refuses nothing: {shown}");
}
