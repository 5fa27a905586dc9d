//! What the functions and the local stack log while a command runs them.

/// Logs to standard error what `RUST_LOG` asks for, or else what the command usually shows.
pub(crate) fn log_to_stderr(usual: &str) {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| format!("{usual},dynoxide=off"));
    let filter = tracing_subscriber::EnvFilter::new(filter);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
