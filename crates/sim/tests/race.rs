//! Races are repeatable, and those who know more do better.

use std::collections::{BTreeMap, BTreeSet};

use p2c2r_scheduler::{FEATURE_NAMES, FEATURES};
use p2c2r_sim::{
    Access, BaseModel, Frames, Policy, Population, PopulationError, Race, RaceError, RacedLoad,
    Rule, Spell, Standing, Suite, page,
};

fn race(policies: &[Policy]) -> Race {
    Race {
        population: Population::default(),
        trace: None,
        load: 0.5,
        frames: Frames::default(),
        seconds: 10.0,
        has_churn: true,
        seeds: vec![1, 2],
        policies: policies.to_vec(),
        model: None,
    }
}

#[test]
fn same_seed_is_the_same_run_and_another_seed_is_not() {
    let race = race(&[Policy::Product]);
    let run = race.one(7, Policy::Product).unwrap();
    assert_eq!(run, race.one(7, Policy::Product).unwrap());
    assert_ne!(run, race.one(8, Policy::Product).unwrap());
    assert!(run.frames.len() > 5 && run.tasks.len() > 100, "{}", run.frames.len());
    assert!(run.frames.iter().all(|frame| frame.seconds > frame.bound), "a bound is broken");
}

#[test]
fn every_policy_renders_and_knowledge_pays_off() {
    // What is left out of a model is raced by whoever asks; here it would only take time.
    let all = Policy::all().into_iter().filter(|policy| !matches!(policy, Policy::Without(_)));
    let standings = race(&all.collect::<Vec<_>>()).run(&|_| ()).unwrap();
    let of: BTreeMap<Policy, &Standing> =
        standings.iter().map(|standing| (standing.policy, standing)).collect();
    for standing in &standings {
        assert!(standing.frame_ms.mean > 0.0 && standing.duplicates.mean < 0.15, "{standing:?}");
    }
    let frame = |policy| of[&policy].frame_ms.mean;
    assert!(frame(Policy::Learned) < 0.6 * frame(Policy::Rule(Rule::Random)));
    assert!(frame(Policy::Learned) < 0.7 * frame(Policy::Rule(Rule::FastestFirst)));
    assert!(frame(Policy::Learned) < frame(Policy::EftEwma));
    assert!(frame(Policy::Oracle) < frame(Policy::OracleNoHedge));
    assert!(frame(Policy::Product) < 1.3 * frame(Policy::Oracle));
    let coverage = of[&Policy::Product].coverage.mean;
    assert!((0.85..0.95).contains(&coverage), "{coverage}");
}

#[test]
fn word_of_a_base_model_counts_and_nonsense_from_it_does_not() {
    let log_cost = FEATURE_NAMES.iter().position(|name| *name == "log_cost").unwrap();
    // Everybody traces 20,000 mean paths a second.
    let run = |gap: Option<f32>| {
        let answer = move |row: [f32; FEATURES], gap| [row[log_cost] - 9.9, gap, gap, -3.0, -4.0];
        let model =
            gap.map(|gap| BaseModel::new(move |rows| Some(rows.map(|row| answer(row, gap)))));
        Race { model, ..race(&[Policy::Product]) }.one(7, Policy::Product).unwrap()
    };
    let (without, with) = (run(None), run(Some(0.3)));
    assert_eq!(with, run(Some(0.3)));
    assert_ne!(with, without);
    assert_eq!(run(Some(f32::NAN)), without);
}

#[test]
fn impossible_races_are_told() {
    let mut empty = race(&[Policy::Rule(Rule::Random)]);
    empty.population.peers = 0;
    let error = empty.run(&|_| ()).unwrap_err();
    assert!(matches!(error, RaceError::Population(PopulationError::Peers(0))));
    for load in [0.0, f64::NAN, 9.0] {
        let race = Race { load, ..race(&[Policy::Rule(Rule::Random)]) };
        assert!(matches!(race.run(&|_| ()).unwrap_err(), RaceError::Number(_)));
    }
}

#[test]
fn whatever_a_population_may_be_can_be_run() {
    let spell = |factor| Spell { every: 0.1, lasts: 0.1, factor };
    let access = |delay_ms: f64, loss, megabits| Access {
        name: "any".to_owned(),
        weight: 1.0,
        round_trip_ms: (delay_ms, 4.0),
        jitter_ms: delay_ms,
        loss: (loss, delay_ms),
        megabits,
    };
    let slowest = Population {
        speed: (1.0, 4.0),
        weak: (1.0, 100.0),
        noise_sigma: 4.0,
        advert_sigma: 4.0,
        slowdown: spell((1000.0, 1000.0)),
        hidden: spell((1.0, 1000.0)),
        stay: (0.1, 0.1),
        failure: (1.0, 1.0),
        access: vec![access(60_000.0, 1.0, 0.001)],
        outage: (0.1, 0.1),
        ..Population::default()
    };
    let fastest = Population {
        speed: (1e9, 4.0),
        noise_sigma: 4.0,
        stay: (1e6, 10.0),
        access: vec![access(1e-3, 0.0, 1e6)],
        outage: (1e9, 1e9),
        ..Population::default()
    };
    for population in [slowest, fastest] {
        let race = Race { population, seconds: 3.0, ..race(&[Policy::Product]) };
        assert!(race.run(&|_| ()).is_ok());
    }
}

#[test]
fn page_of_a_race_shows_every_chart_and_loads_nothing() {
    let policies = vec![Policy::Product, Policy::Oracle];
    let race = Race { seeds: vec![3], seconds: 12.0, ..race(&policies) };
    let load = RacedLoad { load_percent: 50.0, policies, runs: race.runs(&|_| ()).unwrap() };
    let page = page("A race & more", "people < ours", &[load]);
    assert_eq!(page.matches("<svg").count(), 6);
    assert!(page.contains("A race &amp; more") && page.contains("people &lt; ours"));
    assert!(page.contains("product"));
    for outside in ["http:", "https:", "src=", "href=", "@import", "url(", "NaN"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn rows_are_those_that_were_asked_for_and_their_intervals_hold_them() {
    let suite =
        Suite { population: Population::default(), seeds: vec![1], seconds: 11.0, model: None };
    let ids = suite.ids();
    assert!(ids.contains(&"coverage-90-lte".to_owned()), "{ids:?}");
    let others = ids.iter().filter(|id| id.starts_with("learned-mean-vs-")).count();
    assert_eq!(others, Policy::all().len() - 3, "{ids:?}");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "a name stands twice");
    let wanted = ["mean-vs-oracle", "coverage-90"];
    let rows = suite.rows(&|id| wanted.contains(&id), &|_| ()).unwrap();
    assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), wanted);
    for row in &rows {
        let [low, high] = row.interval;
        assert!(low <= row.value && row.value <= high, "{row:?}");
        assert_eq!(row.ours.len(), 4, "one for each load");
    }
    assert!((0.8..2.0).contains(&rows[0].value) && (0.8..1.0).contains(&rows[1].value));
}
