//! Functions of common stacks and kernels of which their documentation says that they return NULL.
//!
//! Sources: the public documentation of lwIP, RIOT, FreeRTOS and FreeRTOS-Plus-TCP, Zephyr, Mynewt and
//! NimBLE, libfdt, and the C library.

/// Why a function returns NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Null {
    /// There is no memory, or the pool is empty: no caller can rule that out.
    Exhausted,
    /// There is no such thing.
    NotFound,
}

/// Time limits that never end: a call that is given one comes back with something.
const FOREVER: &[&str] = &["K_FOREVER", "portMAX_DELAY", "osWaitForever"];

/// Sorted by name.
const NAMES: &[(&str, Null)] = &[
    ("clist_find", Null::NotFound),
    ("clist_find_before", Null::NotFound),
    ("fdopen", Null::Exhausted),
    ("fdt_get_alias", Null::NotFound),
    ("fdt_get_name", Null::NotFound),
    ("fdt_get_property", Null::NotFound),
    ("fdt_getprop", Null::NotFound),
    ("fopen", Null::NotFound),
    ("gnrc_icmpv6_build", Null::Exhausted),
    ("gnrc_icmpv6_echo_build", Null::Exhausted),
    ("gnrc_icmpv6_error_dst_unr_build", Null::Exhausted),
    ("gnrc_ipv6_ext_build", Null::Exhausted),
    ("gnrc_ipv6_hdr_build", Null::Exhausted),
    ("gnrc_ndp_nbr_adv_build", Null::Exhausted),
    ("gnrc_ndp_nbr_sol_build", Null::Exhausted),
    ("gnrc_ndp_opt_build", Null::Exhausted),
    ("gnrc_netif_get_by_ipv6_addr", Null::NotFound),
    ("gnrc_netif_get_by_pid", Null::NotFound),
    ("gnrc_netif_get_by_prefix", Null::NotFound),
    ("gnrc_netif_hdr_build", Null::Exhausted),
    ("gnrc_netreg_lookup", Null::NotFound),
    ("gnrc_pktbuf_duplicate_upto", Null::Exhausted),
    ("gnrc_pktbuf_mark", Null::Exhausted),
    ("gnrc_pktbuf_start_write", Null::Exhausted),
    ("gnrc_pktsnip_search_type", Null::NotFound),
    ("gnrc_udp_hdr_build", Null::Exhausted),
    ("igmp_lookfor_group", Null::NotFound),
    ("ip4_route", Null::NotFound),
    ("ip6_route", Null::NotFound),
    ("ip_route", Null::NotFound),
    ("mld6_lookfor_group", Null::NotFound),
    ("net_buf_alloc", Null::Exhausted),
    ("net_if_get_by_index", Null::NotFound),
    ("net_pkt_alloc", Null::Exhausted),
    ("net_pkt_alloc_with_buffer", Null::Exhausted),
    ("net_pkt_clone", Null::Exhausted),
    ("netbuf_alloc", Null::Exhausted),
    ("netbuf_new", Null::Exhausted),
    ("netconn_new", Null::Exhausted),
    ("netif_find", Null::NotFound),
    ("netif_get_by_id", Null::NotFound),
    ("netif_get_by_index", Null::NotFound),
    ("netif_get_by_name", Null::NotFound),
    ("os_mbuf_dup", Null::Exhausted),
    ("os_mbuf_pullup", Null::Exhausted),
    ("pbuf_clone", Null::Exhausted),
    ("pxDuplicateNetworkBufferWithDescriptor", Null::Exhausted),
    ("pxGetNetworkBufferWithDescriptor", Null::Exhausted),
    ("pxResizeNetworkBufferWithDescriptor", Null::Exhausted),
    ("raw_new", Null::Exhausted),
    ("raw_new_ip_type", Null::Exhausted),
    ("strndup", Null::Exhausted),
    ("tcp_new", Null::Exhausted),
    ("tcp_new_ip_type", Null::Exhausted),
    ("thread_get", Null::NotFound),
    ("udp_new", Null::Exhausted),
    ("udp_new_ip_type", Null::Exhausted),
    ("xEventGroupCreate", Null::Exhausted),
    ("xMessageBufferCreate", Null::Exhausted),
    ("xQueueCreate", Null::Exhausted),
    ("xStreamBufferCreate", Null::Exhausted),
    ("xTimerCreate", Null::Exhausted),
];

/// Why a function returns NULL, if its documentation says that it does.
pub(super) fn why(name: &str) -> Option<Null> {
    NAMES
        .binary_search_by(|(known, _)| (*known).cmp(name))
        .ok()
        .and_then(|index| NAMES.get(index))
        .map(|(_, why)| *why)
}

/// Whether an argument of a call is written as a time limit that never ends. `call`: its text, in which
/// `name` is called.
pub(super) fn waits_forever(call: &str, name: &str) -> bool {
    let Some((_, behind)) = call.split_once(name) else {
        return false;
    };
    let Some(list) = behind.trim_start().strip_prefix('(') else {
        return false;
    };
    // A conversion may stand in front.
    let is_forever = |argument: &str| {
        let word = argument.rsplit(')').next().unwrap_or_default().trim();
        FOREVER.contains(&word)
    };
    let mut depth = 0_u32;
    let mut start = 0;
    for (at, c) in list.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            ',' | ')' if depth == 0 => {
                if is_forever(list.get(start..at).unwrap_or_default()) {
                    return true;
                }
                if c == ')' {
                    return false;
                }
                start = at + 1;
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(why("tcp_new"), Some(Null::Exhausted));
        assert_eq!(why("ip4_route"), Some(Null::NotFound));
        assert_eq!(why("anything"), None);
    }

    #[test]
    fn a_time_limit_that_never_ends_is_an_argument_of_the_call_itself() {
        assert!(waits_forever("k_fifo_get(&f, K_FOREVER)", "k_fifo_get"));
        assert!(waits_forever("take(n(1), (long)portMAX_DELAY)", "take"));
        assert!(!waits_forever("take(n(K_FOREVER), 0)", "take"));
        assert!(!waits_forever("take(0), K_FOREVER", "take"));
        assert!(!waits_forever("take", "take"));
    }
}
