//! Links that bring other people in, and the text that puts the player on another page.

use super::query::Query;

/// Where the server listens for signaling, seen from a page at `origin` (`https://host:port`).
pub fn signal_address(origin: &str) -> String {
    // http becomes ws and https becomes wss.
    format!("{}/v1/signal", origin.replacen("http", "ws", 1))
}

/// The page on which another machine helps in `room`, or in the public pool.
pub fn contribute_link(origin: &str, room: Option<&str>) -> String {
    let query = room.map_or_else(Query::default, |room| Query::default().with("room", room));
    format!("{origin}/contribute{}", query.to_text())
}

/// The page that shows `scene`.
pub fn watch_link(origin: &str, scene: &str) -> String {
    format!("{origin}/watch{}", Query::default().with("scene", scene).to_text())
}

/// The HTML that puts the player on any page.
pub fn embed_snippet(origin: &str) -> String {
    format!(
        "<script\n  type=\"module\"\n  src=\"{origin}/player/p2c2r-player.js\"></script>\n\n\
         <p2c2r-player\n  src=\"scene.glb\"\n  signal=\"{}\"\n  alt=\"A chair by a window\"\n  camera-controls>\n\
         </p2c2r-player>",
        signal_address(origin),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_is_as_secure_as_the_page() {
        assert_eq!(signal_address("https://a.example"), "wss://a.example/v1/signal");
        assert_eq!(signal_address("http://127.0.0.1:8080"), "ws://127.0.0.1:8080/v1/signal");
    }

    #[test]
    fn links_name_the_room_when_there_is_one() {
        assert_eq!(contribute_link("https://a.example", None), "https://a.example/contribute");
        assert_eq!(
            contribute_link("https://a.example", Some("r1")),
            "https://a.example/contribute?room=r1"
        );
    }

    #[test]
    fn a_watch_link_carries_a_scene_whole() {
        let link = watch_link("https://a.example", "generated:night-city?size=9&seed=7");
        let (_, query) = link.split_once('?').unwrap();
        assert_eq!(Query::parse(query).value("scene"), Some("generated:night-city?size=9&seed=7"));
    }

    #[test]
    fn the_snippet_points_at_this_server() {
        let snippet = embed_snippet("https://a.example");
        assert!(snippet.contains("src=\"https://a.example/player/p2c2r-player.js\""), "{snippet}");
        assert!(snippet.contains("signal=\"wss://a.example/v1/signal\""), "{snippet}");
    }
}
