//! The account that the local services pretend to belong to.

/// The name of the local deployment: its tables and queues begin with it.
pub const STACK_NAME: &str = "muster";
/// The region that the local services claim to be in.
pub const REGION: &str = "us-east-1";
/// The account that the local services claim to belong to.
pub const ACCOUNT: &str = "000000000000";
