//! The three data channels that both sides open with the same numbers.

use super::{MAX_CONTROL_BYTES, MAX_MESSAGE_BYTES, MAX_PREVIEW_BYTES};

/// A pre-negotiated data channel of a peer link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// Ordered and reliable: everything but results.
    Control,
    /// Reliable, order not assumed: chunks of results.
    Tiles,
    /// Unreliable, one packet a message: reserved for early looks at unfinished tiles.
    Preview,
}

impl Channel {
    /// Every channel, in the order of their ids.
    pub const ALL: [Self; 3] = [Self::Control, Self::Tiles, Self::Preview];

    /// The negotiated stream id.
    pub const fn id(self) -> u16 {
        match self {
            Self::Control => 1,
            Self::Tiles => 2,
            Self::Preview => 3,
        }
    }

    /// The channel of a negotiated stream id.
    pub const fn from_id(id: u16) -> Option<Self> {
        match id {
            1 => Some(Self::Control),
            2 => Some(Self::Tiles),
            3 => Some(Self::Preview),
            _ => None,
        }
    }

    /// The label given to the browser.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Tiles => "tiles",
            Self::Preview => "preview",
        }
    }

    /// Whether a lost message is sent again.
    pub const fn is_reliable(self) -> bool {
        !matches!(self, Self::Preview)
    }

    /// Longest message in bytes.
    pub const fn max_message_bytes(self) -> usize {
        match self {
            Self::Control => MAX_CONTROL_BYTES,
            Self::Tiles => MAX_MESSAGE_BYTES,
            Self::Preview => MAX_PREVIEW_BYTES,
        }
    }
}
