//! Names of peers and rooms, as the server gives them out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Peer ids stay below this, so that JavaScript numbers hold them exactly.
pub const MAX_PEER_ID: u64 = (1 << 53) - 1;
/// Fewest characters of a room id; shorter ones could be guessed.
pub const MIN_ROOM_CHARS: usize = 16;
/// Most characters of a room id.
pub const MAX_ROOM_CHARS: usize = 64;

/// A peer of the network; random, so that ids of two server runs do not meet.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(try_from = "u64")]
pub struct PeerId(pub u64);

/// A number is too large for a peer id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("peer id {0} is above {MAX_PEER_ID}")]
pub struct PeerIdError(pub u64);

impl TryFrom<u64> for PeerId {
    type Error = PeerIdError;

    fn try_from(number: u64) -> Result<Self, PeerIdError> {
        if number > MAX_PEER_ID { Err(PeerIdError(number)) } else { Ok(Self(number)) }
    }
}

impl fmt::Display for PeerId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:014x}", self.0)
    }
}

/// Who may meet: peers that name the same room.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomId(String);

/// A text cannot name a room.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a room id is {MIN_ROOM_CHARS} to {MAX_ROOM_CHARS} letters, digits, `-` or `_`")]
pub struct RoomIdError;

impl RoomId {
    /// A room from 128 random bits that the caller drew.
    pub fn from_random(bits: u128) -> Self {
        Self(format!("{bits:032x}"))
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RoomId {
    type Err = RoomIdError;

    fn from_str(text: &str) -> Result<Self, RoomIdError> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for RoomId {
    type Error = RoomIdError;

    fn try_from(text: String) -> Result<Self, RoomIdError> {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let has_length = (MIN_ROOM_CHARS..=MAX_ROOM_CHARS).contains(&text.len());
        if has_length && text.bytes().all(is_word) { Ok(Self(text)) } else { Err(RoomIdError) }
    }
}

impl From<RoomId> for String {
    fn from(room: RoomId) -> Self {
        room.0
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_that_could_be_guessed_is_refused() {
        assert!("kitchen".parse::<RoomId>().is_err());
        assert!("x".repeat(MAX_ROOM_CHARS + 1).parse::<RoomId>().is_err());
        assert!("a room with spaces in".parse::<RoomId>().is_err());
        let room = RoomId::from_random(7);
        assert_eq!(room.as_str().parse(), Ok(room));
    }

    #[test]
    fn peer_id_that_javascript_would_round_is_refused() {
        assert!(serde_json::from_str::<PeerId>("9007199254740992").is_err());
        assert_eq!(serde_json::from_str::<PeerId>("9007199254740991").unwrap().0, MAX_PEER_ID);
    }
}
