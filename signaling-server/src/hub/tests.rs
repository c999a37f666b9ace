//! The hub without sockets: introductions, resumes, limits.

use proptest::prelude::*;

use p2c2r_protocol::peer::PeerName;
use p2c2r_protocol::signaling::{Description, DescriptionKind, Resume, SignalPayload};

use super::*;

const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

struct Server {
    hub: Hub,
    sent: Vec<(u64, Envelope<ServerMessage>)>,
    closed: Vec<(u64, u16)>,
}

impl Server {
    fn new() -> Self {
        let config = HubConfig {
            max_connections: 100,
            max_connections_per_address: 10,
            max_room_peers: 4,
            max_pool_peers: 50,
            ping: at(10),
            resume_window: at(20),
            ice_servers: vec![],
            max_blob_bytes: 1,
        };
        let mut next = 100u128;
        let random = move || {
            next += 1;
            next
        };
        Self { hub: Hub::new(config, Box::new(random)), sent: vec![], closed: vec![] }
    }

    fn drain(&mut self) {
        while let Some(output) = self.hub.poll_output() {
            match output {
                HubOutput::Send { connection, text } => {
                    self.sent.push((connection.0, decode(&text).unwrap()));
                }
                HubOutput::Close { connection, code } => self.closed.push((connection.0, code)),
                HubOutput::Ping { .. } => {}
            }
        }
    }

    fn open(&mut self, now: Duration, id: u64) {
        self.hub.opened(now, ConnectionId(id), ADDRESS);
        self.drain();
    }

    fn say(&mut self, now: Duration, id: u64, seq: u64, message: ClientMessage) {
        let text = encode(&Envelope { seq, ack: 0, message });
        self.hub.text(now, ConnectionId(id), &text);
        self.drain();
    }

    fn hello(&mut self, now: Duration, id: u64, hello: Hello) -> Welcome {
        self.open(now, id);
        self.say(now, id, 0, ClientMessage::Hello(hello));
        let welcome = self.to(id).find_map(|message| match message {
            ServerMessage::Welcome(welcome) => Some(welcome.clone()),
            _ => None,
        });
        welcome.expect("a welcome")
    }

    fn to(&self, id: u64) -> impl Iterator<Item = &ServerMessage> {
        self.sent.iter().filter(move |(to, _)| *to == id).map(|(_, envelope)| &envelope.message)
    }

    fn introduced(&self, id: u64) -> Vec<(PeerId, u32, bool)> {
        let connects = self.to(id).filter_map(|message| match message {
            ServerMessage::Connect { peer, generation, you_offer, .. } => {
                Some((*peer, *generation, *you_offer))
            }
            _ => None,
        });
        connects.collect()
    }

    fn errors(&self, id: u64) -> Vec<ErrorCode> {
        let errors = self.to(id).filter_map(|message| match message {
            ServerMessage::Error { code, .. } => Some(*code),
            _ => None,
        });
        errors.collect()
    }
}

fn hello(role: Role, max_peers: u16) -> Hello {
    Hello { version: VERSION, role, room: None, name: PeerName::default(), max_peers, resume: None }
}

fn room_of(name: &str, hello: Hello) -> Hello {
    Hello { room: Some(format!("{name:-<16}").parse().unwrap()), ..hello }
}

fn offer(to: PeerId, generation: u32) -> ClientMessage {
    let payload =
        SignalPayload::Description(Description { kind: DescriptionKind::Offer, sdp: "v=0".into() });
    ClientMessage::Signal { to, generation, payload }
}

fn resuming(hello: Hello, welcome: &Welcome, linked: Vec<PeerId>) -> Hello {
    let resume = Resume { peer_id: welcome.peer_id, token: welcome.resume_token.clone(), linked };
    Hello { resume: Some(resume), ..hello }
}

#[test]
fn requester_is_introduced_to_contributors_of_its_room_and_offers() {
    let mut server = Server::new();
    let pooled = server.hello(at(0), 1, hello(Role::Contributor, 4));
    server.hello(at(0), 2, room_of("kitchen", hello(Role::Contributor, 4)));
    let requester = server.hello(at(0), 3, hello(Role::Requester, 4));
    assert_eq!(server.introduced(3), [(pooled.peer_id, 1, true)]);
    assert_eq!(server.introduced(1), [(requester.peer_id, 1, false)]);
    assert_eq!(server.introduced(2), []);
}

