//! The browser façade and the worker entries that player and app share.
