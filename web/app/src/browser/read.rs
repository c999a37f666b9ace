//! Reading plain JavaScript objects; whatever is missing or of another type reads as nothing.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};

/// A member of an object, unless it is undefined or null.
pub(crate) fn member(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &JsValue::from_str(name)).ok()?;
    (!value.is_undefined() && !value.is_null()).then_some(value)
}

/// A number, if there is one.
pub(crate) fn number(object: &JsValue, name: &str) -> Option<f64> {
    member(object, name)?.as_f64()
}

/// A number, 0 if there is none.
pub(crate) fn count(object: &JsValue, name: &str) -> f64 {
    number(object, name).unwrap_or(0.0)
}

/// A whole number that fits, 0 if there is none; casts from floats saturate.
pub(crate) fn whole(object: &JsValue, name: &str) -> u32 {
    count(object, name) as u32
}

/// A text that is not empty.
pub(crate) fn text(object: &JsValue, name: &str) -> Option<String> {
    member(object, name)?.as_string().filter(|text| !text.is_empty())
}

/// An id: a text, or a whole number written out.
pub(crate) fn id(object: &JsValue, name: &str) -> String {
    let Some(value) = member(object, name) else { return String::new() };
    value
        .as_string()
        .or_else(|| value.as_f64().map(|number| format!("{number}")))
        .unwrap_or_default()
}

/// The items of an array, none if it is no array.
pub(crate) fn items(value: &JsValue) -> Vec<JsValue> {
    value.dyn_ref::<js_sys::Array>().map(|array| array.iter().collect()).unwrap_or_default()
}

/// What went wrong, as a person can read it.
pub(crate) fn error_text(error: &JsValue) -> String {
    let text = text(error, "message").or_else(|| error.as_string());
    text.unwrap_or_else(|| "the browser gave no reason".to_owned())
}
