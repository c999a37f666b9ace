//! Facts about this page and the few things it asks of the browser.

use std::time::Duration;

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, Document, Element, HtmlAnchorElement, HtmlElement, Location, ScrollIntoViewOptions,
    ScrollLogicalPosition, Storage, Url, Window,
};

use super::read;
use crate::logic::query::Query;
use crate::logic::readiness::BrowserFacts;

/// How long a saved blob stays readable.
const DOWNLOAD_GRACE: Duration = Duration::from_secs(30);
const LIMITS_KEY: &str = "p2c2r.limits";

/// The window of this page.
pub(crate) fn window() -> Window {
    web_sys::window().expect("the pages run in a window")
}

/// The document of this page.
pub(crate) fn document() -> Document {
    window().document().expect("a window holds a document")
}

fn location() -> Location {
    window().location()
}

/// `/watch` of `https://host/watch?x=1`.
pub(crate) fn path() -> String {
    location().pathname().unwrap_or_default()
}

/// The query of the address.
pub(crate) fn query() -> Query {
    Query::parse(&location().search().unwrap_or_default())
}

/// `https://host` of `https://host/watch?x=1`.
pub(crate) fn origin() -> String {
    location().origin().unwrap_or_default()
}

/// Shows another query in the address bar, so that reloading and sharing keep what is shown.
pub(crate) fn replace_query(query: &Query) {
    let address = format!("{}{}", path(), query.to_text());
    if let Ok(history) = window().history() {
        // A refusal (too many changes) leaves the old address; nothing depends on it.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&address));
    }
}

/// What this browser can do, found without touching the GPU or the network.
pub(crate) fn browser_facts() -> BrowserFacts {
    let window = window();
    let has = |object: &JsValue, name: &str| read::member(object, name).is_some();
    BrowserFacts {
        is_secure: window.is_secure_context(),
        has_webgpu: has(&window.navigator(), "gpu"),
        has_webrtc: has(&window, "RTCPeerConnection"),
        has_workers: has(&window, "Worker"),
        core_count: window.navigator().hardware_concurrency() as u32,
        host: location().host().unwrap_or_default(),
    }
}

/// Time since the page was opened.
pub(crate) fn now() -> Duration {
    let milliseconds = window().performance().map_or(0.0, |performance| performance.now());
    Duration::from_secs_f64(milliseconds.max(0.0) / 1000.0)
}

/// 128 bits that nobody can guess.
pub(crate) fn random_bits() -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    window().crypto().ok()?.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes)
}

fn storage() -> Option<Storage> {
    // Storage can be switched off; then nothing is remembered.
    window().local_storage().ok().flatten()
}

/// The limits remembered from the last session.
pub(crate) fn remembered_limits() -> Option<String> {
    storage()?.get_item(LIMITS_KEY).ok().flatten()
}

/// Remembers the limits of this session.
pub(crate) fn remember_limits(text: &str) {
    if let Some(storage) = storage() {
        // A full storage forgets; nothing depends on it.
        let _ = storage.set_item(LIMITS_KEY, text);
    }
}

/// Puts a text on the clipboard; an insecure page has none.
pub(crate) async fn copy(text: &str) -> Result<(), String> {
    let navigator = window().navigator();
    if Reflect::get(&navigator, &JsValue::from_str("clipboard"))
        .is_ok_and(|clipboard| clipboard.is_undefined())
    {
        return Err("this page may not use the clipboard; select the text and copy it".to_owned());
    }
    let written = JsFuture::from(navigator.clipboard().write_text(text)).await;
    written.map(|_| ()).map_err(|error| read::error_text(&error))
}

/// Focuses an element, unless the person has the focus somewhere already.
pub(crate) fn focus_if_lost(element: &HtmlElement) {
    let has_focus = |active: Element| active.tag_name() != "BODY";
    if !document().active_element().is_some_and(has_focus) {
        // Fails for nothing that is on the page.
        let _ = element.focus();
    }
}

/// Scrolls no further than it takes to see an element.
pub(crate) fn reveal(element: &HtmlElement) {
    let options = ScrollIntoViewOptions::new();
    options.set_block(ScrollLogicalPosition::Nearest);
    element.scroll_into_view_with_scroll_into_view_options(&options);
}

/// Saves a blob as a file.
pub(crate) fn download(blob: &Blob, file_name: &str) -> Result<(), JsValue> {
    let address = Url::create_object_url_with_blob(blob)?;
    let anchor: HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&address);
    anchor.set_download(file_name);
    anchor.click();
    // Some browsers read the blob only after the click has returned.
    let revoke = move || {
        let _ = Url::revoke_object_url(&address);
    };
    leptos::prelude::set_timeout(revoke, DOWNLOAD_GRACE);
    Ok(())
}
