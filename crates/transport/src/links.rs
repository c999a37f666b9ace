//! What every transport offers: links to peers with three channels each, and what happens on them.

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Channel;
use thiserror::Error;

/// Most bytes that a transport keeps for one link before [`SendError::Full`]; far below the 16 MiB
/// at which Chromium throws. A contributor's credits keep honest sessions below it.
pub const MAX_BUFFERED_BYTES: usize = 8 * 1024 * 1024;

/// Something happened on a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEvent {
    /// All channels are open; messages may be sent.
    Open {
        /// The other side.
        peer: PeerId,
    },
    /// A message arrived, whole.
    Message {
        /// The other side.
        peer: PeerId,
        /// The channel it came on.
        channel: Channel,
        /// Its bytes; not checked in any way.
        bytes: Vec<u8>,
    },
    /// The link is gone; no event follows for it.
    Closed {
        /// The other side.
        peer: PeerId,
        /// Why.
        reason: LinkClosed,
    },
}

/// Why a link is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LinkClosed {
    /// This side closed it.
    Here,
    /// The other side closed it.
    There,
    /// The path between them failed, or never came up.
    Failed,
}

/// Why a message was not taken for sending.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// No open link to that peer.
    #[error("no open link to peer {0}")]
    NoLink(PeerId),
    /// Longer than its channel allows.
    #[error("{found} bytes for the {channel:?} channel; at most {limit} are allowed")]
    TooLong {
        /// The channel.
        channel: Channel,
        /// The message's length.
        found: usize,
        /// The channel's limit.
        limit: usize,
    },
    /// The link already holds [`MAX_BUFFERED_BYTES`] that the other side has not taken.
    #[error("{buffered} bytes wait for peer {peer} already")]
    Full {
        /// The other side.
        peer: PeerId,
        /// Bytes that wait.
        buffered: usize,
    },
}

/// Links to peers, as the driver of a session sees them; events come by each transport's own way.
pub trait Links {
    /// Takes a message for sending; never waits.
    fn send(&mut self, peer: PeerId, channel: Channel, bytes: Vec<u8>) -> Result<(), SendError>;

    /// Bytes taken for a peer and not yet handed to the network; 0 for an unknown peer.
    fn buffered_bytes(&self, peer: PeerId) -> usize;

    /// Closes a link after what was already taken has been sent; nothing if there is none.
    fn close(&mut self, peer: PeerId);
}
