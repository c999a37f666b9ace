//! Room ids: whoever knows one may meet there, so nobody may guess one.

/// Shortest room id that the server accepts: anything shorter could be guessed.
pub const MIN_ROOM_LENGTH: usize = 16;
/// Longest room id that the server accepts.
pub const MAX_ROOM_LENGTH: usize = 64;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A room id made of 128 random bits, in 26 letters and digits that survive being read aloud.
pub fn room_from_random(bytes: [u8; 16]) -> String {
    let bits = u128::from_be_bytes(bytes);
    (0..26).map(|index| char::from(ALPHABET[(bits >> (index * 5) & 31) as usize])).collect()
}

/// The room named in an address, unless it could not be one.
pub fn room_from_text(text: &str) -> Option<String> {
    let is_room_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_room =
        (MIN_ROOM_LENGTH..=MAX_ROOM_LENGTH).contains(&text.len()) && text.bytes().all(is_room_byte);
    is_room.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_changes_the_room() {
        let base = room_from_random([0; 16]);
        assert_eq!(base.len(), 26);
        for bit in 0..128 {
            let changed = room_from_random((1_u128 << bit).to_be_bytes());
            assert_ne!(changed, base, "bit {bit}");
        }
    }

    #[test]
    fn made_rooms_are_accepted() {
        let room = room_from_random([0xa5; 16]);
        assert_eq!(room_from_text(&room).as_deref(), Some(room.as_str()));
    }

    #[test]
    fn texts_that_are_no_rooms_are_refused() {
        for text in [
            "",
            "shortroom",
            "sixteen letters!",
            "../../../../../../x",
            "<script>alert(1)</script>",
            &"a".repeat(MAX_ROOM_LENGTH + 1),
        ] {
            assert_eq!(room_from_text(text), None, "{text}");
        }
    }
}
