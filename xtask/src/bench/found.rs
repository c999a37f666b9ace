//! What the steps of a suite have found so far.

use anyhow::{Result, ensure};

use super::report::{Report, Row};
use crate::timing::Timing;

/// Rows, how long they took, and what could not be measured with the reason.
#[derive(Default)]
pub(super) struct Found {
    rows: Vec<Row>,
    timing: Timing,
    pub(super) missing: Vec<String>,
}

impl Found {
    /// Measures some rows; a step that fails is missing.
    pub(super) fn add(&mut self, what: &str, measure: impl FnOnce() -> Result<Vec<Row>>) {
        if let Some(rows) = self.step(what, measure) {
            self.rows.extend(rows);
        }
    }

    /// What a step gives, unless it fails: then it is missing, and why.
    pub(super) fn step<T>(&mut self, what: &str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        let result = self.timing.step(what, work);
        result.map_err(|error| self.missing.push(format!("{error:#}"))).ok()
    }

    /// All of it; an error if no step knew the row that was wanted, or it could not be measured.
    pub(super) fn report(self, suite: &'static str, only: Option<&str>) -> Result<Report> {
        let is_known = !self.rows.is_empty() || !self.missing.is_empty();
        ensure!(is_known, "no row is called {}", only.unwrap_or_default());
        eprintln!("{}", self.timing);
        let has_any = only.is_none() || !self.rows.is_empty();
        ensure!(has_any, "not measured: {}", self.missing.join("; "));
        Ok(Report::of(suite, self.rows).without(self.missing))
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn row_that_was_wanted_alone_and_failed_is_an_error_and_among_others_a_gap() {
        let found = || {
            let mut found = Found::default();
            found.add("a row", || bail!("no browser"));
            found
        };
        let error = found().report("tracer", Some("a-row")).unwrap_err();
        assert_eq!(error.to_string(), "not measured: a row: no browser");
        assert!(found().report("tracer", None).unwrap().to_string().contains("no browser"));
        assert!(Found::default().report("tracer", Some("typo")).is_err());
    }
}
