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

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        let target = self.target.map(|target| target.to_string()).unwrap_or_default();
        write!(f, "{:<46} {:>30} {:<8}", self.quantity, self.ours.to_string(), self.unit)?;
        let theirs = self.theirs.map(|theirs| theirs.to_string()).unwrap_or_default();
        let ratio = self.ratio.map(|ratio| format!("{ratio:.2}x")).unwrap_or_default();
        write!(f, " {theirs:>30} {ratio:>7}  {target:<16} {verdict}")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, threads, rounds, rows } = self;
        writeln!(f, "{processor}, {threads} threads; medians [quartiles] of {rounds} rounds, both sides in turns")?;
        writeln!(f)?;
        let (quantity, ours, unit, theirs, ratio) = ("quantity", "ours", "unit", "theirs", "ratio");
        writeln!(f, "{quantity:<46} {ours:>30} {unit:<8} {theirs:>30} {ratio:>7}  target")?;
        rows.iter().try_for_each(|row| writeln!(f, "{row}"))?;
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
    fn one_missed_row_fails_the_table() {
        let row = |figure| Row::alone("q", "ms", Spread::once(figure), Some(Target::AtMost(2.0)));
        let table = |rows| Table { processor: "p".to_owned(), threads: 2, rounds: 1, rows };
        assert!(table(vec![row(1.0)]).met());
        assert!(!table(vec![row(1.0), row(3.0)]).met());
        assert!(table(vec![row(3.0)]).to_string().contains("MISSED"));
    }
}
