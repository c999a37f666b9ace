//! What holds for every message: round trip, lengths, hostile bytes, and the bytes themselves.

use p2c2r_frame::{
    Effects, Lens, Packing, PixelRect, SampleRange, SceneId, Task, TileTask, TraceCounters, View,
};
use proptest::prelude::*;

use super::*;
use crate::{JobId, LeaseId};

fn hello(name: &str) -> Hello {
    Hello {
        version: PROTOCOL_VERSION,
        estimator: ESTIMATOR_VERSION,
        role: Role::Contributor,
        has_heard: true,
        capabilities: Capabilities {
            device: DeviceKind::BrowserCpu,
            lanes: 4,
            condition: condition(250_000),
            name: PeerName::lossy(name),
        },
        limits: PeerLimits::default(),
        tag: Some([0x77; 16]),
    }
}

fn condition(benchmark: u32) -> Condition {
    Condition { benchmark: Some(benchmark), is_on_battery: false, is_hidden: true }
}

fn tile(number: u32, real: f32) -> TileTask {
    TileTask {
        scene: SceneId([number as u8; 32]),
        view: View {
            world_from_camera: [[real; 4]; 3],
            tan_half_fov_y: real,
            width_px: number,
            height_px: number,
            lens: Lens { radius_m: real, focus_m: real },
            time_us: u64::from(number),
        },
        rect: PixelRect { x: number, y: number, width: number, height: number },
        samples: SampleRange::new(number, number),
        seed: number,
        effects: Effects(number),
        max_bounces: number as u8,
    }
}

fn chunk(bytes: &[u8]) -> TileChunk {
    let bytes = ChunkBytes::new(bytes).expect("the test's chunk is short");
    TileChunk { lease: LeaseId(300), index: 1, count: 2, bytes }
}

fn done() -> TileDone {
    let counters = TraceCounters { rays: 1000, shadow_rays: 900 };
    TileDone { lease: LeaseId(300), length_bytes: 20_000, counters, elapsed_us: 250_000 }
}

