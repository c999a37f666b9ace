//! The tasks of one data channel: a reader that forwards, a writer that waits for room.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use p2c2r_protocol::PeerId;
use p2c2r_protocol::peer::Channel;
use tokio::sync::{mpsc, watch};
use webrtc::data_channel::{DataChannel, DataChannelEvent};

use super::{NativeEvent, Shared};
use crate::LinkEvent;

/// What a reader tells its link.
#[derive(Debug)]
pub(super) enum ChannelEvent {
    Open,
    Closed,
}

/// Forwards messages; a full queue of the driver stops the sender at the other end.
pub(super) struct Reader {
    pub(super) peer: PeerId,
    pub(super) channel: Channel,
    pub(super) link: mpsc::Sender<ChannelEvent>,
    pub(super) events: mpsc::Sender<NativeEvent>,
    pub(super) is_open: watch::Receiver<bool>,
    pub(super) shared: Arc<Shared>,
}

impl Reader {
    pub(super) async fn run(mut self, channel: Arc<dyn DataChannel>) {
        while let Some(event) = channel.poll().await {
            match event {
                DataChannelEvent::OnOpen => {
                    // The link is gone when nobody listens; then so is this task, soon.
                    let _ = self.link.send(ChannelEvent::Open).await;
                    // Messages may come on one channel before the others are open.
                    if self.is_open.wait_for(|is_open| *is_open).await.is_err() {
                        return;
                    }
                }
                DataChannelEvent::OnMessage(message) => {
                    let limit = self.channel.max_message_bytes();
                    // One byte too many is enough for the decoder to refuse it.
                    let length = message.data.len().min(limit + 1);
                    let bytes = message.data[..length].to_vec();
                    let event =
                        LinkEvent::Message { peer: self.peer, channel: self.channel, bytes };
                    if self.shared.is_closed.load(Ordering::Acquire)
                        || self.events.send(NativeEvent::Link(event)).await.is_err()
                    {
                        return;
                    }
                }
                DataChannelEvent::OnClose => {
                    let _ = self.link.send(ChannelEvent::Closed).await;
                }
                _ => {}
            }
        }
    }
}

/// Writes what is queued until the queue's other end is gone; returns when all of it is sent.
pub(super) async fn write(
    channel: Arc<dyn DataChannel>,
    mut queue: mpsc::Receiver<Vec<u8>>,
    shared: Arc<Shared>,
) {
    while let Some(bytes) = queue.recv().await {
        let length = bytes.len();
        // Waits while the channel holds its limit.
        let result = channel.send(bytes[..].into()).await;
        shared.buffered_bytes.fetch_sub(length, Ordering::AcqRel);
        if let Err(error) = result {
            tracing::debug!(%error, "message not sent");
            return;
        }
    }
}
