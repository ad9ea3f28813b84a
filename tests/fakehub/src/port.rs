//! Ports for servers that are started again where they were, or that are told theirs before they run.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};

/// Lowest port handed out; what is below belongs to well-known services.
const LOWEST: u32 = 10_000;

/// Linux' own range of ephemeral ports (`ip_local_port_range`, ip(7)).
const EPHEMERAL: (u32, u32) = (32_768, 60_999);

/// Fewest ports that are worth staying out of the ephemeral range for.
const ENOUGH: u32 = 1_000;

/// A port of 127.0.0.1 that nobody listens on and that nobody else is handed by this process.
///
/// It lies outside of the ephemeral ports where the system leaves enough others: one of those may become the
/// near end of any connection between this answer and the server's own `bind`, which then fails.
///
/// # Errors
///
/// Where every port is in use.
pub fn free_port() -> std::io::Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range");
    let range = range.ok().and_then(|text| {
        let mut ends = text.split_ascii_whitespace().map(str::parse);
        Some((ends.next()?.ok()?, ends.next()?.ok()?))
    });
    let (first, last) = outside(range.unwrap_or(EPHEMERAL));
    let width = last - first;
    // Test programs that run at once begin at different places.
    let offset = std::process::id().wrapping_mul(977);
    for _ in 0..width {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = first + offset.wrapping_add(step) % width;
        if let Ok(port) = u16::try_from(port)
            && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        {
            return Ok(port);
        }
    }
    Err(std::io::Error::other("every port is in use"))
}

/// The first port to hand out and the one behind the last, below or above the ephemeral ones.
fn outside((low, high): (u32, u32)) -> (u32, u32) {
    let below = (LOWEST, low.min(EPHEMERAL.0));
    let above = (high.saturating_add(1), 1 << 16);
    [below, above]
        .into_iter()
        .find(|(first, last)| first + ENOUGH <= *last)
        .unwrap_or((LOWEST, EPHEMERAL.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_lie_outside_of_the_ephemeral_ones_where_that_leaves_enough() {
        assert_eq!(outside(EPHEMERAL), (10_000, 32_768));
        assert_eq!(outside((10_240, 60_000)), (60_001, 65_536));
        assert_eq!(outside((1_024, 65_535)), (10_000, 32_768));
        assert_ne!(free_port().unwrap(), free_port().unwrap());
    }
}
