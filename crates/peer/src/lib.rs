//! The loop that joins swarm, transport and tracers.
