//! The table: one row a quantity, for people and as JSON.

use std::fmt;

use serde::Serialize;

use crate::measure::Spread;

/// What a row has to show.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The other side takes at least so many times as much.
    Ratio(f64),
    /// Our figure is at most this, in the row's unit.
    AtMost(f64),
    /// Our figure is at least this, in the row's unit.
    AtLeast(f64),
}

/// One quantity, measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What was measured.
    pub quantity: &'static str,
    /// `ms`, `µs`, `MiB` or `leaves/s`, of every figure in the row.
    pub unit: &'static str,
    /// Our side.
    pub ours: Spread,
    /// What the other side is, where there is one.
    pub against: Option<&'static str>,
    /// The other side.
    pub theirs: Option<Spread>,
    /// The other side's median by ours.
    pub ratio: Option<f64>,
    /// What the row has to show; none for a figure that is stated only.
    pub target: Option<Target>,
    /// Whether it does.
    pub met: Option<bool>,
}

impl Row {
    /// A figure of ours alone.
    pub fn alone(quantity: &'static str, unit: &'static str, ours: Spread, target: Option<Target>) -> Self {
        Self::new(quantity, unit, ours, None, target)
    }

    /// A figure beside somebody else's, both as time: less is better.
    pub fn against(
        quantity: &'static str,
        unit: &'static str,
        ours: Spread,
        (against, theirs): (&'static str, Spread),
        target: Target,
    ) -> Self {
        Self::new(quantity, unit, ours, Some((against, theirs)), Some(target))
    }

    fn new(
        quantity: &'static str,
        unit: &'static str,
        ours: Spread,
        other: Option<(&'static str, Spread)>,
        target: Option<Target>,
    ) -> Self {
        let (against, theirs) = other.unzip();
        let ratio = theirs.map(|theirs: Spread| theirs.median / ours.median);
        let met = target.map(|target| match target {
            Target::Ratio(least) => ratio.is_some_and(|ratio| ratio >= least),
            Target::AtMost(most) => ours.median <= most,
            Target::AtLeast(least) => ours.median >= least,
        });
        Self { quantity, unit, ours, against, theirs, ratio, target, met }
    }
}

/// All rows of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    /// The processor, as the operating system names it.
    pub processor: String,
    /// How many threads it runs at once.
    pub threads: usize,
    /// How often each side of a row ran.
    pub rounds: usize,
    /// The rows, in the order measured.
    pub rows: Vec<Row>,
}

impl Table {
    /// Whether every row with a target meets it.
    pub fn met(&self) -> bool {
        self.rows.iter().all(|row| row.met != Some(false))
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = if self.median >= 1_000.0 { 0 } else { 2 };
        if self.lower_quartile == self.upper_quartile {
            return write!(f, "{:.digits$}", self.median);
        }
        write!(f, "{:.digits$} [{:.digits$} .. {:.digits$}]", self.median, self.lower_quartile, self.upper_quartile)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ratio(least) => write!(f, "{least}x"),
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
        }
    }
}

impl Row {
    /// What stands in each column.
    fn cells(&self) -> [String; COLUMNS.len()] {
        let verdict = match self.met {
            Some(true) => " met",
            Some(false) => " MISSED",
            None => "",
        };
        let target = self.target.map(|target| target.to_string()).unwrap_or_default();
        [
            self.quantity.to_owned(),
            self.ours.to_string(),
            self.unit.to_owned(),
            self.theirs.map(|theirs| theirs.to_string()).unwrap_or_default(),
            self.ratio.map(|ratio| format!("{ratio:.2}x")).unwrap_or_default(),
            format!("{target}{verdict}"),
        ]
    }
}

/// The columns, and which of them stand at the right.
const COLUMNS: [(&str, bool); 6] =
    [("quantity", false), ("ours", true), ("unit", false), ("theirs", true), ("ratio", true), ("target", false)];

/// One line, each column as wide as its widest cell.
fn line(cells: &[String; COLUMNS.len()], widths: [usize; COLUMNS.len()]) -> String {
    let padded = cells.iter().zip(widths).zip(COLUMNS).map(|((cell, width), (_, at_right))| match at_right {
        true => format!("{cell:>width$}"),
        false => format!("{cell:<width$}"),
    });
    padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, threads, rounds, rows } = self;
        writeln!(f, "{processor}, {threads} threads; medians [quartiles] of {rounds} rounds, both sides in turns")?;
        writeln!(f)?;
        let lines: Vec<_> =
            [COLUMNS.map(|(name, _)| name.to_owned())].into_iter().chain(rows.iter().map(Row::cells)).collect();
        let width = |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or_default();
        let widths = std::array::from_fn(width);
        lines.iter().try_for_each(|cells| writeln!(f, "{}", line(cells, widths)))?;
        writeln!(f)?;
        let mut others: Vec<&str> = Vec::new();
        for row in rows {
            if let Some(against) = row.against.filter(|against| !others.contains(against)) {
                others.push(against);
                writeln!(f, "theirs, for {}: {against}", row.quantity)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_whether_it_meets_its_target() {
        let against = |ours, theirs| {
            Row::against("q", "ms", Spread::once(ours), ("other", Spread::once(theirs)), Target::Ratio(2.0)).met
        };
        assert_eq!(against(1.0, 2.0), Some(true));
        assert_eq!(against(1.0, 1.9), Some(false));
        let alone = |figure, target| Row::alone("q", "ms", Spread::once(figure), target).met;
        assert_eq!(alone(2.0, Some(Target::AtMost(2.0))), Some(true));
        assert_eq!(alone(2.1, Some(Target::AtMost(2.0))), Some(false));
        assert_eq!(alone(1.9, Some(Target::AtLeast(2.0))), Some(false));
        assert_eq!(alone(1.9, None), None);
    }

    #[test]
    fn columns_line_up_whatever_stands_in_them() {
        let spread = |median| Spread { median, lower_quartile: median / 2.0, upper_quartile: median * 2.0 };
        let long = "a quantity whose name is longer than any that was thought of";
        let rows = vec![
            Row::alone("q", "leaves/s", spread(1.0), Some(Target::AtLeast(1.0))),
            Row::against(long, "ms", spread(123_456.0), ("other", spread(9_999_999.0)), Target::Ratio(2.0)),
        ];
        let text = Table { processor: "p".to_owned(), threads: 2, rounds: 1, rows }.to_string();
        let lines: Vec<&str> = text.lines().filter(|line| line.contains("unit") || line.contains("s  ")).collect();
        let column = |line: &str, word: &str| line[..line.find(word).unwrap()].chars().count();
        assert_eq!(column(lines[0], "unit"), column(lines[1], "leaves/s"), "{text}");
        assert_eq!(column(lines[0], "unit"), column(lines[2], "ms "), "{text}");
        assert_eq!(column(lines[0], "target"), column(lines[1], "at least"), "{text}");
    }

    #[test]
    fn one_missed_row_fails_the_table() {
        let row = |figure| Row::alone("q", "ms", Spread::once(figure), Some(Target::AtMost(2.0)));
        let table = |rows| Table { processor: "p".to_owned(), threads: 2, rounds: 1, rows };
        assert!(table(vec![row(1.0)]).met());
        assert!(!table(vec![row(1.0), row(3.0)]).met());
        assert!(table(vec![row(3.0)]).to_string().contains("MISSED"));
    }
}
