//! Between messages and bytes: postcard, within the limits of the channel.

use thiserror::Error;

use super::{Channel, Condition, Hello, MAX_BENCHMARK, MAX_LANES, Message, PROTOCOL_VERSION};

/// First byte of a hello in every version of the protocol.
const HELLO_TAG: u8 = 0;

/// A message that this build must not send.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// Longer than its channel allows.
    #[error("a {name} message of {found} bytes; its channel allows {limit}")]
    TooLong {
        /// The variant.
        name: &'static str,
        /// Encoded length.
        found: usize,
        /// The channel's limit.
        limit: usize,
    },
    /// The serialiser failed.
    #[error("cannot encode a {0} message")]
    Format(&'static str),
}

/// Bytes that are no message.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Longer than the channel allows; nothing was read.
    #[error("{found} bytes on the {channel:?} channel; at most {limit} are allowed")]
    TooLong {
        /// Where it came.
        channel: Channel,
        /// Its length.
        found: usize,
        /// The channel's limit.
        limit: usize,
    },
    /// A hello of a version that this build does not speak.
    #[error("protocol version {theirs}; this build speaks {PROTOCOL_VERSION}")]
    Version {
        /// The other side's version.
        theirs: u16,
    },
    /// Not the encoding of any message.
    #[error("{found} bytes on the {channel:?} channel are no message")]
    Malformed {
        /// Where it came.
        channel: Channel,
        /// Its length.
        found: usize,
    },
    /// A message and then more.
    #[error("{extra} bytes follow a {name} message")]
    Trailing {
        /// The variant.
        name: &'static str,
        /// How many.
        extra: usize,
    },
    /// A message that belongs on another channel.
    #[error("a {name} message on the {channel:?} channel")]
    WrongChannel {
        /// The variant.
        name: &'static str,
        /// Where it came.
        channel: Channel,
    },
    /// A number outside its range.
    #[error("{lanes} lanes; 1 to {MAX_LANES} are allowed")]
    Lanes {
        /// The number.
        lanes: u16,
    },
    /// A speed that nothing has.
    #[error("{paths_per_second} paths per second; 1 to {MAX_BENCHMARK} are allowed")]
    Benchmark {
        /// The claim.
        paths_per_second: u32,
    },
}

/// Encodes a message for [`Message::channel`].
pub fn encode(message: &Message) -> Result<Vec<u8>, EncodeError> {
    let name = message.name();
    let bytes = postcard::to_allocvec(message).map_err(|_| EncodeError::Format(name))?;
    let limit = message.channel().max_message_bytes();
    if bytes.len() > limit {
        return Err(EncodeError::TooLong { name, found: bytes.len(), limit });
    }
    Ok(bytes)
}

/// Decodes what came on a channel; allocates no more than the message is long.
pub fn decode(channel: Channel, bytes: &[u8]) -> Result<Message, DecodeError> {
    let (found, limit) = (bytes.len(), channel.max_message_bytes());
    if found > limit {
        return Err(DecodeError::TooLong { channel, found, limit });
    }
    let malformed = |_| DecodeError::Malformed { channel, found };
    // The version comes first: another version may order everything after it differently.
    if let Some((&HELLO_TAG, rest)) = bytes.split_first() {
        let (theirs, _) = postcard::take_from_bytes::<u16>(rest).map_err(malformed)?;
        if theirs != PROTOCOL_VERSION {
            return Err(DecodeError::Version { theirs });
        }
    }
    let (message, rest) = postcard::take_from_bytes::<Message>(bytes).map_err(malformed)?;
    let name = message.name();
    if !rest.is_empty() {
        return Err(DecodeError::Trailing { name, extra: rest.len() });
    }
    if message.channel() != channel {
        return Err(DecodeError::WrongChannel { name, channel });
    }
    match &message {
        Message::Hello(hello) => check_hello(hello)?,
        Message::Condition(condition) => check_condition(condition)?,
        _ => {}
    }
    Ok(message)
}

fn check_hello(hello: &Hello) -> Result<(), DecodeError> {
    // A tag can be written longer than it needs to be, and so pass the first look at it.
    if hello.version != PROTOCOL_VERSION {
        return Err(DecodeError::Version { theirs: hello.version });
    }
    let lanes = hello.capabilities.lanes;
    if lanes == 0 || lanes > MAX_LANES {
        return Err(DecodeError::Lanes { lanes });
    }
    check_condition(&hello.capabilities.condition)
}

const fn check_condition(condition: &Condition) -> Result<(), DecodeError> {
    match condition.benchmark {
        Some(paths_per_second) if paths_per_second == 0 || paths_per_second > MAX_BENCHMARK => {
            Err(DecodeError::Benchmark { paths_per_second })
        }
        _ => Ok(()),
    }
}