/// One message of each kind, with the bytes that version 4 has for it.
fn samples() -> Vec<(Message, &'static str)> {
    let (job, lease) = (JobId(7), LeaseId(300));
    let reason = GoodbyeReason::Violation(ViolationKind::Duplicate);
    vec![
        (
            Message::Hello(hello("tab")),
            "000403010101040190a10f00010374616280800180808020808080800101\
             77777777777777777777777777777777",
        ),
        (
            Message::Job { job, scene: SceneId([1; 32]), scene_bytes: 4096 },
            "010701010101010101010101010101010101010101010101010101010101010101018020",
        ),
        (Message::JobReady { job }, "0207"),
        (Message::JobRefused { job, reason: RefuseJob::SceneInvalid }, "030702"),
        (Message::Credit { tasks: 2 }, "0402"),
        (
            Message::Task { lease, task: Task::Tile(tile(1, 1.0)), packing: Packing::BelowNoise },
            "05ac020001010101010101010101010101010101010101010101010101010101010101010000\
             803f0000803f0000803f0000803f0000803f0000803f0000803f0000803f0000803f0000803f\
             0000803f0000803f0000803f01010000803f0000803f0101010101010101010101",
        ),
        (Message::Cancel { lease }, "06ac02"),
        (Message::Refuse { lease, reason: RefuseTask::Paused }, "07ac0201"),
        (Message::TileChunk(chunk(&[0xab, 0xcd])), "08ac02010202abcd"),
        (Message::TileDone(done()), "09ac02a09c01e807840790a10f"),
        (Message::Ping { nonce: 5 }, "0a05"),
        (Message::Pong { nonce: 5 }, "0b05"),
        (Message::Draining, "0c"),
        (Message::Goodbye { reason }, "0d0603"),
        (Message::Condition(condition(7)), "0e01070001"),
        (Message::Pseudonym([0x77; 16]), "0f77777777777777777777777777777777"),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn bytes_of_every_message_are_those_of_version_4() {
    let found: Vec<_> = samples()
        .iter()
        .map(|(message, _)| format!("{} {}", message.name(), hex(&encode(message).unwrap())))
        .collect();
    let expected: Vec<_> =
        samples().iter().map(|(message, bytes)| format!("{} {bytes}", message.name())).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_message_survives_its_channel_and_no_other() {
    for (message, _) in samples() {
        let bytes = encode(&message).unwrap();
        for channel in Channel::ALL {
            let decoded = decode(channel, &bytes);
            if channel == message.channel() {
                assert_eq!(decoded, Ok(message.clone()));
            } else {
                let name = message.name();
                assert_eq!(decoded, Err(DecodeError::WrongChannel { name, channel }));
            }
        }
    }
}

#[test]
fn cut_message_and_message_with_more_behind_it_are_refused() {
    for (message, _) in samples() {
        let mut bytes = encode(&message).unwrap();
        let channel = message.channel();
        for length in 0..bytes.len() {
            assert!(decode(channel, &bytes[..length]).is_err(), "{} {length}", message.name());
        }
        bytes.push(0);
        let name = message.name();
        assert_eq!(decode(channel, &bytes), Err(DecodeError::Trailing { name, extra: 1 }));
    }
}

#[test]
fn largest_task_and_largest_chunk_fit_their_messages() {
    let task = Task::Tile(tile(u32::MAX, f32::NAN));
    let task =
        encode(&Message::Task { lease: LeaseId(u64::MAX), task, packing: Packing::Exact }).unwrap();
    assert!(task.len() <= MAX_TASK_BYTES, "{} bytes", task.len());
    let bytes = ChunkBytes::new(&vec![0xff; CHUNK_PAYLOAD_BYTES]).unwrap();
    let chunk = TileChunk { lease: LeaseId(u64::MAX), index: u16::MAX, count: u16::MAX, bytes };
    assert!(encode(&Message::TileChunk(chunk)).unwrap().len() <= MAX_MESSAGE_BYTES);
    assert_eq!(ChunkBytes::new(&vec![0; CHUNK_PAYLOAD_BYTES + 1]), None);
}

#[test]
fn hello_of_another_version_is_named_whatever_follows() {
    let bytes = [0, 9, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(decode(Channel::Control, &bytes), Err(DecodeError::Version { theirs: 9 }));
}

#[test]
fn hello_with_impossible_lanes_or_name_is_refused() {
    for lanes in [0, MAX_LANES + 1] {
        let mut hello = hello("tab");
        hello.capabilities.lanes = lanes;
        let bytes = encode(&Message::Hello(hello)).unwrap();
        assert_eq!(decode(Channel::Control, &bytes), Err(DecodeError::Lanes { lanes }));
    }
    let mut bytes = encode(&Message::Hello(hello("tab"))).unwrap();
    let name = bytes.windows(3).position(|window| window == b"tab").unwrap();
    bytes[name] = b'\n';
    assert!(matches!(decode(Channel::Control, &bytes), Err(DecodeError::Malformed { .. })));
}

#[test]
fn impossible_benchmark_is_refused_wherever_it_is_said() {
    for paths_per_second in [0, MAX_BENCHMARK + 1, u32::MAX] {
        let refused = Err(DecodeError::Benchmark { paths_per_second });
        let mut hello = hello("tab");
        hello.capabilities.condition = condition(paths_per_second);
        for message in [Message::Hello(hello), Message::Condition(condition(paths_per_second))] {
            assert_eq!(decode(Channel::Control, &encode(&message).unwrap()), refused);
        }
    }
}

#[test]
fn measured_speed_is_said_only_where_it_is_one() {
    let said = |speed| Condition::default().with_speed(speed).benchmark;
    for nothing in [f64::NAN, f64::NEG_INFINITY, -1.0, 0.0, 0.9] {
        assert_eq!(said(nothing), None, "{nothing}");
    }
    assert_eq!(said(1234.9), Some(1234));
    assert_eq!(said(f64::INFINITY), Some(MAX_BENCHMARK));
}

#[test]
fn message_beyond_its_channel_is_refused_unread() {
    for channel in Channel::ALL {
        let bytes = vec![0xff; channel.max_message_bytes() + 1];
        assert!(matches!(decode(channel, &bytes), Err(DecodeError::TooLong { .. })));
    }
}

fn any_channel() -> impl Strategy<Value = Channel> {
    prop::sample::select(Channel::ALL.to_vec())
}

proptest! {
    #[test]
    fn any_task_survives_and_is_short(number: u32, lease: u64, real: f32) {
        let task = Task::Tile(tile(number, real));
        let message = Message::Task { lease: LeaseId(lease), task, packing: Packing::Exact };
        let bytes = encode(&message).unwrap();
        prop_assert!(bytes.len() <= MAX_TASK_BYTES);
        // Compared as bytes, since NaN differs from itself.
        let decoded = decode(Channel::Control, &bytes).unwrap();
        prop_assert_eq!(encode(&decoded).unwrap(), bytes);
    }

    #[test]
    fn any_chunk_survives(bytes in prop::collection::vec(any::<u8>(), 0..2000), index: u16) {
        let mut chunk = chunk(&bytes);
        chunk.index = index;
        let message = Message::TileChunk(chunk);
        prop_assert_eq!(decode(Channel::Tiles, &encode(&message).unwrap()), Ok(message));
    }

    #[test]
    fn random_bytes_never_panic(
        channel in any_channel(),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        // Whatever decodes must encode to something that decodes to the same.
        if let Ok(message) = decode(channel, &bytes) {
            let again = encode(&message).unwrap();
            let twice = encode(&decode(channel, &again).unwrap()).unwrap();
            prop_assert_eq!(again, twice);
        }
    }

    #[test]
    fn mangled_messages_never_panic(
        which in 0..samples().len(),
        position: prop::sample::Index,
        value: u8,
    ) {
        let (message, _) = &samples()[which];
        let mut bytes = encode(message).unwrap();
        let position = position.index(bytes.len());
        bytes[position] = value;
        for channel in Channel::ALL {
            // Any answer will do; a panic will not.
            let _ = decode(channel, &bytes);
        }
    }
}
