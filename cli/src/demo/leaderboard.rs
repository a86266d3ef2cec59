//! The real input: public SWE-bench leaderboards, and the receipts that follow from each row.
//!
//! Nothing is added to a row: what it does not say (earnings, quality, disputes, builds) no receipt
//! claims. Provenance: `cli/data/README.md`.

use std::collections::BTreeMap;

use poa_verifier::did::AgentDid;
use poa_verifier::time::parse_utc;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::exit::{OrFail, Outcome};

/// The capability registry of the demo's service.
pub const CAPABILITIES: [&str; 8] = [
    "swe-bench-lite",
    "swe-bench-verified",
    "swe-bench-test",
    "swe-bench-multimodal",
    "open-source",
    "logs-published",
    "trajectories-published",
    "checked-by-board",
];
const DATA: &str = include_str!("../../data/swe-bench-leaderboard.json");

/// The sentence that goes with every count made from these boards.
pub const OVERLAP: &str = "The boards overlap (Lite and Verified are parts of Test): each agent's best row per board counts once, \
     and a sum over boards counts some issues twice.";

/// One submission of an agent to a board.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    agent: String,
    submission: String,
    /// `Lite`, `Verified`, `Test` or `Multimodal`.
    pub board: String,
    /// Issues on the board.
    pub tasks_attempted: u64,
    /// Issues the agent resolved.
    pub tasks_resolved: u64,
    submitted: String,
    logs_published: bool,
    trajectories_published: bool,
    checked_by_board: bool,
    open_source: bool,
    site: Option<String>,
}

#[derive(Deserialize)]
struct Leaderboard {
    rows: Vec<Row>,
}

/// An agent with its rows; within a board the weaker ones first.
#[derive(Clone, Debug)]
pub struct Entrant {
    /// As on the leaderboard.
    pub name: String,
    /// Every submission.
    pub rows: Vec<Row>,
}

/// The agents in order of name.
pub fn entrants() -> Outcome<Vec<Entrant>> {
    let board: Leaderboard =
        serde_json::from_str(DATA).or_fail("the leaderboard", "the program was built from damaged data")?;
    let mut entrants: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in board.rows {
        entrants.entry(row.agent.clone()).or_default().push(row);
    }
    Ok(entrants
        .into_iter()
        .map(|(name, mut rows)| {
            rows.sort_by(|a, b| (&a.board, a.tasks_resolved).cmp(&(&b.board, b.tasks_resolved)));
            Entrant { name, rows }
        })
        .collect())
}

impl Row {
    /// The receipt's name, unique among all rows.
    pub fn jti(&self) -> String {
        format!("{}/{}", self.board, self.submission)
    }

    /// When the work was submitted, Unix seconds (midnight UTC of the day).
    pub fn submitted_unix_s(&self) -> Outcome<u64> {
        parse_utc(&format!("{}T00:00:00Z", self.submitted))
            .or_fail("a leaderboard date", "the program was built from damaged data")
    }

    /// Where the row says the agent can be seen. Two rows name a second address in parentheses; a
    /// receipt has room for one.
    fn evidence(&self) -> Option<&str> {
        self.site.as_deref()?.split_whitespace().next()
    }

    /// What the row's own facts show; names of the service's capability registry.
    fn capabilities(&self) -> Vec<String> {
        let board = format!("swe-bench-{}", self.board.to_lowercase());
        let facts = [
            (self.open_source, "open-source"),
            (self.logs_published, "logs-published"),
            (self.trajectories_published, "trajectories-published"),
            (self.checked_by_board, "checked-by-board"),
        ];
        let shown = facts.iter().filter(|(shown, _)| *shown);
        std::iter::once(board).chain(shown.map(|(_, name)| (*name).to_owned())).collect()
    }
}

impl Entrant {
    /// Claims of one receipt per row. Within a board each better row replaces the one before, so
    /// that the best alone counts.
    pub fn receipts(&self, did: &AgentDid, now_unix_s: u64) -> Outcome<Vec<Map<String, Value>>> {
        let mut before: Option<&Row> = None;
        self.rows
            .iter()
            .map(|row| {
                let mut claims = Map::from_iter([
                    ("sub".into(), json!(did)),
                    ("iat".into(), json!(now_unix_s)),
                    ("jti".into(), json!(row.jti())),
                    ("period_end".into(), json!(row.submitted_unix_s()?)),
                    ("attempted".into(), json!(row.tasks_attempted)),
                    ("completed".into(), json!(row.tasks_resolved)),
                    ("capabilities".into(), json!(row.capabilities())),
                ]);
                if let Some(site) = row.evidence() {
                    claims.insert("evidence".into(), json!(site));
                }
                if let Some(weaker) = before.filter(|weaker| weaker.board == row.board) {
                    claims.insert("replaces".into(), json!(weaker.jti()));
                }
                before = Some(row);
                Ok(claims)
            })
            .collect()
    }

