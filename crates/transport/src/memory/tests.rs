//! What the virtual network promises.

use std::time::Duration;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Channel;

use super::{LinkFaults, Network, NetworkConfig};
use crate::{LinkClosed, LinkEvent, MAX_BUFFERED_BYTES, SendError};

const A: PeerId = PeerId(1);
const B: PeerId = PeerId(2);

const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn linked(seed: u64, faults: LinkFaults) -> Network {
    let mut network = Network::new(NetworkConfig { seed, ..NetworkConfig::default() });
    network.connect(A, B, faults);
    let opened: Vec<_> =
        drain(&mut network, faults.delay).into_iter().map(|(.., event)| event).collect();
    assert_eq!(opened, [LinkEvent::Open { peer: A }, LinkEvent::Open { peer: B }]);
    network
}

/// Everything that happens up to a time: when, where, what.
fn drain(network: &mut Network, until: Duration) -> Vec<(Duration, PeerId, LinkEvent)> {
    let mut events = Vec::new();
    while let Some((to, event)) = network.advance(until) {
        events.push((network.now(), to, event));
    }
    assert_eq!(network.now(), until);
    events
}

/// The first byte of each message that arrives at B.
fn arrivals(events: &[(Duration, PeerId, LinkEvent)]) -> Vec<u8> {
    let bytes = events.iter().filter_map(|(_, to, event)| match event {
        LinkEvent::Message { bytes, .. } if *to == B => Some(bytes[0]),
        _ => None,
    });
    bytes.collect()
}

fn send_numbers(network: &mut Network, channel: Channel) {
    for number in 0..100 {
        network.send(A, B, channel, vec![number; 10]).unwrap();
    }
}

const BAD: LinkFaults = LinkFaults {
    delay: Duration::from_millis(20),
    jitter: Duration::from_millis(50),
    loss: 0.2,
    retransmit_after: Duration::from_millis(300),
    bytes_per_second: 1e6,
};

#[test]
fn control_arrives_complete_and_in_order_whatever_is_lost() {
    let mut network = linked(1, BAD);
    send_numbers(&mut network, Channel::Control);
    let events = drain(&mut network, ms(60_000));
    assert_eq!(arrivals(&events), (0..100).collect::<Vec<_>>());
}

#[test]
fn tiles_arrive_complete_in_another_order() {
    let mut network = linked(1, BAD);
    send_numbers(&mut network, Channel::Tiles);
    let mut numbers = arrivals(&drain(&mut network, ms(60_000)));
    assert_ne!(numbers, (0..100).collect::<Vec<_>>());
    numbers.sort_unstable();
    assert_eq!(numbers, (0..100).collect::<Vec<_>>());
}

#[test]
fn previews_are_lost_and_late_never_repeated() {
    let mut network = linked(1, BAD);
    send_numbers(&mut network, Channel::Preview);
    let numbers = arrivals(&drain(&mut network, ms(60_000)));
    assert!((60..95).contains(&numbers.len()), "{}", numbers.len());
    assert_eq!(network.buffered_bytes(A, B), 0);
}

#[test]
fn same_seed_is_the_same_network_and_another_is_not() {
    let run = |seed| {
        let mut network = linked(seed, BAD);
        send_numbers(&mut network, Channel::Tiles);
        drain(&mut network, ms(60_000))
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}

#[test]
fn bandwidth_spaces_messages_out() {
    let faults = LinkFaults { bytes_per_second: 10_000.0, ..LinkFaults::default() };
    let mut network = linked(1, faults);
    for number in 0..5 {
        network.send(A, B, Channel::Control, vec![number; 1000]).unwrap();
    }
    let events = drain(&mut network, ms(10_000));
    let times: Vec<_> = events.iter().map(|(at, ..)| at.as_millis()).collect();
    assert_eq!(times, [120, 220, 320, 420, 520]);
}

#[test]
fn partition_holds_reliable_messages_until_it_heals() {
    let mut network = linked(1, LinkFaults::default());
    network.send(A, B, Channel::Control, vec![1]).unwrap();
    network.cut(A, B);
    network.send(A, B, Channel::Control, vec![2]).unwrap();
    network.send(A, B, Channel::Preview, vec![3]).unwrap();
    assert!(drain(&mut network, ms(5000)).is_empty());
    network.heal(A, B);
    assert_eq!(arrivals(&drain(&mut network, ms(6000))), [1, 2]);
}

#[test]
fn long_partition_closes_both_ends() {
    let mut network = linked(1, LinkFaults::default());
    network.cut(A, B);
    let events = drain(&mut network, ms(60_000));
    let closed = |peer| LinkEvent::Closed { peer, reason: LinkClosed::Failed };
    let ends: Vec<_> = events.into_iter().map(|(_, to, event)| (to, event)).collect();
    assert_eq!(ends, [(B, closed(A)), (A, closed(B))]);
    assert_eq!(network.send(A, B, Channel::Control, vec![1]), Err(SendError::NoLink(B)));
    // The same two can meet again.
    network.connect(A, B, LinkFaults::default());
    assert_eq!(drain(&mut network, ms(61_000)).len(), 2);
}

#[test]
fn close_is_seen_after_what_was_sent_and_by_the_other_side_only() {
    let mut network = linked(1, LinkFaults::default());
    network.send(A, B, Channel::Control, vec![1]).unwrap();
    network.send(B, A, Channel::Control, vec![2]).unwrap();
    network.close(A, B);
    let events: Vec<_> =
        drain(&mut network, ms(5000)).into_iter().map(|(_, to, event)| (to, event)).collect();
    let message = LinkEvent::Message { peer: A, channel: Channel::Control, bytes: vec![1] };
    let closed = LinkEvent::Closed { peer: A, reason: LinkClosed::There };
    assert_eq!(events, [(B, message), (B, closed)]);
}

#[test]
fn killed_peer_is_missed_only_after_a_while() {
    let mut network = linked(1, LinkFaults::default());
    network.kill(B);
    network.send(A, B, Channel::Control, vec![1]).unwrap();
    assert!(drain(&mut network, ms(29_000)).is_empty());
    assert_eq!(drain(&mut network, ms(31_000)).len(), 2);
}

#[test]
fn oversized_and_endless_messages_are_not_taken() {
    let mut network = linked(1, LinkFaults::default());
    for channel in Channel::ALL {
        let bytes = vec![0; channel.max_message_bytes() + 1];
        let error = network.send(A, B, channel, bytes).unwrap_err();
        assert!(matches!(error, SendError::TooLong { .. }));
    }
    let chunk = Channel::Tiles.max_message_bytes();
    let taken =
        (0..10_000).take_while(|_| network.send(A, B, Channel::Tiles, vec![0; chunk]).is_ok());
    assert_eq!(taken.count(), MAX_BUFFERED_BYTES / chunk);
    let error = network.send(A, B, Channel::Tiles, vec![0; chunk]).unwrap_err();
    assert!(matches!(error, SendError::Full { .. }));
}
