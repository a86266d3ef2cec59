//! Notes the commit that is built and its date, for `poa --version`: from git, or from `POA_COMMIT` where sources are built
//! without their history. Links `src/closed_streams.c` into the program.

use std::process::Command;

/// What git prints for these arguments, in this crate's directory; none without git or history.
fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|text| !text.is_empty())
}

fn main() {
    note_commit();
    println!("cargo:rerun-if-changed=src/closed_streams.c");
    // As an object and not as a library: nothing calls it, so a linker would leave it out of one.
    for object in cc::Build::new().file("src/closed_streams.c").warnings_into_errors(true).compile_intermediates() {
        println!("cargo:rustc-link-arg-bins={}", object.display());
    }
}

fn note_commit() {
    println!("cargo:rerun-if-env-changed=POA_COMMIT");
    // Changes with each commit and checkout; without history nothing changes.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo:rerun-if-changed={log}");
    }
    let given = std::env::var("POA_COMMIT").ok().filter(|text| !text.is_empty());
    let commit = given.or_else(|| git(&["log", "-1", "--abbrev=12", "--date=format:%Y-%m-%d", "--format=%h %cd"]));
    println!("cargo:rustc-env=POA_COMMIT={}", commit.as_deref().unwrap_or("no commit known"));
}
