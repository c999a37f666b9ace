//! What is kept of contributors between renders, and what becomes of broken files: whole networks in one
//! process, over WebRTC on the loopback interface.

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_state_and_a_broken_model_are_told_and_cost_no_picture() {
    let server = start_server().await;
    let folder = tempfile::tempdir().unwrap();
    let job = job_of(2);
    let mut warnings = Vec::new();
    let path = folder.path().join("state");
    for stored in [&b"short"[..], &[7; 4000], b""] {
        std::fs::write(&path, stored).unwrap();
        let foresight = Foresight {
            state: Some(path.clone()),
            model: Some(b"no model".into()),
            cost_model: Some(b"no model".into()),
            ..Foresight::default()
        };
        let options =
            RenderOptions { foresight, ..options(&server.address, Some(one_thread()), 0) };
        let rendered = render(job.clone(), options, |_| {}).await.unwrap();
        assert!(rendered.film.is_complete());
        warnings.push(rendered.network.warnings);
    }
    for told in warnings {
        let about = |text: &str| told.iter().filter(|warning| warning.contains(text)).count();
        let found = (about("learned before is lost"), about("base model"), about("cost model"));
        assert_eq!(found, (1, 1, 1), "{told:?}");
    }
    // A folder in its place cannot be written.
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir_all(path.join("below")).unwrap();
    let foresight = Foresight { state: Some(path), ..Foresight::default() };
    let options = RenderOptions { foresight, ..options(&server.address, Some(one_thread()), 0) };
    let rendered = render(job.clone(), options, |_| {}).await.unwrap();
    assert!(rendered.film.is_complete());
    assert_eq!(rendered.network.warnings.len(), 2, "{:?}", rendered.network.warnings);
}
