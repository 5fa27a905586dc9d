//! Muster on one machine: the stores, the queues and the functions in one process, for a laptop and for tests.

pub mod stack;
