//! A command line that runs no command: wrong usage, or a wish for help or the version.

use std::ffi::OsString;

use clap::error::ErrorKind;
use serde_json::json;

use crate::exit::{Exit, Failure};
use crate::output::{may_style, note, print_failure, print_json, print_own};

/// Prints what the parser has to say, as JSON where `--json` stands anywhere on the line.
pub fn print(stop: &clap::Error) -> Exit {
    let as_json = wants_json(std::env::args_os().skip(1));
    let text = stop.render();
    match stop.kind() {
        ErrorKind::DisplayHelp if as_json => print_json(&json!({ "help": text.to_string() })),
        ErrorKind::DisplayVersion if as_json => {
            print_json(&json!({ "name": "poa", "version": env!("CARGO_PKG_VERSION"), "commit": env!("POA_COMMIT") }));
        }
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // All of it is this program's own text.
            let styled = may_style(&std::io::stdout());
            print_own(&if styled { text.ansi().to_string() } else { text.to_string() });
        }
        _ if as_json => return print_failure(&failure(&text.to_string()), true),
        _ => {
            // It quotes the arguments, which may be somebody else's words.
            text.to_string().lines().for_each(note);
            return Exit::Error;
        }
    }
    Exit::Done
}

/// Looked for by hand, as a line that does not parse has no flags. Behind `--` there are none.
fn wants_json(args: impl Iterator<Item = OsString>) -> bool {
    let mut flags = args.take_while(|arg| arg != "--");
    flags.any(|arg| arg == "--json" || arg.as_encoded_bytes().starts_with(b"--json="))
}

/// The parser's text as one line of what happened and one of what to do next.
fn failure(text: &str) -> Failure {
    let mut paragraphs = text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    let first = paragraphs.next().unwrap_or_default();
    let tips = paragraphs.filter_map(|paragraph| paragraph.strip_prefix("tip: ").map(str::to_owned));
    let next = tips.chain(["see the command with --help".to_owned()]).collect::<Vec<_>>().join("; ");
    let what = match first.strip_prefix("error: ") {
        Some(what) => what.to_owned(),
        // Then it is the help of a command that needs another word.
        None => "the command line is not complete: a command is missing".to_owned(),
    };
    Failure::error(what, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_wanted_wherever_the_flag_stands_but_not_behind_two_hyphens() {
        let wants = |line: &str| wants_json(line.split(' ').map(OsString::from));
        for line in ["--json verify", "verify --json", "verify x --bad --json", "--json=yes verify"] {
            assert!(wants(line), "{line}");
        }
        for line in ["verify", "verify -- --json", "verify --jsonl"] {
            assert!(!wants(line), "{line}");
        }
    }

    #[test]
    fn a_parsers_text_becomes_two_lines() {
        let text =
            "error: unrecognized subcommand 'verfy'\n\n  tip: a similar subcommand exists: 'verify'\n\nUsage: poa\n";
        let failure = failure(text);
        assert_eq!(failure.what, "unrecognized subcommand 'verfy'");
        assert_eq!(failure.next, "a similar subcommand exists: 'verify'; see the command with --help");
        assert_eq!(failure.exit, Exit::Error);
    }
}