#[test]
fn contributor_that_comes_late_is_found() {
    let mut server = Server::new();
    server.hello(at(0), 1, hello(Role::Requester, 4));
    let late = server.hello(at(5), 2, hello(Role::Contributor, 4));
    assert_eq!(server.introduced(1), [(late.peer_id, 1, true)]);
}

#[test]
fn requester_gets_no_more_peers_than_it_wants_and_the_least_busy_ones() {
    let mut server = Server::new();
    for id in 1..=3 {
        server.hello(at(0), id, hello(Role::Contributor, 4));
    }
    server.hello(at(0), 11, hello(Role::Requester, 2));
    server.hello(at(0), 12, hello(Role::Requester, 1));
    assert_eq!(server.introduced(11).len(), 2);
    let first: Vec<_> = server.introduced(11).iter().map(|&(peer, ..)| peer).collect();
    let second = server.introduced(12);
    assert!(!first.contains(&second[0].0), "the idle one was free");
}

#[test]
fn signal_reaches_only_the_introduced_peer() {
    let mut server = Server::new();
    let contributor = server.hello(at(0), 1, hello(Role::Contributor, 4));
    server.hello(at(0), 2, hello(Role::Requester, 4));
    let stranger = server.hello(at(0), 3, room_of("cellar", hello(Role::Contributor, 4)));
    server.say(at(1), 2, 1, offer(contributor.peer_id, 1));
    assert!(server.to(1).any(|message| matches!(message, ServerMessage::Signal { .. })));
    server.say(at(1), 2, 2, offer(stranger.peer_id, 1));
    assert_eq!(server.errors(2), [ErrorCode::UnknownPeer]);
    assert!(!server.to(3).any(|message| matches!(message, ServerMessage::Signal { .. })));
}

#[test]
fn session_goes_on_with_its_token_and_what_was_missed_comes_again() {
    let mut server = Server::new();
    let contributor = server.hello(at(0), 1, hello(Role::Contributor, 4));
    server.hub.closed(at(1), ConnectionId(1));
    server.hello(at(2), 2, hello(Role::Requester, 4));
    assert_eq!(server.introduced(2), [], "nobody is introduced to a peer without a socket");
    let again = server.hello(at(3), 3, resuming(hello(Role::Contributor, 4), &contributor, vec![]));
    assert!(again.resumed);
    assert_eq!(again.peer_id, contributor.peer_id);
}

