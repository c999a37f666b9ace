//! A contributor process that is killed in the middle of a frame.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::hash::{BuildHasher, Hasher, RandomState};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use p2c2r_frame::{Effects, PixelRect, SampleRange, TileTask};
use p2c2r_peer::native::{
    Foresight, RenderEvent, RenderJob, RenderOptions, ServerAddress, TracingDevice, render,
};
use p2c2r_protocol::RoomId;
use p2c2r_protocol::peer::PeerName;
use p2c2r_scene::{UnpackLimits, generate, pack, unpack};
use p2c2r_server::{Config, serve};
use p2c2r_tracer_cpu::CpuTracer;

/// Frames, each with a kill at a random time.
const KILLS: u32 = 10;

/// A number from 0 to 1 that nobody can foresee; failures print it.
fn random_share() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}

fn job() -> RenderJob {
    let packed = pack(&generate(&"cornell".parse().unwrap())).unwrap();
    let scene = unpack(&packed.bytes, &UnpackLimits::default()).unwrap();
    let view = scene.default_view(128, 96);
    RenderJob {
        scene: Arc::new(scene),
        package: packed.bytes.into(),
        view,
        samples_per_pixel: 32,
        seed: 5,
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
    let tracer = CpuTracer::new(job.scene.clone());
    tracer.trace(&task, &AtomicBool::new(false)).unwrap().sums.sums
}

fn contributor(server: &str, room: &RoomId) -> Child {
    Command::new(env!("CARGO_BIN_EXE_p2c2r"))
        .args(["contribute", server, "--room", room.as_str(), "--device", "cpu", "--threads", "1"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frame_survives_a_kill_at_any_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = Some(folder.path().to_owned());
    let config = Config { data_dir: path.clone(), assets: path, ..Config::local() };
    let server = serve(&config).await.unwrap();
    let url = format!("http://{}", server.address);
    let job = job();
    let expected = alone(&job);
    for kill in 0..KILLS {
        let room = RoomId::from_random(kill.into());
        let mut child = contributor(&url, &room);
        let options = RenderOptions {
            server: ServerAddress::parse(&url).unwrap(),
            room: Some(room),
            name: PeerName::lossy("test"),
            max_peers: 1,
            device: Some(TracingDevice::Cpu { threads: 1 }),
            foresight: Foresight::default(),
            wait_for_peers: 1,
            seed: kill.into(),
        };
        let kill_at = random_share();
        let show = |event| {
            if matches!(event, RenderEvent::Progress(share) if share >= kill_at) {
                // Already gone after the first time.
                let _ = child.kill();
            }
        };
        let rendered = render(job.clone(), options, show).await.unwrap();
        assert!(rendered.film.is_complete(), "killed at {kill_at}");
        assert!(rendered.film.sums() == expected, "killed at {kill_at}: another picture");
        // The frame may have ended before the kill.
        let _ = child.kill();
        child.wait().unwrap();
    }
    server.stop().await;
}