    /// (attempted, resolved) over the best row of each board.
    pub fn counted(&self) -> (u64, u64) {
        let best: BTreeMap<&str, &Row> = self.rows.iter().map(|row| (row.board.as_str(), row)).collect();
        best.values()
            .fold((0, 0), |(attempted, resolved), row| (attempted + row.tasks_attempted, resolved + row.tasks_resolved))
    }

    /// The first submission, Unix seconds.
    pub fn first_submitted_unix_s(&self) -> Outcome<u64> {
        self.rows.iter().try_fold(u64::MAX, |first, row| Ok(first.min(row.submitted_unix_s()?)))
    }
}

/// The entrant with the highest share of resolved issues; the larger count decides a tie.
pub fn best(entrants: &[Entrant]) -> Option<usize> {
    let key = |index: &usize| {
        let (attempted, resolved) = entrants[*index].counted();
        // Exact: shares compare as hundred-thousandths, far finer than any two rows differ.
        (resolved * 100_000 / attempted.max(1), resolved)
    };
    (0..entrants.len()).max_by_key(key)
}

/// The largest of 1, 2, 5 × 10^k that is at most `count`: the grid of bounds on counts.
pub fn grid_below(count: u64) -> u64 {
    let power = 10u64.pow(count.max(1).ilog10());
    [5, 2, 1].into_iter().map(|step| step * power).find(|bound| *bound <= count.max(1)).unwrap_or(power)
}

/// A reputation that an agent with these counts has whatever its age: the documented formula's
/// completion and volume factors, with longevity 0, down to a multiple of 500.
pub fn reputation_floor(attempted: u64, completed: u64) -> u64 {
    let bits = u64::from(u64::BITS - completed.leading_zeros());
    let completion = completed * 10_000 / attempted.max(1);
    let volume = (bits * 10_000 / 16).min(10_000);
    let score = (25 * completion + 10 * volume) / (25 + 10 + 10);
    score / 500 * 500
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn did() -> AgentDid {
        "did:poa:h.example:67e55044-10b1-426f-9247-bb680e5fe0c8".parse().unwrap()
    }

    #[test]
    fn the_data_has_the_agents_and_rows_the_demo_speaks_of() {
        let entrants = entrants().unwrap();
        assert_eq!(entrants.len(), 104);
        let rows: Vec<&Row> = entrants.iter().flat_map(|entrant| &entrant.rows).collect();
        assert_eq!(rows.len(), 152);
        let names: HashSet<String> = rows.iter().map(|row| row.jti()).collect();
        assert_eq!(names.len(), 152, "every row has a receipt of its own");
        assert!(names.iter().all(|name| name.len() <= 128));
        assert!(rows.iter().all(|row| row.tasks_resolved <= row.tasks_attempted));
    }

    #[test]
    fn a_weaker_row_of_the_same_agent_and_board_is_replaced_and_counts_no_more() {
        let entrants = entrants().unwrap();
        let devlo = entrants.iter().find(|entrant| entrant.name == "devlo").unwrap();
        let receipts = devlo.receipts(&did(), 1).unwrap();
        let verified: Vec<_> =
            receipts.iter().filter(|claims| claims["jti"].as_str().unwrap().starts_with("Verified/")).collect();
        assert_eq!(verified.len(), 2);
        assert_eq!(verified[0]["completed"], 271);
        assert_eq!(verified[1]["completed"], 291);
        assert_eq!(verified[1]["replaces"], verified[0]["jti"]);
        let boards: HashSet<_> = devlo.rows.iter().map(|row| &row.board).collect();
        let all: u64 = devlo.rows.iter().map(|row| row.tasks_resolved).sum();
        assert_eq!(devlo.counted().1, all - 271);
        let replaced = receipts.iter().filter(|claims| claims.contains_key("replaces")).count();
        assert_eq!(replaced, receipts.len() - boards.len());
    }

    #[test]
    fn nothing_is_claimed_that_a_row_does_not_say() {
        for entrant in entrants().unwrap() {
            for claims in entrant.receipts(&did(), 1).unwrap() {
                for absent in ["earned_sats", "stake_sats", "quality", "confidence", "disputed", "build_sha256"] {
                    assert!(!claims.contains_key(absent), "{absent}");
                }
            }
        }
    }

    #[test]
    fn evidence_is_one_address() {
        let rows = entrants().unwrap().into_iter().flat_map(|entrant| entrant.rows);
        let sites: Vec<Row> = rows.filter(|row| row.site.is_some()).collect();
        assert_eq!(sites.len(), 131);
        for row in sites {
            let url = row.evidence().unwrap();
            assert!(url.starts_with("https://") && url.bytes().all(|b| b.is_ascii_graphic()), "{url}");
        }
    }

    #[test]
    fn bounds_are_on_the_grid_and_hold() {
        for (count, bound) in [(0, 1), (1, 1), (3, 2), (9, 5), (10, 10), (323, 200), (1064, 1000), (4999, 2000)] {
            assert_eq!(grid_below(count), bound, "{count}");
        }
        assert_eq!(reputation_floor(500, 323), 4500);
        assert_eq!(reputation_floor(0, 0), 0);
    }
}
