//! The session against a scripted server.

use p2c2r_protocol::peer::{PeerName, Role};
use p2c2r_protocol::signaling::{Description, DescriptionKind, Limits, SignalPayload};
use proptest::prelude::*;

use super::*;

fn at(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn session() -> SignalingSession {
    let config = SignalingConfig {
        role: Role::Requester,
        room: None,
        name: PeerName::default(),
        max_peers: 2,
        seed: 7,
    };
    SignalingSession::new(at(0), config)
}

fn drain(session: &mut SignalingSession) -> Vec<SignalingOutput> {
    std::iter::from_fn(|| session.poll_output()).collect()
}

/// What was sent since the last drain.
fn sent(session: &mut SignalingSession) -> Vec<Envelope<ClientMessage>> {
    let texts = drain(session).into_iter().filter_map(|output| match output {
        SignalingOutput::SendText(text) => Some(decode(&text).unwrap()),
        _ => None,
    });
    texts.collect()
}

fn tell(session: &mut SignalingSession, now: Duration, seq: u64, message: ServerMessage) {
    let text = encode(&Envelope { seq, ack: 0, message });
    session.handle(now, SignalingInput::Text(text));
}

fn welcome(resumed: bool, received: u64) -> ServerMessage {
    ServerMessage::Welcome(Welcome {
        peer_id: PeerId(1),
        resume_token: ResumeToken("t".into()),
        resumed,
        received,
        ice_servers: vec![],
        limits: Limits {
            message_bytes: 1,
            sdp_bytes: 1,
            candidates: 1,
            messages_per_second: 1,
            blob_bytes: 1,
        },
        ping_ms: 10_000,
        resume_window_ms: 20_000,
        server: String::new(),
    })
}

fn connect(peer: u64, generation: u32) -> ServerMessage {
    ServerMessage::Connect {
        peer: PeerId(peer),
        generation,
        you_offer: true,
        role: Role::Contributor,
        name: PeerName::default(),
    }
}

fn online() -> SignalingSession {
    let mut session = session();
    session.handle(at(1), SignalingInput::SocketOpen);
    tell(&mut session, at(2), 0, welcome(false, 0));
    drain(&mut session);
    session
}

fn offer(peer: u64, generation: u32) -> SignalingInput {
    let payload =
        SignalPayload::Description(Description { kind: DescriptionKind::Offer, sdp: "v=0".into() });
    SignalingInput::LocalSignal { peer: PeerId(peer), generation, payload }
}

fn reconnect(session: &mut SignalingSession, now: Duration) -> Duration {
    session.handle(now, SignalingInput::SocketClosed);
    let due = session.next_timeout().unwrap();
    session.handle(due, SignalingInput::Timeout);
    session.handle(due, SignalingInput::SocketOpen);
    due
}

#[test]
fn hello_goes_out_when_the_socket_opens() {
    let mut session = session();
    assert!(drain(&mut session).contains(&SignalingOutput::OpenSocket));
    session.handle(at(1), SignalingInput::SocketOpen);
    let sent = sent(&mut session);
    assert!(matches!(&sent[..], [Envelope { seq: 0, message: ClientMessage::Hello(_), .. }]));
}

#[test]
fn message_that_comes_twice_counts_once() {
    let mut session = online();
    tell(&mut session, at(3), 1, connect(9, 1));
    tell(&mut session, at(4), 1, connect(9, 1));
    let count = drain(&mut session)
        .iter()
        .filter(|output| matches!(output, SignalingOutput::Connect(_)))
        .count();
    assert_eq!(count, 1);
}

#[test]
fn unacknowledged_messages_go_out_again_after_a_resume() {
    let mut session = online();
    tell(&mut session, at(3), 1, connect(9, 1));
    session.handle(at(4), offer(9, 1));
    session.handle(at(5), SignalingInput::LinkOpen { peer: PeerId(9) });
    let now = reconnect(&mut session, at(6));
    drain(&mut session);
    tell(&mut session, now, 0, welcome(true, 1));
    let sent = sent(&mut session);
    assert_eq!(
        sent,
        [Envelope { seq: 2, ack: 1, message: ClientMessage::Linked { peer: PeerId(9) } }]
    );
}

#[test]
fn open_link_survives_a_server_that_forgot_us() {
    let mut session = online();
    tell(&mut session, at(3), 1, connect(8, 1));
    tell(&mut session, at(3), 2, connect(9, 1));
    session.handle(at(5), SignalingInput::LinkOpen { peer: PeerId(9) });
    let now = reconnect(&mut session, at(6));
    let hello = sent(&mut session).pop().unwrap();
    let ClientMessage::Hello(Hello { resume: Some(resume), .. }) = hello.message else {
        panic!("no resume");
    };
    assert_eq!(resume.linked, [PeerId(9)]);
    tell(&mut session, now, 0, welcome(false, 0));
    let outputs = drain(&mut session);
    let left = |peer| SignalingOutput::PeerLeft { peer: PeerId(peer), reason: LeaveReason::Lost };
    assert!(outputs.contains(&left(8)) && !outputs.contains(&left(9)));
    // The new server introduces the linked pair again: nothing is rebuilt.
    tell(&mut session, now, 1, connect(9, 1));
    let sent = sent(&mut session);
    assert_eq!(sent[0].message, ClientMessage::Linked { peer: PeerId(9) });
}

#[test]
fn connection_that_hangs_is_given_up_and_the_server_told() {
    let mut session = online();
    tell(&mut session, at(3), 1, connect(8, 1));
    tell(&mut session, at(4), 2, connect(9, 1));
    session.handle(at(5), SignalingInput::LinkOpen { peer: PeerId(8) });
    drain(&mut session);
    let late = at(4) + introductions::LINK_TIMEOUT;
    while session.next_timeout().is_some_and(|due| due < late) {
        let due = session.next_timeout().unwrap();
        session.handle(due, SignalingInput::Timeout);
        // The server answers the ping.
        tell(&mut session, due, 0, ServerMessage::Pong);
    }
    let left = SignalingOutput::PeerLeft { peer: PeerId(9), reason: LeaveReason::Unlinked };
    assert!(!drain(&mut session).contains(&left));
    assert_eq!(session.next_timeout(), Some(late));
    session.handle(late, SignalingInput::Timeout);
    let outputs = drain(&mut session);
    assert!(outputs.contains(&left), "{outputs:?}");
    let said = outputs.iter().filter_map(|output| match output {
        SignalingOutput::SendText(text) => Some(decode::<ClientMessage>(text).unwrap().message),
        _ => None,
    });
    assert_eq!(said.collect::<Vec<_>>(), [ClientMessage::Unlinked { peer: PeerId(9) }]);
    // A second try may follow; the open link is left alone.
    tell(&mut session, late, 3, connect(9, 2));
    let outputs = drain(&mut session);
    assert!(matches!(&outputs[..], [SignalingOutput::Connect(again)] if again.generation == 2));
}

#[test]
fn signals_of_strangers_and_of_old_introductions_are_dropped() {
    let mut session = online();
    tell(&mut session, at(3), 1, connect(9, 2));
    drain(&mut session);
    for (seq, peer, generation) in [(2, 9, 1), (3, 7, 1)] {
        let payload = SignalPayload::EndOfCandidates;
        let message = ServerMessage::Signal { from: PeerId(peer), generation, payload };
        tell(&mut session, at(4), seq, message);
    }
    session.handle(at(5), offer(9, 1));
    assert_eq!(drain(&mut session), []);
}

#[test]
fn flood_of_candidates_stops_at_the_limit() {
    let mut session = online();
    tell(&mut session, at(3), 1, connect(9, 1));
    drain(&mut session);
    for index in 0..200 {
        let candidate = p2c2r_protocol::signaling::IceCandidate {
            candidate: "candidate:x".into(),
            sdp_mid: None,
            sdp_m_line_index: None,
            username_fragment: None,
        };
        let payload = SignalPayload::Candidate(candidate);
        let message = ServerMessage::Signal { from: PeerId(9), generation: 1, payload };
        tell(&mut session, at(4), 2 + index, message);
    }
    let passed = drain(&mut session)
        .into_iter()
        .filter(|output| matches!(output, SignalingOutput::RemoteSignal { .. }))
        .count();
    assert_eq!(passed, p2c2r_protocol::signaling::MAX_CANDIDATES);
}

#[test]
fn silent_server_is_left_and_tried_again() {
    let mut session = online();
    let mut closed = false;
    for _ in 0..4 {
        let due = session.next_timeout().unwrap();
        session.handle(due, SignalingInput::Timeout);
        closed |=
            drain(&mut session).contains(&SignalingOutput::CloseSocket { code: CLOSE_SILENT });
    }
    assert!(closed);
    assert!(session.next_timeout().is_some());
}

#[test]
fn gap_in_the_sequence_is_closed_by_a_resume() {
    let mut session = online();
    tell(&mut session, at(3), 2, connect(9, 1));
    let outputs = drain(&mut session);
    assert!(outputs.contains(&SignalingOutput::CloseSocket { code: CLOSE_PROTOCOL }));
    assert!(!outputs.iter().any(|output| matches!(output, SignalingOutput::Connect(_))));
}

#[test]
fn leaving_ends_all_timers() {
    let mut session = online();
    session.handle(at(3), SignalingInput::Leave);
    let outputs = drain(&mut session);
    assert!(outputs.contains(&SignalingOutput::State(SignalingState::Left)));
    assert_eq!(session.next_timeout(), None);
}

#[test]
fn server_that_never_acknowledges_cannot_grow_the_outbox() {
    let mut session = online();
    tell(&mut session, at(3), 1, connect(9, 1));
    drain(&mut session);
    for _ in 0..1000 {
        session.handle(at(4), offer(9, 1));
    }
    let texts = sent(&mut session).len();
    assert!(texts <= p2c2r_protocol::signaling::MAX_UNACKED, "{texts}");
}

#[test]
fn new_session_counts_what_it_acknowledged_from_the_start() {
    let mut session = session();
    session.handle(at(0), SignalingInput::SocketOpen);
    tell(&mut session, at(0), 0, welcome(false, 0));
    tell(&mut session, at(1), 1, connect(1, 0));
    tell(&mut session, at(1), 2, connect(2, 0));
    // What is said next acknowledges both; then the server forgets everything.
    session.handle(at(30_000), SignalingInput::Timeout);
    session.handle(at(30_001), SignalingInput::SocketClosed);
    session.handle(at(60_000), SignalingInput::Timeout);
    session.handle(at(60_001), SignalingInput::SocketOpen);
    tell(&mut session, at(60_002), 0, welcome(false, 0));
    drain(&mut session);
    tell(&mut session, at(60_003), 1, connect(3, 0));
    assert!(!drain(&mut session).is_empty(), "the first message of the new session is taken");
}

proptest! {
    #[test]
    fn any_order_of_inputs_keeps_the_session_alive(
        steps in prop::collection::vec((0u8..10, 0u64..4, 0u32..3, 0u64..40_000), 0..200),
    ) {
        let mut session = session();
        let mut now = at(0);
        for (kind, peer, generation, gap) in steps {
            now += at(gap);
            match kind {
                0 => session.handle(now, SignalingInput::SocketOpen),
                1 => session.handle(now, SignalingInput::SocketClosed),
                2 => session.handle(now, SignalingInput::Timeout),
                3 => session.handle(now, offer(peer, generation)),
                4 => session.handle(now, SignalingInput::LinkOpen { peer: PeerId(peer) }),
                5 => session.handle(now, SignalingInput::LinkClosed { peer: PeerId(peer) }),
                6 => tell(&mut session, now, 0, welcome(peer % 2 == 0, peer)),
                7 => tell(&mut session, now, peer, connect(peer, generation)),
                8 => session.handle(now, SignalingInput::Text("{".into())),
                _ => tell(&mut session, now, peer, ServerMessage::GoAway { after_ms: generation }),
            }
            let outputs = drain(&mut session).len();
            prop_assert!(outputs < 300);
            prop_assert!(session.next_timeout().is_some());
        }
    }
}
