//! What a command does with streams, files, directories and words that are not its own.

#[path = "../support/mod.rs"]
mod support;

mod directories;
mod hostile;
mod out;
mod streams;
