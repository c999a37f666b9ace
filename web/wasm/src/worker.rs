//! The façade of a session worker: the session with its links, its GPU and its clock.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Array, Function, Uint8Array};
use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Channel;
use p2c2r_transport::web::WebLinks;
use p2c2r_transport::{LinkClosed, LinkEvent, Links, SendError};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::spawn_local;
use web_sys::{MessagePort, RtcDataChannel};

use crate::action::Action;
use crate::adapter;
use crate::base::Event;
use crate::environment::{Input, Output};
use crate::gpu::Gpu;
use crate::messages::{RtcState, ToSession};
use crate::session::Session;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// A session in its worker.
#[wasm_bindgen]
pub struct SessionWorker {
    inner: Rc<Inner>,
}

struct Inner {
    session: RefCell<Session>,
    links: RefCell<WebLinks>,
    gpu: RefCell<Gpu>,
    /// `(json, attachments)`: does an [`Output`].
    perform: Function,
    inbox: RefCell<VecDeque<Event>>,
    is_busy: Cell<bool>,
    timer: Cell<Option<Duration>>,
}

#[wasm_bindgen]
impl SessionWorker {
    /// `perform(json, attachments)` does what the session asks; it may call [`Self::handle`] at once.
    #[wasm_bindgen(constructor)]
    pub fn new(cores: u32, perform: Function) -> Self {
        console_error_panic_hook::set_once();
        let seed = (js_sys::Math::random() * 2f64.powi(52)) as u64;
        let unix_at_zero = (js_sys::Date::now() - performance_now()) / 1e3;
        let unix_at_zero = unix_at_zero as u64;
        let inner = Rc::new_cyclic(|this: &std::rc::Weak<Inner>| {
            let this = this.clone();
            let links = WebLinks::new(move |event| {
                if let Some(inner) = this.upgrade() {
                    inner.feed(Event::Link(event));
                }
            });
            Inner {
                session: RefCell::new(Session::new(cores, seed, unix_at_zero)),
                links: RefCell::new(links),
                gpu: RefCell::new(Gpu::new(now)),
                perform,
                inbox: RefCell::default(),
                is_busy: Cell::new(false),
                timer: Cell::new(None),
            }
        });
        Self { inner }
    }

    /// Takes an input (JSON) with its attachments (`Uint8Array`s).
    pub fn handle(&self, json: &str, attachments: &Array) -> Result<(), String> {
        let input: Input = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let attachments = attachments.iter().map(|bytes| Uint8Array::new(&bytes).to_vec());
        self.inner.feed(Event::Input(input, attachments.collect()));
        Ok(())
    }

    /// Takes a data channel that the page has transferred.
    #[wasm_bindgen(js_name = attachChannel)]
    pub fn attach_channel(&self, peer: f64, channel: u16, link: RtcDataChannel) {
        if let (Some(peer), Some(channel)) = (peer_id(peer), Channel::from_id(channel)) {
            let event = self.inner.links.borrow_mut().attach_channel(peer, channel, link);
            event.into_iter().for_each(|event| self.inner.feed(Event::Link(event)));
        }
    }

    /// Takes a port behind which the page relays a data channel.
    #[wasm_bindgen(js_name = attachPort)]
    pub fn attach_port(&self, peer: f64, channel: u16, port: MessagePort) {
        if let (Some(peer), Some(channel)) = (peer_id(peer), Channel::from_id(channel)) {
            self.inner.links.borrow_mut().attach_port(peer, channel, port);
        }
    }
}

impl Inner {
    /// Handles an event, and whatever comes up meanwhile after it.
    fn feed(self: &Rc<Self>, event: Event) {
        self.inbox.borrow_mut().push_back(event);
        if self.is_busy.replace(true) {
            return;
        }
        while let Some(event) = self.next_event() {
            if matches!(event, Event::Input(Input::Timeout, _)) {
                // It has fired, perhaps a little early: it must be set again even for the same time.
                self.timer.set(None);
            }
            self.watch_connection(&event);
            self.session.borrow_mut().handle(now(), event);
            while let Some(action) = self.next_action() {
                self.obey(action);
            }
        }
        self.set_timer();
        self.is_busy.set(false);
    }

