//! Whole networks in one process: a real server, real WebRTC links on the loopback interface.

mod recognition;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use p2c2r_frame::{Effects, PixelRect, SampleRange, TileTask};
use p2c2r_protocol::peer::{Channel, PeerName, Role};
use p2c2r_scene::{Scene, UnpackLimits, generate, pack, unpack};
use p2c2r_server::{Config, Running, serve};
use p2c2r_swarm::signaling::SignalingConfig;
use p2c2r_tracer_cpu::CpuTracer;
use p2c2r_transport::LinkEvent;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::network::{Network, NetworkEvent};
use super::*;

struct Server {
    running: Running,
    address: ServerAddress,
    _folder: TempDir,
}

async fn start_server() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let config = Config {
        data_dir: Some(folder.path().to_owned()),
        assets: Some(folder.path().to_owned()),
        ..Config::local()
    };
    let running = serve(&config).await.unwrap();
    let address = ServerAddress::parse(&format!("http://{}", running.address)).unwrap();
    Server { running, address, _folder: folder }
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

/// Enough work for every peer to get some of it, in a few seconds.
fn cornell() -> RenderJob {
    let packed = pack(&generate(&"cornell".parse().unwrap())).unwrap();
    let scene = unpack(&packed.bytes, &UnpackLimits::default()).unwrap();
    let view = scene.default_view(120, 90);
    RenderJob {
        scene: Arc::new(scene),
        package: packed.bytes.into(),
        view,
        samples_per_pixel: 48,
        seed: 3,
        max_bounces: 6,
        effects: Effects::PATH_TRACED,
        packing: p2c2r_frame::Packing::Exact,
    }
}

