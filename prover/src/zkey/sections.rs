//! The file's table of sections.

use super::{Size, ZkeyError};
use crate::iden3::Bytes;

pub(super) const MAGIC: &[u8] = b"zkey";
pub(super) const VERSION: u32 = 1;
/// The transcript of contributions; it may be missing.
pub(super) const TRANSCRIPT: u32 = 10;

/// Sections 1 to 9, each of the circuit's length, and the transcript.
pub(super) struct Sections<'a>([&'a [u8]; 9], Option<&'a [u8]>);

impl<'a> Sections<'a> {
    /// Finds the sections, in whatever order they stand.
    pub fn read(file: &'a [u8], size: &Size) -> Result<Self, ZkeyError> {
        let mut rest = Bytes(file.strip_prefix(MAGIC).ok_or(ZkeyError::Magic)?);
        let version = rest.u32()?;
        if version != VERSION {
            return Err(ZkeyError::Version(version));
        }
        let mut found: [Option<&[u8]>; TRANSCRIPT as usize] = [None; TRANSCRIPT as usize];
        for _ in 0..rest.u32()? {
            let id = rest.u32()?;
            let length = rest.u64()?;
            let place = (id as usize).checked_sub(1).and_then(|i| found.get_mut(i)).filter(|place| place.is_none());
            let place = place.ok_or(ZkeyError::Section(id))?;
            if let Some(needed) = size.section(id).map(|needed| needed as u64)
                && length != needed
            {
                return Err(ZkeyError::SectionLength { section: id, found: length, needed });
            }
            *place = Some(rest.take(usize::try_from(length).map_err(|_| ZkeyError::Length)?)?);
        }
        if !rest.0.is_empty() {
            return Err(ZkeyError::Length);
        }
        let mut sections = [&[][..]; 9];
        for ((id, section), found) in (1..).zip(&mut sections).zip(found) {
            *section = found.ok_or(ZkeyError::Missing(id))?;
        }
        Ok(Self(sections, found[TRANSCRIPT as usize - 1]))
    }

    /// Section 10.
    pub fn transcript(&self) -> Option<&'a [u8]> {
        self.1
    }

    /// The bytes of section `id`, 1 to 9.
    pub fn get(&self, id: usize) -> &'a [u8] {
        self.0[id - 1]
    }
}
