//! Ports for servers that are started again where they were, or that are told theirs before they run.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Lowest port handed out; what is below belongs to well-known services.
const LOWEST: u32 = 10_000;
/// Linux' own default of the lowest ephemeral port (`ip_local_port_range`, ip(7)).
const EPHEMERAL: u32 = 32_768;

/// A port of 127.0.0.1 that nobody listens on and that nobody else is handed by this process.
///
/// It lies below the ephemeral ports: one of those may become the near end of any connection
/// between this answer and the server's own `bind`, which then fails.
///
/// # Errors
///
/// Where every port is in use.
pub fn free_port() -> std::io::Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let low = range.ok().and_then(|text| {
        let low = text.split_ascii_whitespace().next()?.parse::<u32>().ok()?;
        (low > LOWEST).then_some(low)
    });
    let width = low.unwrap_or(EPHEMERAL).min(EPHEMERAL) - LOWEST;
    // Test programs that run at once begin at different places.
    let offset = std::process::id().wrapping_mul(97);
    for _ in 0..width {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = LOWEST + offset.wrapping_add(step) % width;
        if let Ok(port) = u16::try_from(port)
            && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        {
            return Ok(port);
        }
    }
    Err(std::io::Error::other("every port is in use"))
}
