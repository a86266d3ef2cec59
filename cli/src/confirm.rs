//! Acts that cannot be undone say what will happen to whom, and ask.
//!
//! On a terminal the user types `yes`. A script says `--yes`. Without either nothing is done: a command that was meant
//! for another directory, or typed too fast, changes nothing.

use std::io::{BufRead as _, IsTerminal as _};

use clap::Args;

use crate::exit::{Failure, OrFail as _, Outcome};
use crate::output;

/// The longest answer read, in bytes.
const MAX_ANSWER_BYTES: u64 = 64;

/// Agreement given beforehand.
#[derive(Args, Clone, Copy)]
pub struct ConfirmArgs {
    /// Do it without asking, for scripts
    #[arg(long)]
    yes: bool,
}

/// What is about to be done, for people.
pub struct Act<'a> {
    /// What, in one sentence.
    pub what: String,
    /// The service where it is done.
    pub service: &'a str,
    /// In whose name.
    pub by: String,
    /// Lines about whom it is done to.
    pub to: Vec<String>,
}

impl ConfirmArgs {
    /// Shows the act, and goes on only when the user agrees.
    pub fn agree(self, act: &Act<'_>) -> Outcome<()> {
        if self.yes {
            return Ok(());
        }
        let shown = [format!("{}. This cannot be undone.", act.what)].into_iter().chain(act.to.iter().cloned());
        let place = [format!("at           {}", act.service), format!("as           {}", act.by)];
        if !std::io::stdin().is_terminal() {
            let whom = act.to.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
            let whom = whom.collect::<Vec<_>>().join(", ");
            let what = format!("not done without your word: {} ({whom}; at {}, as {})", act.what, act.service, act.by);
            return Err(Failure::refused(what, "run it in a terminal, which asks; or add --yes in a script"));
        }
        shown.chain(place).for_each(|line| output::note(&line));
        output::ask("Type yes to do it: ");
        let mut answer = String::new();
        let mut stdin = std::io::Read::take(std::io::stdin().lock(), MAX_ANSWER_BYTES);
        stdin.read_line(&mut answer).or_fail("the answer cannot be read", "add --yes to do it without being asked")?;
        match answer.trim() {
            "yes" => Ok(()),
            _ => Err(Failure::refused("nothing was done", "type yes to do it")),
        }
    }
}