#[test]
fn unacknowledged_messages_are_replayed_once_each() {
    let mut server = Server::new();
    let contributor = server.hello(at(0), 1, hello(Role::Contributor, 4));
    server.hello(at(0), 2, hello(Role::Requester, 4));
    server.say(at(1), 2, 1, offer(contributor.peer_id, 1));
    server.hub.closed(at(1), ConnectionId(1));
    server.hello(at(2), 3, resuming(hello(Role::Contributor, 4), &contributor, vec![]));
    let sequence: Vec<_> =
        server.sent.iter().filter(|(to, envelope)| *to == 3 && envelope.seq > 0).collect();
    assert_eq!(sequence.iter().map(|(_, envelope)| envelope.seq).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn second_socket_with_the_token_takes_the_session() {
    let mut server = Server::new();
    let first = server.hello(at(0), 1, hello(Role::Contributor, 4));
    server.hello(at(1), 2, resuming(hello(Role::Contributor, 4), &first, vec![]));
    assert_eq!(server.closed, [(1, CLOSE_REPLACED)]);
    assert_eq!(server.hub.counts().connections, 1);
    assert_eq!(server.hub.counts().sessions, 1);
}

#[test]
fn wrong_token_opens_a_new_session() {
    let mut server = Server::new();
    let mut first = server.hello(at(0), 1, hello(Role::Contributor, 4));
    first.resume_token = ResumeToken("0".repeat(32));
    let thief = server.hello(at(1), 2, resuming(hello(Role::Contributor, 4), &first, vec![]));
    assert!(!thief.resumed);
    assert_ne!(thief.peer_id, first.peer_id);
}

#[test]
fn linked_peers_that_come_back_to_a_new_server_keep_their_ids_and_their_link() {
    let mut old = Server::new();
    let contributor = old.hello(at(0), 1, hello(Role::Contributor, 4));
    let requester = old.hello(at(0), 2, hello(Role::Requester, 4));
    let mut new = Server::new();
    let (one, two) = (contributor.peer_id, requester.peer_id);
    let first = new.hello(at(9), 1, resuming(hello(Role::Contributor, 4), &contributor, vec![two]));
    let second = new.hello(at(9), 2, resuming(hello(Role::Requester, 4), &requester, vec![one]));
    assert_eq!((first.peer_id, second.peer_id), (one, two));
    assert!(!first.resumed);
    assert_eq!(new.introduced(1), []);
    assert_eq!(new.hub.counts().pairs, 1);
}

#[test]
fn lost_peer_is_reported_after_the_window_and_bye_at_once() {
    let mut server = Server::new();
    let contributor = server.hello(at(0), 1, hello(Role::Contributor, 4));
    server.hello(at(0), 2, hello(Role::Requester, 4));
    server.hub.closed(at(1), ConnectionId(1));
    let left = |server: &Server, reason| {
        let expected = ServerMessage::PeerLeft { peer: contributor.peer_id, reason };
        server.to(2).filter(|message| **message == expected).count()
    };
    server.hub.tick(at(5));
    server.drain();
    assert_eq!(left(&server, LeaveReason::Lost), 0);
    server.hub.tick(at(22));
    server.drain();
    assert_eq!(left(&server, LeaveReason::Lost), 1);
    let mut server = Server::new();
    server.hello(at(0), 1, hello(Role::Contributor, 4));
    server.hello(at(0), 2, hello(Role::Requester, 4));
    server.say(at(1), 1, 0, ClientMessage::Bye);
    assert_eq!(left(&server, LeaveReason::Bye), 1);
}

#[test]
fn failed_link_is_tried_again_later_and_not_for_ever() {
    let mut server = Server::new();
    let contributor = server.hello(at(0), 1, hello(Role::Contributor, 1));
    server.hello(at(0), 2, hello(Role::Requester, 1));
    let mut now = at(0);
    for seq in 1..=10 {
        server.say(now, 2, seq, ClientMessage::Unlinked { peer: contributor.peer_id });
        now += at(60);
        server.hub.heard(ConnectionId(1));
        server.hub.tick(now);
        server.drain();
    }
    let generations: Vec<_> = server.introduced(2).iter().map(|&(_, count, _)| count).collect();
    assert_eq!(generations, [1, 2, 3, 4, 5]);
}

#[test]
fn introduction_that_nobody_answers_is_given_up() {
    let mut server = Server::new();
    server.hello(at(0), 1, hello(Role::Contributor, 1));
    server.hello(at(0), 2, hello(Role::Requester, 1));
    server.hub.tick(at(31));
    server.drain();
    for id in [1, 2] {
        let left =
            server.to(id).filter(|message| matches!(message, ServerMessage::PeerLeft { .. }));
        assert_eq!(left.count(), 1, "connection {id}");
    }
}

#[test]
fn bad_clients_get_a_typed_error_and_others_go_on() {
    let mut server = Server::new();
    server.hello(at(0), 1, hello(Role::Contributor, 4));
    let check = |server: &mut Server, id: u64, texts: &[String], expected: ErrorCode| {
        server.open(at(0), id);
        for text in texts {
            server.hub.text(at(0), ConnectionId(id), text);
        }
        server.drain();
        assert_eq!(server.errors(id), [expected]);
        assert!(server.closed.iter().any(|&(closed, _)| closed == id));
    };
    let hello_text =
        |hello: Hello| encode(&Envelope { seq: 0, ack: 0, message: ClientMessage::Hello(hello) });
    let good = hello_text(hello(Role::Requester, 1));
    let numbered = encode(&Envelope { seq: 5, ack: 0, message: ClientMessage::Ack });
    check(&mut server, 2, &["}{".into()], ErrorCode::Malformed);
    check(&mut server, 3, &[" ".repeat(MAX_MESSAGE_BYTES + 1)], ErrorCode::TooLong);
    check(&mut server, 4, std::slice::from_ref(&numbered), ErrorCode::OutOfOrder);
    check(&mut server, 5, &[good.clone(), numbered], ErrorCode::OutOfOrder);
    check(&mut server, 6, &[good.clone(), good.clone()], ErrorCode::OutOfOrder);
    let newer = hello_text(Hello { version: 9, ..hello(Role::Requester, 1) });
    check(&mut server, 7, &[newer], ErrorCode::UnsupportedVersion);
    let ping = encode(&Envelope { seq: 0, ack: 0, message: ClientMessage::Ping });
    let flood: Vec<_> = std::iter::once(good).chain(vec![ping; 1000]).collect();
    check(&mut server, 8, &flood, ErrorCode::TooFast);
    assert_eq!(server.errors(1), []);
    assert!(!server.closed.iter().any(|&(closed, _)| closed == 1));
}

#[test]
fn rooms_and_addresses_fill_up() {
    let mut server = Server::new();
    for id in 1..=4 {
        server.hello(at(0), id, room_of("kitchen", hello(Role::Contributor, 4)));
    }
    server.open(at(0), 5);
    let fifth = room_of("kitchen", hello(Role::Contributor, 4));
    server.say(at(0), 5, 0, ClientMessage::Hello(fifth));
    assert_eq!(server.errors(5), [ErrorCode::RoomFull]);
    for id in 6..=12 {
        server.open(at(0), id);
    }
    assert_eq!(server.errors(12), [ErrorCode::TooMany]);
}

#[test]
fn silent_connection_and_missing_hello_are_closed() {
    let mut server = Server::new();
    server.hello(at(0), 1, hello(Role::Contributor, 4));
    server.open(at(0), 2);
    for second in 0..=61 {
        server.hub.tick(at(second));
    }
    server.drain();
    assert!(server.closed.contains(&(1, CLOSE_SILENT)));
    assert_eq!(server.errors(2), [ErrorCode::OutOfOrder]);
    assert_eq!(server.hub.counts(), HubCounts::default());
}

proptest! {
    #[test]
    fn any_order_of_inputs_keeps_counts_within_limits(
        steps in prop::collection::vec((0u8..9, 0u64..12, 0u64..12, 0u64..4), 0..300),
    ) {
        let mut server = Server::new();
        let mut now = at(0);
        let mut seqs = [0u64; 12];
        for (kind, id, other, gap) in steps {
            now += at(gap);
            let index = id as usize;
            let role = if id % 2 == 0 { Role::Requester } else { Role::Contributor };
            let target = PeerId(100 + other * 2);
            let message = match kind {
                0 => {
                    server.hub.closed(now, ConnectionId(id));
                    server.open(now, id);
                    seqs[index] = 0;
                    continue;
                }
                1 => ClientMessage::Hello(hello(role, 1 + (other % 4) as u16)),
                2 => {
                    server.hub.closed(now, ConnectionId(id));
                    continue;
                }
                3 => ClientMessage::Linked { peer: target },
                4 => ClientMessage::Unlinked { peer: target },
                5 => offer(target, 1),
                6 => ClientMessage::Bye,
                7 => {
                    server.hub.tick(now);
                    server.drain();
                    continue;
                }
                _ => ClientMessage::Ack,
            };
            let seq = if (3..=5).contains(&kind) { seqs[index] + 1 } else { 0 };
            seqs[index] = seqs[index].max(seq);
            server.say(now, id, seq, message);
            let counts = server.hub.counts();
            prop_assert!(counts.connections <= 12);
            prop_assert!(counts.sessions <= 50);
            server.sent.clear();
        }
        server.hub.go_away(now, at(1));
        server.drain();
        server.hub.tick(now + at(100));
        prop_assert_eq!(server.hub.counts(), HubCounts::default());
        prop_assert!(server.hub.pairs.is_empty() && server.hub.rooms.is_empty());
    }
}
