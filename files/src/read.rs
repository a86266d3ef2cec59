//! Reading up to a limit, whatever kind of file it is.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// With a limit up to this the memory is reserved beforehand, also for a pipe.
const SHORT: u64 = 64 << 10;

/// Why something was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is more than may be read.
    #[error("it holds more than {limit} bytes")]
    TooLarge {
        /// The most that is read.
        limit: u64,
    },
    /// The operating system refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads a whole file, pipe or device that holds `limit` bytes at most. The limit is kept while reading: what a pipe or
/// device holds cannot be asked beforehand.
///
/// # Errors
/// [`ReadError`].
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > limit {
        return Err(ReadError::TooLarge { limit });
    }
    // One more shows that there is more. What may be a secret is reserved in full: growing would leave a copy behind.
    let reserved = if limit <= SHORT { limit } else { length } + 1;
    let mut bytes = Vec::with_capacity(usize::try_from(reserved).unwrap_or_default());
    read_into(file, limit, &mut bytes)?;
    Ok(bytes)
}

/// Reads a whole stream that holds `limit` bytes at most.
///
/// # Errors
/// [`ReadError`].
pub fn read_all(stream: impl Read, limit: u64) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    read_into(stream, limit, &mut bytes)?;
    Ok(bytes)
}

fn read_into(stream: impl Read, limit: u64, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
    stream.take(limit.saturating_add(1)).read_to_end(bytes)?;
    if bytes.len() as u64 > limit { Err(ReadError::TooLarge { limit }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_the_limit_and_a_byte_more_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let path = base.path().join("file");
        std::fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read(&path, 100).unwrap(), [7; 100]);
        assert!(matches!(read(&path, 99), Err(ReadError::TooLarge { limit: 99 })));
    }

    #[test]
    fn a_device_without_end_is_read_no_further_than_the_limit() {
        assert!(matches!(read(Path::new("/dev/zero"), 1 << 16), Err(ReadError::TooLarge { .. })));
        assert!(matches!(read_all(io::repeat(0), 1 << 16), Err(ReadError::TooLarge { .. })));
        assert_eq!(read(Path::new("/dev/null"), 0).unwrap(), []);
    }
}
