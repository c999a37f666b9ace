//! Channels, timers and clocks: web, native, and a seeded virtual network.
