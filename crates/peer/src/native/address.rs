//! The server's address as people write it, and the addresses made from it.

use p2c2r_frame::SceneId;
use p2c2r_protocol::RoomId;
use p2c2r_protocol::signaling::SIGNAL_PATH;

use super::PeerError;

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerAddress {
    is_secure: bool,
    /// Host and port, as in a URL.
    authority: String,
    room: Option<RoomId>,
}

impl ServerAddress {
    /// Reads `http(s)://`, `ws(s)://` or a bare host with port; the path is ignored, so that the
    /// address of the contribute page will do. A `room` in the query is taken.
    pub fn parse(text: &str) -> Result<Self, PeerError> {
        let wrong = |why: &str| PeerError::Address(format!("{text}: {why}"));
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "http" | "ws" => false,
            "https" | "wss" => true,
            _ => return Err(wrong("the address starts with http://, https://, ws:// or wss://")),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
        if authority.is_empty() || !authority.bytes().all(is_plain) {
            return Err(wrong("there is no usable host name in the address"));
        }
        let query = tail.split_once('?').map_or("", |(_, query)| query);
        let query = query.split('#').next().unwrap_or(query);
        let room = query.split('&').find_map(|pair| pair.strip_prefix("room="));
        let room = room.filter(|room| !room.is_empty()).map(str::parse).transpose();
        let room = room.map_err(|error| wrong(&format!("{error}")))?;
        Ok(Self { is_secure, authority: authority.to_owned(), room })
    }

    /// The room that the address names.
    pub fn room(&self) -> Option<&RoomId> {
        self.room.as_ref()
    }

    /// The WebSocket.
    pub fn signal_url(&self) -> String {
        let scheme = if self.is_secure { "wss" } else { "ws" };
        format!("{scheme}://{}{SIGNAL_PATH}", self.authority)
    }

    /// A scene package.
    pub fn blob_url(&self, id: SceneId) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}/v1/blobs/{id}", self.authority)
    }

    /// Whether TLS is spoken.
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Whether the server runs on this machine.
    pub fn is_loopback(&self) -> bool {
        let host = match self.authority.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(rest),
            None => self.authority.split(':').next().unwrap_or(&self.authority),
        };
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_every_form_people_paste() {
        let check = |text: &str, url: &str, is_loopback: bool| {
            let address = ServerAddress::parse(text).unwrap();
            assert_eq!(address.signal_url(), url, "{text}");
            assert_eq!(address.is_loopback(), is_loopback, "{text}");
        };
        check("http://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/signal", true);
        check("localhost:8080", "ws://localhost:8080/v1/signal", true);
        check("https://render.example/contribute", "wss://render.example/v1/signal", false);
        check("wss://[::1]:9/v1/signal", "wss://[::1]:9/v1/signal", true);
        check("127.example:80", "ws://127.example:80/v1/signal", false);
    }

    #[test]
    fn room_of_the_contribute_page_is_taken() {
        let room = |text: &str| ServerAddress::parse(text).map(|address| address.room);
        let expected: RoomId = "0123456789abcdef".parse().unwrap();
        let pasted = "http://h/contribute?x=1&room=0123456789abcdef#top";
        assert_eq!(room(pasted).unwrap(), Some(expected));
        assert_eq!(room("http://h/?room=").unwrap(), None);
        assert!(room("http://h/?room=short").is_err());
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "ftp://host", "http://", "http:///path", "http://user@host", "http://a b"]
        {
            assert!(ServerAddress::parse(text).is_err(), "{text}");
        }
    }
}
