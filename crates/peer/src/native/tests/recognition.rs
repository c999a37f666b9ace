//! What is kept of contributors between renders, and what becomes of broken files: whole networks in one
//! process, over WebRTC on the loopback interface.

use std::sync::Arc;

use p2c2r_frame::{Effects, Packing};
use p2c2r_peer::native::*;
use p2c2r_protocol::peer::PeerName;
use p2c2r_scene::{UnpackLimits, generate, pack, unpack};
use p2c2r_server::{Config, Running, serve};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

struct Server {
    address: ServerAddress,
    _running: Running,
    _folder: TempDir,
}

async fn start_server() -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let path = Some(folder.path().to_owned());
    let config = Config { data_dir: path.clone(), assets: path, ..Config::local() };
    let running = serve(&config).await.expect("a free port");
    let address = ServerAddress::parse(&format!("http://{}", running.address)).expect("an address");
    Server { address, _running: running, _folder: folder }
}

fn one_thread() -> TracingDevice {
    TracingDevice::Cpu { threads: 1 }
}

struct Contributing {
    wish: mpsc::Sender<Wish>,
    task: JoinHandle<Result<ContributeReport, PeerError>>,
}

fn start_contributor(server: &ServerAddress, name: &str) -> Contributing {
    let options = ContributeOptions {
        server: server.clone(),
        room: None,
        name: PeerName::lossy(name),
        device: one_thread(),
        handicap: Handicap::NONE,
        max_requesters: 4,
        secret: Some([5; 32]),
        seed: 1,
    };
    let (wish, wishes) = mpsc::channel(2);
    Contributing { wish, task: tokio::spawn(contribute(options, wishes, |_| {})) }
}

fn cornell(samples_per_pixel: u32) -> RenderJob {
    let packed = pack(&generate(&"cornell".parse().expect("a scene"))).expect("a package");
    let scene = unpack(&packed.bytes, &UnpackLimits::default()).expect("what was packed");
    let view = scene.default_view(120, 90);
    RenderJob {
        scene: Arc::new(scene),
        package: packed.bytes.into(),
        view,
        samples_per_pixel,
        seed: 3,
        max_bounces: 6,
        effects: Effects::PATH_TRACED,
        packing: Packing::Exact,
    }
}

fn options(server: &ServerAddress, device: Option<TracingDevice>, wait: usize) -> RenderOptions {
    RenderOptions {
        server: server.clone(),
        room: None,
        name: PeerName::lossy("test"),
        max_peers: 8,
        device,
        wait_for_peers: wait,
        foresight: Foresight::default(),
        seed: 2,
    }
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
    let job = cornell(12);
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
    let job = cornell(2);
    let mut warnings = Vec::new();
    let path = folder.path().join("state");
    for stored in [&b"short"[..], &[7; 4000], b""] {
        std::fs::write(&path, stored).unwrap();
        let foresight = Foresight {
            state: Some(path.clone()),
            model: Some(b"no model".into()),
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
        assert_eq!((about("learned before is lost"), about("base model")), (1, 1), "{told:?}");
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
