//! Event listeners that end when they are dropped.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{CustomEvent, EventTarget};

/// A listener on a target; dropping it removes it.
pub(crate) struct Listener {
    target: EventTarget,
    name: &'static str,
    closure: Closure<dyn FnMut(CustomEvent)>,
}

impl Listener {
    /// Calls `handler` with every `name` event of `target`.
    pub(crate) fn new(
        target: &EventTarget,
        name: &'static str,
        handler: impl FnMut(CustomEvent) + 'static,
    ) -> Self {
        let closure = Closure::<dyn FnMut(CustomEvent)>::new(handler);
        let function = closure.as_ref().unchecked_ref();
        // Adding fails only for a null function, which this is not.
        let _ = target.add_event_listener_with_callback(name, function);
        Self { target: target.clone(), name, closure }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.closure.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback(self.name, function);
    }
}
