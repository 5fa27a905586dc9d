//! A record to typed values.
