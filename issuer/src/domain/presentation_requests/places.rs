//! Who gives way when all places for open requests are taken.
//!
//! Addresses are cheap, networks less so. So a network that wants a place takes it from the one that has most, never
//! from one that has fewer than itself: whoever floods from some networks takes places from those alone.

/// What a network has open.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Load {
    /// The network's tag.
    pub network: String,
    /// Open requests.
    pub open: u64,
    /// Those of them that nobody has fetched yet.
    pub unfetched: u64,
}

/// Whose oldest request gives way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum GivesWay {
    /// The oldest that nobody has fetched yet, of this network.
    Unfetched(String),
    /// The oldest of this network, although a holder may be about to answer it.
    Any(String),
}

/// Decides for a network that asks for one more place. None when nobody has to give way.
///
/// Who gives way is decided by how many each has, never by what was fetched: fetching is anonymous, so a flood would fetch
/// its own requests and have honest ones give way.
pub fn gives_way(asks: &str, loads: &[Load]) -> Option<GivesWay> {
    let own = loads.iter().find(|load| load.network == asks).map_or(0, |load| load.open);
    let fitting = loads.iter().filter(|load| load.open > own || load.network == asks);
    // Of two that have as many, always the same one.
    let most = fitting.max_by(|a, b| a.open.cmp(&b.open).then_with(|| b.network.cmp(&a.network)))?;
    if most.unfetched > 0 {
        return Some(GivesWay::Unfetched(most.network.clone()));
    }
    // Taking turns helps nobody: with one more the asking network must still not be ahead.
    (most.open > own + 1).then(|| GivesWay::Any(most.network.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(network: &str, open: u64, unfetched: u64) -> Load {
        Load { network: network.to_owned(), open, unfetched }
    }

    fn unfetched(network: &str) -> Option<GivesWay> {
        Some(GivesWay::Unfetched(network.to_owned()))
    }

    #[test]
    fn the_network_with_most_open_gives_way() {
        let loads = [load("a", 200, 200), load("b", 100, 100), load("c", 1, 1)];
        assert_eq!(gives_way("new", &loads), unfetched("a"));
        assert_eq!(gives_way("c", &loads), unfetched("a"));
        assert_eq!(gives_way("b", &loads), unfetched("a"));
        assert_eq!(gives_way("a", &loads), unfetched("a"), "it gives way to itself");
    }

    #[test]
    fn no_network_takes_a_place_from_one_that_has_fewer() {
        let loads = [load("flood", 200, 0), load("honest", 1, 1)];
        assert_eq!(gives_way("flood", &loads), None);
        let loads = [load("flood", 200, 0), load("other", 200, 0), load("honest", 3, 3)];
        assert_eq!(gives_way("flood", &loads), None);
        assert_eq!(gives_way("new", &loads), Some(GivesWay::Any("flood".to_owned())), "a flood that fetches its own");
    }

    #[test]
    fn fetched_requests_give_way_only_of_those_that_have_more() {
        let loads = [load("a", 200, 0), load("b", 150, 1)];
        assert_eq!(gives_way("new", &loads), Some(GivesWay::Any("a".to_owned())));
        let loads = [load("a", 200, 0), load("b", 150, 0)];
        assert_eq!(gives_way("new", &loads), Some(GivesWay::Any("a".to_owned())));
        assert_eq!(gives_way("b", &loads), Some(GivesWay::Any("a".to_owned())));
        assert_eq!(gives_way("a", &loads), None);
        assert_eq!(gives_way("a", &[load("a", 200, 0), load("b", 201, 0)]), None, "taking turns helps nobody");
        assert_eq!(gives_way("a", &[]), None);
    }

    #[test]
    fn of_two_with_as_many_it_is_always_the_same() {
        let (a, b) = (load("a", 5, 5), load("b", 5, 5));
        assert_eq!(gives_way("new", &[a.clone(), b.clone()]), unfetched("a"));
        assert_eq!(gives_way("new", &[b, a]), unfetched("a"));
    }
}
