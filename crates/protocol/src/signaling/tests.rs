//! Signaling messages: their wire form, their limits, hostile texts.

use proptest::prelude::*;

use super::*;
use crate::PeerId;
use crate::peer::{MAX_NAME_BYTES, PeerName, Role};

fn client(text: &str) -> Result<Envelope<ClientMessage>, DecodeError> {
    decode(text)
}

fn check_wire(message: ClientMessage, json: &str) {
    let envelope = Envelope { seq: 3, ack: 2, message };
    assert_eq!(encode(&envelope), json);
    assert_eq!(client(json).unwrap(), envelope);
}

#[test]
fn wire_form_is_the_one_that_other_clients_were_written_against() {
    check_wire(ClientMessage::Ack, r#"{"seq":3,"ack":2,"t":"ack"}"#);
    check_wire(
        ClientMessage::Unlinked { peer: PeerId(9) },
        r#"{"seq":3,"ack":2,"t":"unlinked","peer":9}"#,
    );
    check_wire(
        ClientMessage::Signal {
            to: PeerId(9),
            generation: 1,
            payload: SignalPayload::Description(Description {
                kind: DescriptionKind::Offer,
                sdp: "v=0".into(),
            }),
        },
        r#"{"seq":3,"ack":2,"t":"signal","to":9,"generation":1,"payload":{"description":{"type":"offer","sdp":"v=0"}}}"#,
    );
    check_wire(
        ClientMessage::Hello(Hello {
            version: 1,
            role: Role::Contributor,
            room: None,
            name: PeerName::lossy("box"),
            max_peers: 4,
            resume: None,
        }),
        r#"{"seq":3,"ack":2,"t":"hello","version":1,"role":"contributor","name":"box","max_peers":4}"#,
    );
}

#[test]
fn candidate_of_a_browser_is_understood() {
    let text = r#"{"seq":1,"t":"signal","to":1,"generation":0,"payload":{"candidate":
        {"candidate":"candidate:1 1 udp 2 10.0.0.1 5 typ host","sdpMid":"0","sdpMLineIndex":0,
         "usernameFragment":"abcd"}}}"#;
    let ClientMessage::Signal { payload: SignalPayload::Candidate(found), .. } =
        client(text).unwrap().message
    else {
        panic!("not a candidate");
    };
    assert_eq!(found.sdp_m_line_index, Some(0));
    assert_eq!(found.username_fragment.as_deref(), Some("abcd"));
}

#[test]
fn message_of_a_newer_version_is_no_error() {
    assert_eq!(client(r#"{"seq":1,"t":"dance"}"#).unwrap().message, ClientMessage::Unknown);
    let text = r#"{"seq":4,"ack":0,"t":"peer_left","peer":2,"reason":"eclipse","more":[]}"#;
    let envelope: Envelope<ServerMessage> = decode(text).unwrap();
    let expected = ServerMessage::PeerLeft { peer: PeerId(2), reason: LeaveReason::Other };
    assert_eq!(envelope.message, expected);
}

#[test]
fn oversized_texts_and_fields_are_refused_with_their_name() {
    let long = " ".repeat(MAX_MESSAGE_BYTES + 1);
    assert!(matches!(client(&long), Err(DecodeError::TooLong { .. })));
    let hello = |name: &str, max_peers: u32| {
        format!(
            r#"{{"t":"hello","version":1,"role":"requester","name":"{name}","max_peers":{max_peers}}}"#
        )
    };
    let check = |text: String, field: &str| {
        let message = client(&text).unwrap_err().to_string();
        assert!(message.contains(field), "{message}");
    };
    check(hello(&"n".repeat(MAX_NAME_BYTES + 1), 1), "name");
    check(hello("n", 65), "max_peers");
    check(hello("n", 1 << 20), "u16");
    let sdp = "s".repeat(MAX_SDP_BYTES + 1);
    check(
        format!(
            r#"{{"t":"signal","to":1,"generation":1,"payload":{{"description":{{"type":"offer","sdp":"{sdp}"}}}}}}"#
        ),
        "sdp",
    );
}

#[test]
fn token_does_not_reach_a_log() {
    assert!(!format!("{:?}", ResumeToken("secret".into())).contains("secret"));
}

/// JSON-like soup: the words of the protocol in any order.
fn soup() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(":"),
        Just(","),
        Just("\"t\""),
        Just("\"hello\""),
        Just("\"signal\""),
        Just("\"seq\""),
        Just("\"payload\""),
        Just("\"candidate\""),
        Just("-1"),
        Just("1e999"),
        Just("18446744073709551616"),
        Just("null"),
        Just("\"\\u0000\""),
        Just("\"\\ud800\""),
    ];
    prop::collection::vec(word, 0..64).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn hostile_text_never_panics(text in prop_oneof![".*", soup()]) {
        let _ = decode::<ClientMessage>(&text);
        let _ = decode::<ServerMessage>(&text);
    }

    #[test]
    fn mangled_message_never_panics(position in 0usize..200, byte in 32u8..127) {
        let envelope = Envelope {
            seq: 1,
            ack: 0,
            message: ServerMessage::Connect {
                peer: PeerId(5),
                generation: 2,
                you_offer: true,
                role: Role::Requester,
                name: PeerName::lossy("tab"),
            },
        };
        let mut text = encode(&envelope).into_bytes();
        let position = position % text.len();
        text[position] = byte;
        let text = String::from_utf8(text).unwrap();
        let _ = decode::<ServerMessage>(&text);
    }

    #[test]
    fn signal_survives_the_wire(to in 0..=crate::MAX_PEER_ID, generation: u32, sdp in ".{0,200}", seq: u64) {
        let payload = SignalPayload::Description(Description { kind: DescriptionKind::Answer, sdp });
        let message = ClientMessage::Signal { to: PeerId(to), generation, payload };
        let envelope = Envelope { seq, ack: 1, message };
        prop_assert_eq!(client(&encode(&envelope)).unwrap(), envelope);
    }
}