    fn next_event(&self) -> Option<Event> {
        self.inbox.borrow_mut().pop_front()
    }

    fn next_action(&self) -> Option<Action> {
        self.session.borrow_mut().poll_action()
    }

    /// A connection that failed takes its link with it.
    fn watch_connection(&self, event: &Event) {
        if let Event::Input(
            Input::Page { message: ToSession::RtcStateChange { peer, state: RtcState::Failed } },
            _,
        ) = event
        {
            self.links.borrow_mut().fail(*peer);
        }
    }

    fn obey(self: &Rc<Self>, action: Action) {
        match action {
            Action::Output(output, attachments) => self.perform(&output, attachments),
            Action::Send { peer, channel, bytes } => self.send(peer, channel, bytes),
            Action::CloseLink { peer } => self.links.borrow_mut().close(peer),
            Action::StartGpu { allow_software } => self.start_gpu(allow_software),
            Action::GpuScene { scene } => self.gpu.borrow_mut().add_scene(scene),
            Action::ForgetGpuScene { scene } => self.gpu.borrow_mut().forget_scene(scene),
            Action::CancelGpu { ticket } => self.gpu.borrow().cancel(ticket),
            Action::TraceGpu { ticket, task } => {
                let run = self.gpu.borrow_mut().prepare(ticket, task);
                let inner = Rc::clone(self);
                match run {
                    Some(run) => spawn_local(async move {
                        let (tracer, events) = run.run().await;
                        inner.gpu.borrow_mut().end(tracer, &events);
                        events.into_iter().for_each(|event| inner.feed(event));
                    }),
                    None => self.feed(Event::GpuTraceFailed { ticket }),
                }
            }
        }
    }

    fn perform(&self, output: &Output, attachments: Vec<Vec<u8>>) {
        let json = serde_json::to_string(output).expect("outputs have text keys only");
        let attachments: Array =
            attachments.iter().map(|bytes| Uint8Array::from(bytes.as_slice())).collect();
        if let Err(error) = self.perform.call2(&JsValue::NULL, &json.into(), &attachments) {
            wasm_bindgen::throw_val(error);
        }
    }

    /// A link that does not take a message is of no more use.
    fn send(self: &Rc<Self>, peer: PeerId, channel: Channel, bytes: Vec<u8>) {
        let sent = self.links.borrow_mut().send(peer, channel, bytes);
        if let Err(SendError::Full { .. } | SendError::TooLong { .. }) = sent {
            self.links.borrow_mut().close(peer);
            let reason = LinkClosed::Failed;
            self.feed(Event::Link(LinkEvent::Closed { peer, reason }));
        }
    }

    fn start_gpu(self: &Rc<Self>, allow_software: bool) {
        let inner = Rc::clone(self);
        spawn_local(async move {
            let event = match Gpu::request(now, allow_software).await {
                Ok(context) => {
                    let name = match adapter::name().await {
                        Some(name) => name,
                        None => context.adapter_name().to_owned(),
                    };
                    inner.gpu.borrow_mut().begin(context);
                    Event::GpuReady { name }
                }
                Err(error) => Event::GpuFailed { message: error.to_string() },
            };
            inner.feed(event);
        });
    }

    /// Moves the one timer to where the session wants it.
    fn set_timer(&self) {
        let due = self.session.borrow().next_timeout();
        if self.timer.replace(due) == due && due.is_none_or(|due| due > now()) {
            return;
        }
        let delay_ms = due.map(|due| due.saturating_sub(now()).as_secs_f64() * 1e3);
        self.perform(&Output::Timer { delay_ms }, Vec::new());
    }
}

/// Time since the worker began.
fn now() -> Duration {
    Duration::from_secs_f64(performance_now() / 1e3)
}

/// A peer id that came through JavaScript.
fn peer_id(number: f64) -> Option<PeerId> {
    PeerId::try_from(number as u64).ok()
}
