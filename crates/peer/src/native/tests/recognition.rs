//! What is kept of contributors between renders, and what becomes of broken files: whole networks in one
//! process, over WebRTC on the loopback interface.

use std::path::Path;

use super::*;

/// A picture of so many samples.
fn job_of(samples_per_pixel: u32) -> RenderJob {
    RenderJob { samples_per_pixel, ..cornell() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contributor_is_recognised_in_the_next_render() {
    let server = start_server().await;
    let contributor = start_contributor(&server.address, "again");
    let folder = tempfile::tempdir().unwrap();
    let foresight = Foresight {
        state: Some(folder.path().join("state")),
        tells_attempts: true,
        ..Foresight::default()
    };
    let job = job_of(12);
    let mut known = Vec::new();
    for _ in 0..2 {
        let options =
            RenderOptions { foresight: foresight.clone(), ..options(&server.address, None, 1) };
        let mut attempts = 0;
        let show = |event| attempts += u64::from(matches!(event, RenderEvent::Attempt(_)));
        let rendered = render(job.clone(), options, show).await.unwrap();
        assert!(rendered.film.is_complete());
        assert!(rendered.network.warnings.is_empty(), "{:?}", rendered.network.warnings);
        let worker = rendered.workers.iter().find(|worker| worker.name == "again").unwrap();
        assert!(attempts >= worker.tiles && worker.busy > std::time::Duration::ZERO);
        known.push((worker.tasks, worker.tiles));
    }
    let [(first, first_tiles), (second, second_tiles)] = known[..] else { panic!() };
    assert_eq!(first, first_tiles);
    assert_eq!(second, first + second_tiles);
    contributor.wish.send(Wish::Stop).await.unwrap();
    assert!(contributor.task.await.unwrap().is_ok());
}

/// Renders alone with a state file; what is told of it.
async fn told_of(state: &Path, model: Option<&'static [u8]>) -> Vec<String> {
    let server = start_server().await;
    let (model, cost_model) = (model.map(Into::into), model.map(Into::into));
    let state = Some(state.to_owned());
    let foresight = Foresight { state, model, cost_model, ..Foresight::default() };
    let options = RenderOptions { foresight, ..options(&server.address, Some(one_thread()), 0) };
    let rendered = render(job_of(2), options, |_| {}).await.unwrap();
    assert!(rendered.film.is_complete());
    rendered.network.warnings
}

fn about(told: &[String], text: &str) -> usize {
    told.iter().filter(|warning| warning.contains(text)).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_state_and_a_broken_model_are_told_and_the_next_render_has_a_state_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    assert_eq!(told_of(&path, None).await, [""; 0], "nothing is there yet");
    let mut whole = std::fs::read(&path).unwrap();
    whole[..16].fill(9);
    let last = whole.len() - 1;
    let mut flipped = whole.clone();
    flipped[last] ^= 1;
    for stored in [&whole[..last], &flipped[..]] {
        std::fs::write(&path, stored).unwrap();
        let told = told_of(&path, Some(b"no model")).await;
        let found = ["learning begins anew", "base model", "cost model"].map(|w| about(&told, w));
        assert_eq!(found, [1; 3], "{told:?}");
        assert_eq!(std::fs::read(&path).unwrap()[..16], [0; 16], "9 may be anybody's tag");
        assert_eq!(told_of(&path, None).await, [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_state_of_ours_is_told_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("holiday.jpg");
    let long = vec![7; 5 << 20];
    let mut later = [0; 64];
    (later[16..20]).copy_from_slice(b"P2LS");
    later[20] = 200;
    for stored in [&b"short"[..], &[7; 4000], &long, &later] {
        std::fs::write(&path, stored).unwrap();
        let told = told_of(&path, None).await;
        assert_eq!((told.len(), about(&told, "is left as it is")), (1, 1), "{told:?}");
        assert!(std::fs::read(&path).unwrap() == stored);
    }
    std::fs::write(&path, b"").unwrap();
    assert_eq!(told_of(&path, None).await, [""; 0], "an empty file is where a state may go");
    assert!(std::fs::metadata(&path).unwrap().len() > 0);
    // A folder in its place, and one that cannot be.
    let told = told_of(folder.path(), None).await;
    assert_eq!((told.len(), about(&told, "is left as it is")), (1, 1), "{told:?}");
    let told = told_of(&path.join("below"), None).await;
    assert_eq!((told.len(), about(&told, "is not kept")), (1, 1), "{told:?}");
}
