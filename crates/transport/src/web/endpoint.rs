//! One channel of a link: the browser's own object, or a port that relays it.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{MessageEvent, MessagePort, RtcDataChannel, RtcDataChannelState, RtcDataChannelType};

/// What happens on a channel.
pub(super) enum Event {
    /// It may be sent on.
    Open,
    /// A message arrived.
    Message(Vec<u8>),
    /// The other side or the path is gone.
    Closed,
}

type OnEvent = Rc<dyn Fn(Event)>;

/// A channel; dropping it closes the channel after what it has queued.
pub(super) struct Endpoint {
    line: Line,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_change: Vec<Closure<dyn FnMut()>>,
}

enum Line {
    Channel(RtcDataChannel),
    Port { port: MessagePort, queue: Rc<Queue> },
}

/// What the page still holds of the messages given to a port.
#[derive(Default)]
struct Queue {
    /// Bytes posted to the page.
    sent_bytes: Cell<f64>,
    /// Of those, bytes that the page has given to the channel.
    taken_bytes: Cell<f64>,
    /// The channel's buffered amount at that time.
    buffered_bytes: Cell<f64>,
}

impl Endpoint {
    /// Listens on a transferred channel.
    pub(super) fn of_channel(channel: RtcDataChannel, on_event: OnEvent) -> Self {
        channel.set_binary_type(RtcDataChannelType::Arraybuffer);
        let forward = Rc::clone(&on_event);
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            // Peers never send text, so text ends the link.
            let buffer = event.data().dyn_into::<ArrayBuffer>();
            forward(buffer.map_or(Event::Closed, |buffer| Event::Message(bytes_of(&buffer))));
        });
        let opened = Rc::clone(&on_event);
        let on_open = Closure::<dyn FnMut()>::new(move || opened(Event::Open));
        let on_close = Closure::<dyn FnMut()>::new(move || on_event(Event::Closed));
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        channel.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        channel.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        let on_change = vec![on_open, on_close];
        Self { line: Line::Channel(channel), _on_message: on_message, _on_change: on_change }
    }

    /// Listens on a port: buffers are messages, texts are changes, numbers tell what is queued.
    pub(super) fn of_port(port: MessagePort, on_event: OnEvent) -> Self {
        let queue = Rc::new(Queue::default());
        let reported = Rc::clone(&queue);
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
                on_event(Event::Message(bytes_of(buffer)));
            } else if let Some(report) = data.dyn_ref::<Array>() {
                reported.taken_bytes.set(report.get(0).as_f64().unwrap_or(0.0));
                reported.buffered_bytes.set(report.get(1).as_f64().unwrap_or(0.0));
            } else if data == "open" {
                on_event(Event::Open);
            } else {
                on_event(Event::Closed);
            }
        });
        port.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Self { line: Line::Port { port, queue }, _on_message: on_message, _on_change: Vec::new() }
    }

    /// Sends a message; none if the channel does not take it.
    pub(super) fn send(&self, bytes: &[u8]) -> Option<()> {
        match &self.line {
            Line::Channel(channel) => channel.send_with_u8_array(bytes).ok(),
            Line::Port { port, queue } => {
                let buffer = Uint8Array::from(bytes).buffer();
                let transfer = Array::of1(&buffer);
                port.post_message_with_transferable(&buffer, &transfer).ok()?;
                queue.sent_bytes.set(queue.sent_bytes.get() + bytes.len() as f64);
                Some(())
            }
        }
    }

    /// Bytes taken and not yet handed to the network.
    pub(super) fn buffered_bytes(&self) -> usize {
        match &self.line {
            Line::Channel(channel) => channel.buffered_amount() as usize,
            Line::Port { queue, .. } => {
                let on_the_way = queue.sent_bytes.get() - queue.taken_bytes.get();
                (on_the_way + queue.buffered_bytes.get()) as usize
            }
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        match &self.line {
            Line::Channel(channel) => {
                channel.set_onmessage(None);
                channel.set_onopen(None);
                channel.set_onclose(None);
                if channel.ready_state() != RtcDataChannelState::Closed {
                    channel.close();
                }
            }
            Line::Port { port, .. } => {
                port.set_onmessage(None);
                // Queues behind the messages before it; a page that is gone needs no word.
                let _ = port.post_message(&"close".into());
                port.close();
            }
        }
    }
}

fn bytes_of(buffer: &ArrayBuffer) -> Vec<u8> {
    Uint8Array::new(buffer).to_vec()
}
