//! Who gets which task: speed estimates, assignment, hedging.
