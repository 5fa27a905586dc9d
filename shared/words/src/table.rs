//! The tables that the build script made: sorted hashes of folded words, and what each word means.

include!(concat!(env!("OUT_DIR"), "/table.rs"));
