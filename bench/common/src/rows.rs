//! Rows under way: figures of both sides, scene by scene.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// One figure's repetitions by scene.
type ByScene = BTreeMap<String, Vec<f64>>;

/// All rows under way, in the order in which they began.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    only: Option<String>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    id: &'static str,
    against: &'static str,
    unit: &'static str,
    ours: ByScene,
    theirs: ByScene,
}

impl Rows {
    /// For this row only, or for all.
    pub fn new(only: Option<String>) -> Self {
        Self { only, rows: Vec::new() }
    }

    /// Whether a row is to be measured.
    pub fn wants(&self, id: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == id)
    }

    /// Adds a scene to a row that compares: its value is the ratio of ours to theirs.
    pub fn add(
        &mut self,
        id: &'static str,
        against: &'static str,
        scene: &str,
        [ours, theirs]: [Vec<f64>; 2],
    ) {
        let (our, their) = (median(&ours), median(&theirs));
        self.insert(id, against, "ratio", scene, |row| {
            eprintln!("{id:<26} {scene:<14} {our:>12.3} {their:>12.3}  {:.3}", our / their);
            row.ours.insert(scene.to_owned(), ours);
            row.theirs.insert(scene.to_owned(), theirs);
        });
    }

    /// Adds a scene to a row that stands by itself.
    pub fn add_alone(&mut self, id: &'static str, unit: &'static str, scene: &str, ours: Vec<f64>) {
        let our = median(&ours);
        self.insert(id, "", unit, scene, |row| {
            eprintln!("{id:<26} {scene:<14} {our:>12.3} {unit}");
            row.ours.insert(scene.to_owned(), ours);
        });
    }

    fn insert(
        &mut self,
        id: &'static str,
        against: &'static str,
        unit: &'static str,
        scene: &str,
        fill: impl FnOnce(&mut Row),
    ) {
        debug_assert!(!scene.is_empty(), "{id}: a figure belongs to a scene");
        if !self.wants(id) {
            return;
        }
        let place = self.rows.iter().position(|row| row.id == id).unwrap_or_else(|| {
            let (ours, theirs) = (ByScene::new(), ByScene::new());
            self.rows.push(Row { id, against, unit, ours, theirs });
            self.rows.len() - 1
        });
        fill(&mut self.rows[place]);
    }

    /// The form that `cargo xtask bench` reads.
    pub fn to_json(&self) -> Value {
        self.rows.iter().map(Row::to_json).collect()
    }
}

impl Row {
    fn to_json(&self) -> Value {
        let figure = |(scene, ours): (&String, &Vec<f64>)| {
            median(ours) / self.theirs.get(scene).map_or(1.0, |theirs| median(theirs))
        };
        let logarithms: f64 = self.ours.iter().map(|scene| figure(scene).ln()).sum();
        json!({
            "id": self.id,
            "value": (logarithms / self.ours.len() as f64).exp(),
            "unit": self.unit,
            "against": self.against,
            "ours": self.ours,
            "theirs": self.theirs,
        })
    }
}

/// The middle value.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_the_geometric_mean_of_the_scenes_ratios() {
        let mut rows = Rows::new(None);
        rows.add("x", "y", "long", [vec![8.0, 8.0, 900.0], vec![2.0]]);
        rows.add("x", "y", "short", [vec![1.0], vec![1.0]]);
        let found = rows.to_json();
        assert!((found[0]["value"].as_f64().unwrap() - 2.0).abs() < 1e-12, "{found}");
        assert_eq!(found[0]["theirs"]["short"], json!([1.0]));
    }

    #[test]
    fn row_alone_keeps_its_unit_and_unwanted_rows_are_left_out() {
        let mut rows = Rows::new(Some("x".to_owned()));
        rows.add_alone("x", "Mpixel/s", "s", vec![3.0]);
        rows.add("z", "y", "s", [vec![3.0], vec![1.0]]);
        let found = rows.to_json();
        assert_eq!(found.as_array().unwrap().len(), 1);
        assert_eq!(found[0]["unit"], "Mpixel/s");
        assert!((found[0]["value"].as_f64().unwrap() - 3.0).abs() < 1e-12, "{found}");
    }
}
