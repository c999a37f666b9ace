//! Messages, wire formats, versions and limits: signaling and peer to peer.
