//! What is kept between visits, asked of a model and told of attempts.

use super::*;

const TAG: [u8; 16] = [7; 16];

/// A player that has been told to load the scene, on what an earlier visit has left.
fn player(stored: Option<Vec<u8>>, prediction_log: bool) -> World {
    let mut world = World::new();
    let message = ToSession::StartPlayer {
        settings: SETTINGS,
        device: DeviceChoice::Cpu,
        threads: 2,
        network: Some(network()),
        prediction_log,
    };
    world.feed(Input::Page { message }, stored.into_iter().collect());
    let source = SceneSource::Generated { spec: SCENE.to_owned() };
    world.page(ToSession::Load { source, environment_url: None });
    world
}

fn hide(world: &mut World) {
    world.page(ToSession::Condition { is_hidden: true, is_on_battery: false });
}

#[test]
fn what_was_learned_is_stored_when_the_page_is_hidden_and_read_on_the_next_visit() {
    let mut world = player(Some(TAG.to_vec()), false);
    world.trace_all();
    hide(&mut world);
    let saved = world.saved.pop().expect("something was learned");
    assert!(saved.starts_with(&TAG) && saved.len() > TAG.len());
    hide(&mut world);
    assert!(world.saved.is_empty(), "nothing is new");
    let mut world = player(Some(saved), false);
    world.trace_all();
    assert!(world.film().1);
    assert_eq!(world.errors(), Vec::<&str>::new());
}

#[test]
fn what_was_learned_is_stored_after_a_while_by_itself() {
    let mut world = player(Some(TAG.to_vec()), false);
    world.trace_one();
    world.trace_one();
    world.trace_all();
    assert!(world.saved.is_empty());
    world.now += Duration::from_secs(5);
    world.feed(Input::Timeout, Vec::new());
    assert_eq!(world.saved.len(), 1);
}

#[test]
fn broken_state_is_told_and_the_picture_comes_all_the_same() {
    let mut world = player(Some([&TAG[..], &[9; 300]].concat()), false);
    world.trace_all();
    assert_eq!((world.film().1, world.errors()), (true, vec!["STATE_LOST"]));
    let mut world = player(None, false);
    world.trace_all();
    hide(&mut world);
    assert!(world.saved.is_empty() && world.film().1);
}

#[test]
fn attempts_are_told_only_if_the_page_asked() {
    for wanted in [false, true] {
        let mut world = player(None, wanted);
        world.trace_all();
        let told = world.has_said(|said| matches!(said, FromSession::Predictions { .. }));
        assert_eq!(told, wanted);
    }
}

#[test]
fn missing_model_is_a_warning() {
    let mut world = player(None, false);
    world.feed(Input::ModelLost { message: "it was blocked".to_owned() }, Vec::new());
    world.feed(Input::Predicted { question: 3 }, vec![vec![0; 7]]);
    world.feed(Input::Predicted { question: 3 }, Vec::new());
    world.trace_all();
    assert_eq!((world.film().1, world.errors()), (true, vec!["MODEL_UNAVAILABLE"]));
}

#[test]
fn contributor_measures_itself_at_the_start() {
    let mut world = World::new();
    let (device, threads) = (DeviceChoice::Cpu, 2);
    world.page(ToSession::StartContributor { device, threads, network: network() });
    assert_eq!(world.tracing.len(), 2);
    assert!(world.tracing.iter().all(|(.., task)| task.scene == world.scene.id));
    let mut traced = 0;
    // Slow enough for the second round to count.
    world.now += Duration::from_millis(50);
    while world.trace_one() {
        traced += 1;
        world.now += Duration::from_millis(50);
    }
    assert_eq!(traced, 4);
    hide(&mut world);
    world.page(ToSession::Stop);
    assert!(world.errors().is_empty());
}
