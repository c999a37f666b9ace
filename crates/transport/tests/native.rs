//! Two native ends on the loopback interface, signaling carried by hand.

use std::collections::BTreeSet;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Channel;
use p2c2r_transport::native::{NativeEvent, NativeLinks, NativeOptions};
use p2c2r_transport::{LinkClosed, LinkEvent, Links, MAX_BUFFERED_BYTES, SendError};
use tokio::sync::mpsc;

const LEFT: PeerId = PeerId(1);
const RIGHT: PeerId = PeerId(2);

struct End {
    links: NativeLinks,
    events: mpsc::Receiver<NativeEvent>,
}

impl End {
    fn new() -> Self {
        let (sender, events) = mpsc::channel(64);
        let options = NativeOptions { has_loopback: true };
        Self { links: NativeLinks::new(options, sender), events }
    }

    async fn next(&mut self) -> NativeEvent {
        self.events.recv().await.expect("the links live")
    }

    /// The next thing that is no signal.
    async fn next_link(&mut self) -> LinkEvent {
        loop {
            if let NativeEvent::Link(event) = self.next().await {
                return event;
            }
        }
    }
}

/// Two ends whose link is open.
async fn connected() -> (End, End) {
    let (mut left, mut right) = (End::new(), End::new());
    left.links.connect(RIGHT, 1, true, &[]);
    right.links.connect(LEFT, 1, false, &[]);
    let mut open = BTreeSet::new();
    while open.len() < 2 {
        tokio::select! {
            event = left.next() => match event {
                NativeEvent::Signal { generation, payload, .. } => {
                    right.links.remote_signal(LEFT, generation, payload);
                }
                NativeEvent::Link(event) => {
                    assert_eq!(event, LinkEvent::Open { peer: RIGHT });
                    open.insert(LEFT);
                }
            },
            event = right.next() => match event {
                NativeEvent::Signal { generation, payload, .. } => {
                    left.links.remote_signal(RIGHT, generation, payload);
                }
                NativeEvent::Link(event) => {
                    assert_eq!(event, LinkEvent::Open { peer: LEFT });
                    open.insert(RIGHT);
                }
            },
        }
    }
    (left, right)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_channel_carries_messages_both_ways() {
    let (mut left, mut right) = connected().await;
    for channel in [Channel::Control, Channel::Tiles] {
        let longest = vec![7; channel.max_message_bytes()];
        left.links.send(RIGHT, channel, longest.clone()).unwrap();
        let expected = LinkEvent::Message { peer: LEFT, channel, bytes: longest };
        assert_eq!(right.next_link().await, expected);
        right.links.send(LEFT, channel, vec![1, 2, 3]).unwrap();
        let expected = LinkEvent::Message { peer: RIGHT, channel, bytes: vec![1, 2, 3] };
        assert_eq!(left.next_link().await, expected);
    }
    let too_long = left.links.send(RIGHT, Channel::Control, vec![0; 2000]);
    assert!(matches!(too_long, Err(SendError::TooLong { .. })));
    assert_eq!(
        left.links.send(PeerId(9), Channel::Control, vec![]),
        Err(SendError::NoLink(PeerId(9)))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bulk_arrives_in_order_and_control_does_not_starve() {
    let (mut left, mut right) = connected().await;
    let count = 300u32;
    for index in 0..count {
        let mut bytes = vec![0; Channel::Tiles.max_message_bytes()];
        bytes[..4].copy_from_slice(&index.to_le_bytes());
        left.links.send(RIGHT, Channel::Tiles, bytes).unwrap();
    }
    left.links.send(RIGHT, Channel::Control, vec![42]).unwrap();
    let (mut next, mut control_after) = (0u32, None);
    while next < count || control_after.is_none() {
        match right.next_link().await {
            LinkEvent::Message { channel: Channel::Tiles, bytes, .. } => {
                assert_eq!(bytes[..4], next.to_le_bytes());
                next += 1;
            }
            LinkEvent::Message { channel: Channel::Control, bytes, .. } => {
                assert_eq!(bytes, [42]);
                control_after = Some(next);
            }
            other => panic!("{other:?}"),
        }
    }
    // Control waits behind what SCTP already holds, not behind the whole queue.
    assert!(control_after.is_some_and(|tiles| tiles < 100), "after {control_after:?} tiles");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receiver_that_does_not_read_stops_the_sender_within_bounds() {
    let (mut left, mut right) = connected().await;
    let message = vec![0; Channel::Tiles.max_message_bytes()];
    let mut taken = 0u32;
    let full = loop {
        match left.links.send(RIGHT, Channel::Tiles, message.clone()) {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
        if taken.is_multiple_of(50) {
            tokio::task::yield_now().await;
        }
        assert!(taken < 5000, "nothing stops the sender");
    };
    assert!(matches!(full, SendError::Full { .. }), "{full}");
    assert!(left.links.buffered_bytes(RIGHT) <= MAX_BUFFERED_BYTES);
    for _ in 0..taken {
        assert!(matches!(right.next_link().await, LinkEvent::Message { .. }));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn last_message_arrives_before_the_close() {
    let (mut left, mut right) = connected().await;
    left.links.send(RIGHT, Channel::Tiles, vec![1; 16_000]).unwrap();
    left.links.send(RIGHT, Channel::Control, vec![2]).unwrap();
    left.links.close(RIGHT);
    let mut messages = 0;
    loop {
        match right.next_link().await {
            LinkEvent::Message { .. } => messages += 1,
            LinkEvent::Closed { reason, .. } => {
                assert_eq!(reason, LinkClosed::There);
                break;
            }
            LinkEvent::Open { .. } => panic!("opened twice"),
        }
    }
    assert_eq!(messages, 2);
    assert_eq!(left.links.send(RIGHT, Channel::Control, vec![1]), Err(SendError::NoLink(RIGHT)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_in_signaling_fails_only_that_link() {
    use p2c2r_protocol::signaling::{Description, DescriptionKind, IceCandidate, SignalPayload};
    let (mut left, mut right) = connected().await;
    let stranger = PeerId(3);
    left.links.connect(stranger, 1, false, &[]);
    for line in ["", "candidate:", "candidate:1 1 udp 99999999999 nowhere 99999 typ host"] {
        let candidate = IceCandidate {
            candidate: line.into(),
            sdp_mid: None,
            sdp_m_line_index: Some(7),
            username_fragment: None,
        };
        left.links.remote_signal(stranger, 1, SignalPayload::Candidate(candidate));
    }
    let kind = DescriptionKind::Offer;
    let description = Description { kind, sdp: "v=0\r\nthis is no sdp\r\n".into() };
    left.links.remote_signal(stranger, 1, SignalPayload::Description(description));
    let expected = LinkEvent::Closed { peer: stranger, reason: LinkClosed::Failed };
    assert_eq!(left.next_link().await, expected);
    left.links.send(RIGHT, Channel::Control, vec![5]).unwrap();
    assert!(matches!(right.next_link().await, LinkEvent::Message { .. }));
}
