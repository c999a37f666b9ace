//! Protocol decoders: any bytes give a message or an error, and a message says the same again.

use p2c2r_protocol::peer::{self, Channel};
use p2c2r_protocol::signaling::{self, ClientMessage, ServerMessage};

/// A message that decodes must encode, and decode to what encodes the same.
pub fn peer_message(bytes: &[u8]) {
    for channel in Channel::ALL {
        if let Ok(message) = peer::decode(channel, bytes) {
            let again = peer::encode(&message).expect("what was decoded is within its limits");
            let message = peer::decode(channel, &again).expect("what was encoded decodes");
            assert_eq!(peer::encode(&message), Ok(again));
        }
    }
}

/// A text that decodes, from either side, survives being written again.
pub fn signaling(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(envelope) = signaling::decode::<ClientMessage>(text)
        && envelope.message != ClientMessage::Unknown
    {
        let again = signaling::encode(&envelope);
        assert_eq!(signaling::decode::<ClientMessage>(&again).ok(), Some(envelope));
    }
    if let Ok(envelope) = signaling::decode::<ServerMessage>(text)
        && envelope.message != ServerMessage::Unknown
    {
        let again = signaling::encode(&envelope);
        assert_eq!(signaling::decode::<ServerMessage>(&again).ok(), Some(envelope));
    }
}
