//! What was measured, as a table and as JSON.

use std::fmt::Write;

use clap::ValueEnum;
use serde::Serialize;

use crate::scenario::{Measure, Samples};

/// One measure with all its runs.
#[derive(Debug, Serialize)]
struct Row {
    #[serde(flatten)]
    measure: Measure,
    /// What each run has measured, by column.
    runs: Vec<Vec<f64>>,
}

/// All measures, in the order in which they came.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Who was measured.
    columns: Vec<String>,
    rows: Vec<Row>,
}

impl Report {
    /// About these.
    pub(crate) fn new(columns: Vec<String>) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Takes in what one run has measured of one of them.
    pub(crate) fn add(&mut self, column: usize, samples: Samples) {
        for (measure, value) in samples {
            self.row(measure).runs[column].push(value);
        }
    }

    /// The table: medians of the runs; the ratio is that of the last column to the one before it.
    pub(crate) fn table(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|name| format!(" {name:>9}")).collect();
        let names = names.concat();
        let mut table = format!("{:<45}{names} {:>6} {:>7}  unit\n", "", "ratio", "budget");
        for Row { measure, runs } in &self.rows {
            let medians: Vec<_> = runs.iter().map(|runs| median(runs)).collect();
            let ratio = match medians[..] {
                [.., Some(before), Some(last)] => Some(last / before),
                _ => None,
            };
            let values: Vec<_> = medians.iter().map(|value| format!(" {:>9}", shown(*value))).collect();
            let values = values.concat();
            let Measure { scenario, what, unit, budget } = measure;
            let scenario =
                scenario.to_possible_value().map_or(String::new(), |name| name.get_name().to_owned());
            writeln!(
                table,
                "{scenario:<10} {what:<34}{values} {:>6} {:>7}  {unit}",
                shown(ratio),
                shown(*budget),
            )
            .expect("a string takes everything");
        }
        table
    }

    fn row(&mut self, measure: Measure) -> &mut Row {
        let known = self.rows.iter().position(|row| row.measure == measure);
        let at = known.unwrap_or_else(|| {
            self.rows.push(Row { measure, runs: vec![Vec::new(); self.columns.len()] });
            self.rows.len() - 1
        });
        &mut self.rows[at]
    }
}

fn median(runs: &[f64]) -> Option<f64> {
    let mut sorted = runs.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

fn shown(value: Option<f64>) -> String {
    match value {
        None => "-".to_owned(),
        Some(value) if value < 100.0 => format!("{value:.2}"),
        Some(value) => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    #[test]
    fn the_table_compares_medians() {
        let measure = Measure { scenario: Scenario::Chat, what: "busy", unit: "µs", budget: Some(5.0) };
        let mut report = Report::new(vec!["relay".to_owned(), "xmppd".to_owned()]);
        for (relay, server) in [(1.0, 900.0), (2.0, 3.0), (70.0, 1.0)] {
            report.add(0, vec![(measure, relay)]);
            report.add(1, vec![(measure, server)]);
        }
        let table = report.table();
        let row: Vec<_> = table.lines().nth(1).unwrap_or_default().split_whitespace().collect();
        assert_eq!(row, ["chat", "busy", "2.00", "3.00", "1.50", "5.00", "µs"]);
    }
}
