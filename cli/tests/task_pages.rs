//! The task pages of `docs/`, run as they are printed, one after the other in one shell and one directory.
//!
//! A block fenced as `sh` is run and must succeed. A block fenced as `text` right after it is what it prints on standard
//! output; `…` stands for anything. Only the port is another: a free one in the place of 8080.

mod support;

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};

use support::Poa;

/// In the order of reading: each goes on where the one before it ended.
const PAGES: [&str; 3] = ["issue.md", "hold.md", "verify.md"];
const PRINTED_PORT: &str = "8080";

/// A block to run.
struct Block {
    page: &'static str,
    line: usize,
    commands: String,
    prints: Option<String>,
}

/// The blocks of a page, in their order.
fn blocks(page: &'static str, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
        let body = body.join("\n");
        match (language, blocks.last_mut()) {
            ("sh", _) => blocks.push(Block { page, line: number + 1, commands: body, prints: None }),
            ("text", Some(last)) => last.prints = Some(body),
            _ => panic!("docs/{page}:{}: a block of {language:?} that nothing runs", number + 1),
        }
    }
    blocks
}

/// Whether a printed text is the expected one, in which `…` stands for anything.
fn is_as_expected(expected: &str, printed: &str) -> bool {
    let mut parts = expected.split('…');
    let Some(mut rest) = parts.next().and_then(|first| printed.strip_prefix(first)) else { return false };
    let mut open = false;
    for part in parts {
        let Some(place) = rest.find(part) else { return false };
        rest = &rest[place + part.len()..];
        open = part.is_empty();
    }
    rest.is_empty() || open
}

#[test]
fn an_ellipsis_stands_for_anything() {
    for (expected, printed, fits) in [
        ("a", "a", true),
        ("a", "ab", false),
        ("a…", "abc", true),
        ("a…c", "abc", true),
        ("a…c", "abcd", false),
        ("…b…", "abc", true),
        ("a…", "b", false),
    ] {
        assert_eq!(is_as_expected(expected, printed), fits, "{expected} {printed}");
    }
}

#[test]
fn the_task_pages_do_what_they_print() {
    let poa = Poa::new();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let here = |text: &str| text.replace(PRINTED_PORT, &port);
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let pages = PAGES.map(|page| (page, std::fs::read_to_string(docs.join(page)).unwrap()));
    let blocks: Vec<Block> = pages.iter().flat_map(|(page, text)| blocks(page, text)).collect();

    // What runs in the background ends with the shell.
    let mut script = "set -euo pipefail\ntrap 'kill $(jobs -p); wait' EXIT\n".to_owned();
    for (number, block) in blocks.iter().enumerate() {
        write!(script, "echo {number} > at\nexec > out.{number} 2> err.{number}\n{}\n", here(&block.commands)).unwrap();
    }
    std::fs::write(poa.path("script"), script).unwrap();
    let path = format!("{}:{}", Path::new(env!("CARGO_BIN_EXE_poa")).parent().unwrap().display(), env!("PATH"));
    let status = Command::new("timeout")
        .args(["--kill-after=10", "400", "bash", "script"])
        .env_clear()
        .envs([("HOME", poa.text("")), ("PATH", path)])
        .env("POA_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/engine"))
        .current_dir(poa.path(""))
        .stdin(Stdio::null())
        .status()
        .unwrap();

    let read = |name: String| std::fs::read_to_string(poa.path(&name)).unwrap_or_default();
    if !status.success() {
        let number: usize = read("at".to_owned()).trim().parse().unwrap();
        let Block { page, line, commands, .. } = &blocks[number];
        let (out, err) = (read(format!("out.{number}")), read(format!("err.{number}")));
        panic!(
            "docs/{page}:{line}: {status}\n{commands}\n--- it printed\n{out}{err}--- the service\n{}",
            read("serve.log".into())
        );
    }
    for (number, Block { page, line, prints, .. }) in blocks.iter().enumerate() {
        let Some(expected) = prints else { continue };
        let printed = read(format!("out.{number}"));
        assert!(
            is_as_expected(&here(expected), printed.trim_end()),
            "docs/{page}:{line} prints\n{printed}\nand not\n{expected}"
        );
    }
}
