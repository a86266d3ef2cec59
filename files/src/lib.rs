//! What this project trusts on a disk, how much it reads of it, and how it writes there.
//!
//! * [`own_directory`]: a directory that nobody but this user may read or replace;
//! * [`make_private_file`], [`close_file`], [`open_own_file`]: files inside it;
//! * [`read`]: a file, pipe or device up to a limit;
//! * [`write()`], [`replace_with`]: a file as a whole or not at all; a device, a pipe or a link keeps its place.
//!
//! # Not protected
//! The superuser, and whoever runs as the same user: they may do everything that this process may.

mod directory;
mod parents;
mod private;
mod read;
mod write;

pub use directory::{DirectoryError, own_directory};
pub use private::{Closed, FileError, close_file, make_private_file, open_own_file};
pub use read::{ReadError, read, read_all};
pub use write::{Existing, Stream, Writable, WriteError, replace_with, standard_stream, try_write, write};

/// The permission bits of group and others.
const OF_OTHERS: u32 = 0o077;
/// The permission bits with which group and others write.
const WRITE_OF_OTHERS: u32 = 0o022;

/// The user that this process acts as.
fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}
