//! Where the console is.

/// The path under which every page is.
pub const ROOT: &str = "/console";
