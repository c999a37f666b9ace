//! What the browser calls its GPU: wgpu passes on the description only, which browsers leave empty.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// The adapter that tracing uses, such as `nvidia ada`; none if the browser does not tell.
pub(crate) async fn name() -> Option<String> {
    let navigator = field(&js_sys::global(), "navigator")?;
    let gpu = field(&navigator, "gpu")?;
    let request: Function = field(&gpu, "requestAdapter")?.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"powerPreference".into(), &"high-performance".into()).ok()?;
    let promise: Promise = request.call1(&gpu, &options).ok()?.dyn_into().ok()?;
    let info = field(&JsFuture::from(promise).await.ok()?, "info")?;
    let text = |name| field(&info, name)?.as_string().filter(|text| !text.is_empty());
    let words = || [text("vendor"), text("architecture")].into_iter().flatten().collect::<Vec<_>>();
    text("description").or_else(|| Some(words().join(" ")).filter(|name| !name.is_empty()))
}

/// A field that is there.
fn field(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into())
        .ok()
        .filter(|value| !value.is_null() && !value.is_undefined())
}
