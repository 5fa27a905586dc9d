//! The account that the local services pretend to belong to, and the credentials that they accept.

/// The name of the local deployment: its tables and queues begin with it.
pub const STACK_NAME: &str = "muster";
/// The region that the local services claim to be in.
pub const REGION: &str = "us-east-1";
/// The account that the local services claim to belong to.
pub const ACCOUNT: &str = "000000000000";
/// The access key that the local object store accepts.
pub const ACCESS_KEY: &str = "test";
/// The secret of that access key. It protects nothing: the services listen on this machine's loopback address only.
pub const SECRET_KEY: &str = "test";
