//! Bytes on the wire, against the budgets that the browser tests enforce.

use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::report::{Report, Row};
use crate::places::Places;
use crate::process;
use crate::tools;

/// Has the browser load every page and adds up what it fetched.
pub(super) fn measure(places: &Places) -> Result<Report> {
    let browser = tools::find_chromium().context("no Chromium; run `cargo xtask setup`")?;
    let mut node = Command::new("node");
    node.arg(places.at("tests/browser/sizes.mjs")).env("P2C2R_CHROMIUM", browser);
    let mut text = String::new();
    process::run_lines(&mut node, |line| text.push_str(line))?;
    let sizes: Value = serde_json::from_str(&text).context("the sizes are not JSON")?;
    let sizes = sizes.as_array().context("the sizes are not a list")?;
    let rows = sizes.iter().map(|size| row(size).with_context(|| format!("in {size}")));
    Ok(Report::of("size", rows.collect::<Result<_>>()?))
}

fn row(size: &Value) -> Result<Row> {
    let id = size["id"].as_str().context("no id")?.to_owned();
    let bytes = size["bytes"].as_f64().context("no number of bytes")?;
    let budget = size["budget"].as_f64().context("no budget")?;
    Ok(Row::under_limit(id, "B", bytes, budget))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn size_without_a_budget_is_an_error() {
        assert!(row(&json!({"id": "module-app", "bytes": 7, "budget": 9})).is_ok());
        assert!(row(&json!({"id": "module-app", "bytes": 7})).is_err());
    }
}
