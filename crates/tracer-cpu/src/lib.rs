//! The path tracer on the CPU: the same bits natively and in WASM.