fn alone(job: &RenderJob) -> Vec<[u64; 3]> {
    let task = TileTask {
        scene: job.scene.id,
        view: job.view,
        rect: PixelRect::of_size(job.view.width_px, job.view.height_px),
        samples: SampleRange::new(0, job.samples_per_pixel),
        seed: job.seed,
        effects: Effects::PATH_TRACED,
        max_bounces: job.max_bounces,
    };
    let tracer = CpuTracer::new(Arc::<Scene>::clone(&job.scene));
    tracer.trace(&task, &AtomicBool::new(false)).unwrap().sums.sums
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

fn check_exact(rendered: &Rendered, job: &RenderJob) {
    assert!(rendered.film.is_complete());
    assert!(rendered.film.sums() == alone(job), "the picture differs from the local one");
    let samples: u64 = rendered.workers.iter().map(|worker| worker.samples).sum();
    assert_eq!(samples, rendered.film.job_paths());
}

fn samples_of(rendered: &Rendered, name: &str) -> u64 {
    let of_name = rendered.workers.iter().filter(|worker| worker.name == name);
    of_name.map(|worker| worker.samples).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_contributors_render_the_local_picture_bit_for_bit() {
    let server = start_server().await;
    let one = start_contributor(&server.address, "one");
    let two = start_contributor(&server.address, "two");
    let job = cornell();
    let rendered = render(job.clone(), options(&server.address, None, 2), |_| {}).await.unwrap();
    check_exact(&rendered, &job);
    for name in ["one", "two"] {
        let share = samples_of(&rendered, name) as f64 / rendered.film.job_paths() as f64;
        assert!(share > 0.1, "{name} rendered {share}");
    }
    assert!(rendered.network.task_bytes_max <= 1024);
    one.wish.send(Wish::Finish).await.unwrap();
    let report = one.task.await.unwrap().unwrap();
    assert!(report.stats.samples >= samples_of(&rendered, "one"));
    two.wish.send(Wish::Stop).await.unwrap();
    assert!(two.task.await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rounded_picture_takes_fewer_bytes_and_is_as_good() {
    let server = start_server().await;
    let contributor = start_contributor(&server.address, "one");
    let exact_job = RenderJob { samples_per_pixel: 16, ..cornell() };
    let job = RenderJob { packing: p2c2r_frame::Packing::BelowNoise, ..exact_job.clone() };
    let render_once = |job: RenderJob| render(job, options(&server.address, None, 1), |_| {});
    let rounded = render_once(job).await.unwrap();
    let exact = render_once(exact_job.clone()).await.unwrap();
    check_exact(&exact, &exact_job);
    assert!(rounded.film.is_complete());
    let bytes =
        |rendered: &Rendered| rendered.workers.iter().map(|w| w.received_bytes).sum::<u64>();
    let lengths = (bytes(&rounded), bytes(&exact));
    assert!(2 * lengths.0 < lengths.1, "{lengths:?}");
    // Its noise at 16 samples is about 0.1.
    let change = p2c2r_image::rmse(&rounded.film.radiances(), &exact.film.radiances()).unwrap();
    assert!(change > 0.0 && change < 0.02, "{change}");
    contributor.wish.send(Wish::Stop).await.unwrap();
    assert!(contributor.task.await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frame_survives_a_contributor_that_vanishes() {
    let server = start_server().await;
    let doomed = start_contributor(&server.address, "doomed");
    let job = cornell();
    let mut doomed = Some(doomed.task);
    let show = |event| {
        let is_under_way = matches!(event, RenderEvent::Progress(share) if share > 0.1);
        if let Some(task) = doomed.take_if(|_| is_under_way) {
            task.abort();
        }
    };
    let options = options(&server.address, Some(one_thread()), 1);
    let rendered = render(job.clone(), options, show).await.unwrap();
    check_exact(&rendered, &job);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frame_completes_without_peers_and_without_a_server() {
    let server = start_server().await;
    let job = cornell();
    let with_server = options(&server.address, Some(one_thread()), 0);
    let rendered = render(job.clone(), with_server, |_| {}).await.unwrap();
    check_exact(&rendered, &job);
    let nowhere = ServerAddress::parse("http://127.0.0.1:1").unwrap();
    let without = options(&nowhere, Some(one_thread()), 0);
    let rendered = render(job.clone(), without, |_| {}).await.unwrap();
    check_exact(&rendered, &job);
    assert!(!rendered.network.warnings.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_outlive_the_server() {
    let server = start_server().await;
    let contributor = start_contributor(&server.address, "faithful");
    let job = cornell();
    let mut running = Some(server.running);
    let show = |event| {
        let is_under_way = matches!(event, RenderEvent::Progress(share) if share > 0.02);
        if let Some(running) = running.take_if(|_| is_under_way) {
            running.abort();
        }
    };
    // Nothing is traced here: only the link can complete the frame.
    let rendered = render(job.clone(), options(&server.address, None, 1), show).await.unwrap();
    check_exact(&rendered, &job);
    assert_eq!(samples_of(&rendered, "faithful"), rendered.film.job_paths());
    contributor.wish.send(Wish::Stop).await.unwrap();
    assert!(contributor.task.await.unwrap().is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peer_that_sends_garbage_is_dropped_and_harms_nobody() {
    let server = start_server().await;
    let honest = start_contributor(&server.address, "honest");
    let (dropped, was_dropped) = oneshot::channel();
    let vandal = tokio::spawn(vandalize(server.address.clone(), dropped));
    let job = cornell();
    let options = options(&server.address, Some(one_thread()), 1);
    let mut lost = Vec::new();
    let show = |event| {
        if let RenderEvent::PeerLost { reason, .. } = event {
            lost.push(reason);
        }
    };
    let rendered = render(job.clone(), options, show).await.unwrap();
    check_exact(&rendered, &job);
    // It is introduced and thrown out at least once; the frame may end before it comes back.
    was_dropped.await.unwrap();
    vandal.abort();
    honest.wish.send(Wish::Stop).await.unwrap();
    assert!(honest.task.await.unwrap().is_ok());
}

/// A contributor that answers everything with noise on every channel.
async fn vandalize(server: ServerAddress, dropped: oneshot::Sender<()>) {
    let config = SignalingConfig {
        role: Role::Contributor,
        room: None,
        name: PeerName::lossy("vandal"),
        max_peers: 4,
        seed: 9,
    };
    let mut dropped = Some(dropped);
    let mut network = Network::new(std::time::Instant::now(), server, config);
    loop {
        match network.next().await {
            NetworkEvent::Link(LinkEvent::Open { peer }) => {
                for channel in Channel::ALL {
                    for fill in [0u8, 0x55, 0xff] {
                        network.send(peer, channel, vec![fill; channel.max_message_bytes()]);
                    }
                }
            }
            NetworkEvent::Link(LinkEvent::Closed { .. }) => {
                if let Some(dropped) = dropped.take() {
                    dropped.send(()).unwrap();
                }
            }
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unusable_server_is_said_at_once() {
    let nowhere = ServerAddress::parse("http://127.0.0.1:1").unwrap();
    let contributor = start_contributor(&nowhere, "lost");
    let error = contributor.task.await.unwrap().unwrap_err();
    assert!(matches!(&error, PeerError::Network(message) if message.contains("127.0.0.1:1")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blob_that_is_not_what_it_is_called_is_refused() {
    let server = start_server().await;
    let client = blobs::BlobClient::new(server.address.clone());
    let bytes = vec![1u8; 1000];
    let id = p2c2r_frame::SceneId(*blake3::hash(&bytes).as_bytes());
    let check = tokio::task::spawn_blocking(move || {
        client.store(id, &bytes).unwrap();
        client.store(id, &bytes).unwrap();
        assert_eq!(client.fetch(id, 1000).unwrap(), bytes);
        assert!(matches!(client.fetch(id, 999), Err(blobs::BlobError::TooLong(999))));
        let other = p2c2r_frame::SceneId([7; 32]);
        assert!(matches!(
            client.fetch(other, 9),
            Err(blobs::BlobError::Refused { status: 404, .. })
        ));
        let wrong = client.store(other, &bytes);
        assert!(matches!(wrong, Err(blobs::BlobError::Refused { status: 422, .. })));
    });
    check.await.unwrap();
}
