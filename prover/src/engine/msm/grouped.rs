//! Numbers sorted into groups by counting: which table entry goes to which bucket.

use zeroize::Zeroizing;

/// Something that names pairs of group and member, the same ones each time.
pub(super) trait Source {
    /// Calls `each` with every pair.
    fn visit(&self, each: impl FnMut(u32, u32));
}

/// Members by group. Secret: it is the scalars, rearranged.
pub(super) struct Grouped {
    /// Where each group starts, and one more.
    starts: Zeroizing<Vec<u32>>,
    members: Zeroizing<Vec<u32>>,
}

impl Grouped {
    /// Sorts what the source names: one visit to count, one to place.
    pub fn new(groups: u32, source: &impl Source) -> Self {
        // Counts land one place to the right, so that placing turns them into starts.
        let mut starts = Zeroizing::new(vec![0u32; groups as usize + 2]);
        source.visit(|group, _| starts[group as usize + 2] += 1);
        let mut total = 0;
        for start in starts.iter_mut() {
            total += *start;
            *start = total;
        }
        let mut members = Zeroizing::new(vec![0u32; total as usize]);
        source.visit(|group, member| {
            let next = &mut starts[group as usize + 1];
            members[*next as usize] = member;
            *next += 1;
        });
        starts.pop();
        Self { starts, members }
    }

    /// The number of groups, empty ones included.
    pub fn groups(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of members of a group.
    pub fn size(&self, group: usize) -> usize {
        (self.starts[group + 1] - self.starts[group]) as usize
    }

    /// The members of consecutive groups.
    pub fn members(&self, groups: std::ops::Range<usize>) -> &[u32] {
        &self.members[self.starts[groups.start] as usize..self.starts[groups.end] as usize]
    }

    /// Consecutive groups in ranges of about `size` members.
    pub fn ranges(&self, size: usize) -> Vec<std::ops::Range<usize>> {
        let mut ranges = Vec::with_capacity(self.members.len() / size + 1);
        let mut first = 0;
        for end in 1..=self.groups() {
            if end == self.groups() || self.members(first..end).len() >= size {
                ranges.push(first..end);
                first = end;
            }
        }
        ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pairs(Vec<(u32, u32)>);
    impl Source for Pairs {
        fn visit(&self, mut each: impl FnMut(u32, u32)) {
            self.0.iter().for_each(|(group, member)| each(*group, *member));
        }
    }

    #[test]
    fn every_member_is_in_its_group_and_nowhere_else() {
        let pairs = vec![(2, 7), (0, 1), (2, 8), (4, 9), (0, 2), (2, 7)];
        let grouped = Grouped::new(6, &Pairs(pairs));
        assert_eq!(grouped.groups(), 6);
        let members: Vec<&[u32]> = (0..6).map(|g| grouped.members(g..g + 1)).collect();
        assert_eq!(members, [&[1u32, 2][..], &[], &[7, 8, 7], &[], &[9], &[]]);
        assert_eq!(grouped.size(2), 3);
    }

    #[test]
    fn ranges_cover_all_groups_once() {
        let grouped = Grouped::new(5, &Pairs((0..50).map(|i| (i % 4, i)).collect()));
        for size in [1, 13, 14, 1000] {
            let ranges = grouped.ranges(size);
            assert_eq!(ranges.iter().flat_map(|r| r.clone()).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        }
        assert_eq!(Grouped::new(3, &Pairs(vec![])).ranges(8), std::slice::from_ref(&(0..3)));
    }
}
