//! A message cannot make the decoder allocate more than the message is long.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use p2c2r_protocol::LeaseId;
use p2c2r_protocol::peer::{
    Capabilities, Channel, ChunkBytes, Condition, DeviceKind, ESTIMATOR_VERSION, Hello, Message,
    PROTOCOL_VERSION, PeerLimits, PeerName, Role, TileChunk, decode, encode,
};

thread_local! {
    /// Largest single allocation of this thread.
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, watched.
struct Watched;

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // A thread that ends has no counter any more, and nothing to count.
        let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(layout.size())));
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// Largest allocation while something is decoded.
fn largest_while_decoding(channel: Channel, bytes: &[u8]) -> usize {
    LARGEST.with(|largest| largest.set(0));
    let decoded = decode(channel, bytes);
    let largest = LARGEST.with(Cell::get);
    drop(decoded);
    largest
}

fn check(message: &Message) {
    let (channel, honest) = (message.channel(), encode(message).expect("the message is short"));
    assert!(largest_while_decoding(channel, &honest) <= honest.len());
    // Every byte in turn becomes the start of a huge length.
    for position in 0..honest.len().min(200) {
        for value in [0x7f, 0xff] {
            let mut bytes = honest.clone();
            bytes[position] = value;
            let largest = largest_while_decoding(channel, &bytes);
            assert!(largest <= bytes.len(), "{largest} for {} bytes, {position}", bytes.len());
        }
    }
}

#[test]
fn decoding_allocates_no_more_than_the_message() {
    let bytes = ChunkBytes::new(&[7; 900]).unwrap();
    check(&Message::TileChunk(TileChunk { lease: LeaseId(1), index: 0, count: 1, bytes }));
    check(&Message::Hello(Hello {
        version: PROTOCOL_VERSION,
        estimator: ESTIMATOR_VERSION,
        role: Role::Contributor,
        has_heard: false,
        capabilities: Capabilities {
            device: DeviceKind::NativeCpu,
            lanes: 1,
            condition: Condition::default(),
            name: PeerName::lossy("a name of some length, for the sake of it"),
        },
        limits: PeerLimits::default(),
        tag: Some([7; 16]),
    }));
    // A claim of four gigabytes in a message of a few bytes.
    let claim = [8, 1, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f];
    assert!(largest_while_decoding(Channel::Tiles, &claim) <= claim.len());
}
