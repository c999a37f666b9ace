//! The player package, as far as the pages use it: the contributor and the `<p2c2r-player>` element.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, HtmlElement};

use super::{page, read};
use crate::logic::contributor::ContributorStats;
use crate::logic::forecast::{ForecastReport, Mark};
use crate::logic::limits::Limits;
use crate::logic::peers::{PeerKind, PeerReport};
use crate::logic::tiles::Rect;

#[wasm_bindgen(module = "/js/player.js")]
extern "C" {
    #[wasm_bindgen(js_name = importPlayer, catch)]
    async fn import_player() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = newContributor, catch)]
    fn new_contributor(
        player: &JsValue,
        signal: &str,
        room: Option<String>,
        device: &str,
        threads: u32,
    ) -> Result<Contributor, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// The package's `Contributor`.
    #[wasm_bindgen(extends = web_sys::EventTarget)]
    #[derive(Clone)]
    pub(crate) type Contributor;

    #[wasm_bindgen(method, catch)]
    pub(crate) async fn start(this: &Contributor) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    pub(crate) fn finish(this: &Contributor);
    #[wasm_bindgen(method)]
    pub(crate) fn stop(this: &Contributor);
    #[wasm_bindgen(method)]
    pub(crate) fn dispose(this: &Contributor);

    /// The package's element.
    #[wasm_bindgen(extends = HtmlElement)]
    #[derive(Clone)]
    pub(crate) type Player;

    #[wasm_bindgen(method, catch, js_name = load)]
    pub(crate) async fn load_file(this: &Player, file: &Blob) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    pub(crate) fn play(this: &Player);
    #[wasm_bindgen(method)]
    pub(crate) fn pause(this: &Player);
    #[wasm_bindgen(method)]
    pub(crate) fn dispose(this: &Player);
    #[wasm_bindgen(method, catch, js_name = toBlob)]
    pub(crate) async fn to_blob(this: &Player) -> Result<JsValue, JsValue>;
}

/// Makes a contributor that has not started anything.
pub(crate) async fn contributor(
    signal: &str,
    room: Option<String>,
    limits: Limits,
) -> Result<Contributor, JsValue> {
    let player = import_player().await?;
    new_contributor(&player, signal, room, limits.device.word(), limits.threads)
}

/// Makes an element that belongs to no document yet.
pub(crate) async fn player() -> Result<Player, JsValue> {
    import_player().await?;
    Ok(page::document().create_element("p2c2r-player")?.unchecked_into())
}

/// Reads the detail of a `stats` event.
pub(crate) fn contributor_stats(detail: &JsValue) -> ContributorStats {
    let device = read::member(detail, "device").unwrap_or(JsValue::NULL);
    ContributorStats {
        rays_per_second: read::count(detail, "raysPerSecond"),
        samples_per_second: read::count(detail, "samplesPerSecond"),
        samples_total: read::count(detail, "samplesTotal"),
        tasks_done: read::count(detail, "tasksDone"),
        duty_percent: read::count(detail, "dutyPercent"),
        bytes_sent: read::count(detail, "bytesSent"),
        bytes_received: read::count(detail, "bytesReceived"),
        requesters: read::count(detail, "requesters"),
        device: read::text(&device, "kind")
            .map(|kind| (kind, read::text(&device, "name").unwrap_or_default())),
        paused_reason: read::text(detail, "pausedReason"),
        credits: read::number(detail, "credits"),
    }
}

/// A tile that was merged into the picture.
pub(crate) struct MergedTile {
    /// Where.
    pub(crate) rect: Rect,
    /// Who rendered it.
    pub(crate) peer: Peer,
}

/// A peer as the package names it.
pub(crate) struct Peer {
    /// Its id.
    pub(crate) id: String,
    /// What renders there.
    pub(crate) kind: PeerKind,
    /// Its name, empty when it has none.
    pub(crate) name: String,
}

/// Reads the detail of a `tiles` event.
pub(crate) fn merged_tiles(detail: &JsValue) -> Vec<MergedTile> {
    read::items(detail).iter().filter_map(merged_tile).collect()
}

/// Reads the detail of a `peerschange` event.
pub(crate) fn peer_reports(detail: &JsValue) -> Vec<PeerReport> {
    let shares =
        read::member(detail, "peers").map(|shares| read::items(&shares)).unwrap_or_default();
    shares.iter().filter_map(peer_report).collect()
}

fn merged_tile(tile: &JsValue) -> Option<MergedTile> {
    let rect = read::member(tile, "rect")?;
    let whole = |name: &str| read::whole(&rect, name);
    let rect =
        Rect { x: whole("x"), y: whole("y"), width: whole("width"), height: whole("height") };
    Some(MergedTile { rect, peer: peer(&read::member(tile, "peer")?) })
}

fn peer_report(share: &JsValue) -> Option<PeerReport> {
    let Peer { id, kind, name } = peer(share);
    Some(PeerReport {
        id,
        kind,
        name,
        is_connected: read::member(share, "isConnected")?.is_truthy(),
        samples: read::count(share, "samples"),
        samples_per_second: read::count(share, "samplesPerSecond"),
    })
}

/// Reads what the detail of a `peerschange` event says of expectations.
pub(crate) fn forecast_reports(detail: &JsValue) -> Vec<ForecastReport> {
    let shares =
        read::member(detail, "peers").map(|shares| read::items(&shares)).unwrap_or_default();
    shares.iter().map(forecast_report).collect()
}

/// Reads the detail of a `predictions` event; its times are in seconds.
pub(crate) fn forecast_marks(detail: &JsValue) -> Vec<Mark> {
    let mark = |attempt: &JsValue| Mark {
        worker: read::whole(attempt, "worker"),
        expected_ms: triple(attempt, "expected").map(|seconds| 1e3 * seconds),
        measured_ms: 1e3 * read::count(attempt, "seconds"),
        is_delivered: read::text(attempt, "end").as_deref() == Some("delivered"),
    };
    read::items(detail).iter().map(mark).collect()
}

fn forecast_report(share: &JsValue) -> ForecastReport {
    ForecastReport {
        id: read::id(share, "id"),
        number: read::whole(share, "number"),
        stage: read::text(share, "stage").unwrap_or_default(),
        tasks: read::count(share, "tasks"),
        failures: read::count(share, "failures"),
        hedges_won: read::count(share, "hedgesWon"),
        hedges_lost: read::count(share, "hedgesLost"),
        expected_ms: triple(share, "expectedMs"),
        busy_ms: read::count(share, "busyMs"),
        lanes: read::count(share, "lanes"),
    }
}

/// Three numbers of an array; those that are missing are 0.
fn triple(object: &JsValue, name: &str) -> [f64; 3] {
    let items = read::member(object, name).map(|items| read::items(&items)).unwrap_or_default();
    std::array::from_fn(|index| items.get(index).and_then(JsValue::as_f64).unwrap_or(0.0))
}

fn peer(object: &JsValue) -> Peer {
    let kind = PeerKind::of_word(&read::text(object, "kind").unwrap_or_default());
    Peer { id: read::id(object, "id"), kind, name: read::text(object, "name").unwrap_or_default() }
}
