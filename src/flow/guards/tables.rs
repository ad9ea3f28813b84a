//! What names mean: library calls, packet types, lengths. The only place of this part that knows
//! names.
//!
//! Sources: the C standard library; lwIP, RIOT, FreeRTOS-Plus-TCP, Zephyr, NimBLE, TinyUSB,
//! mbedTLS and OP-TEE documentation of public functions.

/// What is known of a function by its name, as bits.
pub(super) mod flag {
    /// Turns bytes of a packet into an integer (`ntohs(x)`, `get_be16(p)`).
    pub(crate) const DECODER: u32 = 1;
    /// Gives the same for the same arguments.
    pub(crate) const PURE: u32 = 1 << 1;
    /// Smaller of two.
    pub(crate) const MIN: u32 = 1 << 2;
    /// Gives memory, by size.
    pub(crate) const ALLOC: u32 = 1 << 3;
    /// Takes memory back.
    pub(crate) const FREE: u32 = 1 << 4;
    /// Tests its arguments; the caller branches on the result.
    pub(crate) const CHECK: u32 = 1 << 5;
    /// Says something to a person.
    pub(crate) const LOG: u32 = 1 << 6;
    /// Looks for a terminator in its first argument.
    pub(crate) const SCAN: u32 = 1 << 7;
    /// Returns NULL when there is nothing.
    pub(crate) const NULLABLE: u32 = 1 << 8;
    /// Reads as many bytes of memory as it is told; changes nothing.
    pub(crate) const READER: u32 = 1 << 9;
    /// Does not fail, or its failure does not matter.
    pub(crate) const CALM: u32 = 1 << 11;
}

/// Positions of a copy's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copy {
    /// Written.
    pub destination: Option<u8>,
    /// Read.
    pub source: Option<u8>,
    /// Bytes.
    pub length: u8,
    /// Whether the source is an object that knows its length (a packet), so that no more than
    /// there is gets read.
    pub source_knows: bool,
}

const fn copy(destination: u8, source: u8, length: u8) -> Copy {
    Copy {
        destination: Some(destination),
        source: Some(source),
        length,
        source_knows: false,
    }
}

const fn read(source: u8, length: u8) -> Copy {
    Copy {
        destination: None,
        source: Some(source),
        length,
        source_knows: false,
    }
}

const fn from_packet(destination: u8, source: u8, length: u8) -> Copy {
    Copy {
        destination: Some(destination),
        source: Some(source),
        length,
        source_knows: true,
    }
}

const COPIES: &[(&str, Copy)] = &[
    ("MEMCPY", copy(0, 1, 2)),
    ("MEMMOVE", copy(0, 1, 2)),
    ("SMEMCPY", copy(0, 1, 2)),
    ("TU_MEMCPY", copy(0, 1, 2)),
    ("XMEMCPY", copy(0, 1, 2)),
    ("__builtin_memcpy", copy(0, 1, 2)),
    ("__builtin_memmove", copy(0, 1, 2)),
    ("crc16", read(1, 2)),
    ("crc16_ccitt", read(1, 2)),
    ("crc32", read(1, 2)),
    ("memcpy", copy(0, 1, 2)),
    ("memmove", copy(0, 1, 2)),
    (
        "memset",
        Copy {
            destination: Some(0),
            source: None,
            length: 2,
            source_knows: true,
        },
    ),
    (
        "os_mbuf_copydata",
        Copy {
            destination: Some(3),
            source: Some(0),
            length: 2,
            source_knows: true,
        },
    ),
    ("pbuf_copy_partial", from_packet(1, 0, 2)),
    ("sha256_update", read(1, 2)),
    ("strncpy", copy(0, 1, 2)),
];

/// The copy a function makes, if it is one.
pub(super) fn copy_of(name: &str) -> Option<Copy> {
    COPIES
        .binary_search_by(|(known, _)| (*known).cmp(name))
        .ok()
        .and_then(|index| COPIES.get(index))
        .map(|(_, copy)| *copy)
}

/// Exact names with their bits, sorted.
const NAMES: &[(&str, u32)] = &[
    ("FreeRTOS_htonl", flag::DECODER | flag::PURE),
    ("FreeRTOS_htons", flag::DECODER | flag::PURE),
    ("FreeRTOS_min_int32", flag::MIN),
    ("FreeRTOS_min_size_t", flag::MIN),
    ("FreeRTOS_min_uint32", flag::MIN),
    ("FreeRTOS_ntohl", flag::DECODER | flag::PURE),
    ("FreeRTOS_ntohs", flag::DECODER | flag::PURE),
    ("LWIP_MIN", flag::MIN),
    ("MIN", flag::MIN),
    ("TEE_Free", flag::FREE | flag::CALM),
    ("TEE_Malloc", flag::ALLOC | flag::NULLABLE),
    ("TU_MIN", flag::MIN),
    ("abs", flag::PURE),
    ("atoi", flag::DECODER | flag::SCAN | flag::CALM),
    ("atol", flag::SCAN | flag::CALM),
    ("calloc", flag::ALLOC | flag::NULLABLE),
    ("fmin", flag::MIN),
    ("free", flag::FREE | flag::CALM),
    ("getenv", flag::NULLABLE),
    ("htonl", flag::DECODER | flag::PURE),
    ("htons", flag::DECODER | flag::PURE),
    ("k_free", flag::FREE | flag::CALM),
    ("k_malloc", flag::ALLOC | flag::NULLABLE),
    ("lwip_htonl", flag::DECODER | flag::PURE),
    ("lwip_htons", flag::DECODER | flag::PURE),
    ("lwip_ntohl", flag::DECODER | flag::PURE),
    ("lwip_ntohs", flag::DECODER | flag::PURE),
    ("malloc", flag::ALLOC | flag::NULLABLE),
    ("mem_calloc", flag::ALLOC | flag::NULLABLE),
    ("mem_free", flag::FREE | flag::CALM),
    ("mem_malloc", flag::ALLOC | flag::NULLABLE),
    ("memchr", flag::READER | flag::NULLABLE | flag::CALM),
    ("memcmp", flag::READER | flag::CALM),
    ("memcpy", flag::CALM),
    ("memmove", flag::CALM),
    ("memset", flag::CALM),
    ("min", flag::MIN),
    ("min_size", flag::MIN),
    ("min_t", flag::MIN),
    ("ntohl", flag::DECODER | flag::PURE),
    ("ntohs", flag::DECODER | flag::PURE),
    ("pbuf_alloc", flag::ALLOC | flag::NULLABLE),
    ("printf", flag::LOG | flag::CALM),
    ("puts", flag::LOG | flag::CALM),
    ("pvPortMalloc", flag::ALLOC | flag::NULLABLE),
    ("realloc", flag::ALLOC | flag::NULLABLE),
    ("snprintf", flag::CALM),
    ("sprintf", flag::CALM),
    ("sscanf", flag::SCAN),
    ("strchr", flag::SCAN | flag::NULLABLE | flag::CALM),
    ("strcmp", flag::CALM),
    ("strlen", flag::SCAN | flag::PURE | flag::CALM),
    ("strncmp", flag::CALM),
    ("strncpy", flag::CALM),
    ("strrchr", flag::SCAN | flag::NULLABLE | flag::CALM),
    ("strstr", flag::SCAN | flag::NULLABLE | flag::CALM),
    ("strtok", flag::SCAN | flag::NULLABLE),
    ("strtol", flag::SCAN | flag::CALM),
    ("strtoul", flag::SCAN | flag::CALM),
    ("tu_le16toh", flag::DECODER | flag::PURE),
    ("tu_le32toh", flag::DECODER | flag::PURE),
    ("tu_min16", flag::MIN),
    ("tu_min32", flag::MIN),
    ("tu_min8", flag::MIN),
    ("vPortFree", flag::FREE | flag::CALM),
];

/// What is known of a function by its name.
pub(super) fn flags_of(name: &str) -> u32 {
    if let Ok(index) = NAMES.binary_search_by(|(known, _)| (*known).cmp(name)) {
        return NAMES.get(index).map_or(0, |(_, bits)| *bits);
    }
    let lower = name.to_ascii_lowercase();
    let mut bits = 0;
    if is_decoder(&lower) {
        bits |= flag::DECODER | flag::PURE;
    }
    if super::names::has_word(&lower, &["min"])
        && !super::names::has_word(&lower, &["sec", "minute", "get", "set"])
    {
        bits |= flag::MIN;
    }
    if super::names::has_word(
        &lower,
        &[
            "check",
            "valid",
            "validate",
            "validation",
            "validity",
            "verify",
            "sanity",
            "ensure",
            "fits",
            "fit",
            "has",
            "is",
            "can",
            "overflow",
            "within",
            "inside",
            "contains",
            "enough",
            "assert",
            "bounds",
            "range",
        ],
    ) {
        bits |= flag::CHECK;
    }
    if super::names::has_word(
        &lower,
        &[
            "get",
            "len",
            "length",
            "size",
            "count",
            "num",
            "hdrlen",
            "avail",
            "available",
            "remaining",
            "space",
            "room",
            "tailroom",
            "capacity",
        ],
    ) && !super::names::has_word(
        &lower,
        &[
            "read", "recv", "receive", "pop", "next", "alloc", "add", "set", "put", "write",
            "random", "buffer", "new",
        ],
    ) {
        bits |= flag::PURE;
    }
    if super::names::has_word(
        &lower,
        &["malloc", "calloc", "alloc", "zalloc", "kmalloc", "xmalloc"],
    ) && !super::names::has_word(&lower, &["free", "dealloc", "pre", "is"])
    {
        bits |= flag::ALLOC;
    }
    if super::names::has_word(
        &lower,
        &[
            "log", "debug", "printf", "print", "dbg", "trace", "warn", "err", "info", "diagf",
            "debugf", "puts", "warning", "error", "dmsg", "emsg", "imsg", "fmsg", "msg",
        ],
    ) && (name.chars().all(|c| !c.is_ascii_lowercase())
        || lower.contains("print")
        || lower.contains("log")
        || lower.contains("debug"))
    {
        bits |= flag::LOG | flag::CALM;
    }
    bits
}

/// `get_be16`, `sys_get_le32`, `byteorder_bebuftohs`, `le16toh`, `rd32`, `unaligned_get_u16`.
fn is_decoder(lower: &str) -> bool {
    let squeezed = lower.trim_end_matches("_t");
    if ["ntohs", "ntohl", "bebuftohs", "bebuftohl", "lebuftohs"]
        .iter()
        .any(|known| squeezed.ends_with(known))
    {
        return true;
    }
    // All the others have a width in their names.
    if squeezed.bytes().any(|byte| byte.is_ascii_digit()) && has_width_and_order(squeezed) {
        return true;
    }
    if squeezed.contains("endian")
        && ["read", "get", "load"]
            .iter()
            .any(|word| squeezed.contains(word))
        && squeezed.bytes().any(|byte| byte.is_ascii_digit())
    {
        return true;
    }
    lower.contains("bytes_to_u")
        || lower.contains("char2u")
        || lower == "unaligned_get_u16"
        || lower == "unaligned_get_u32"
        || lower == "ushort2shost"
        || lower.starts_with("uschar2u")
}

/// `le16toh`, `be32_to_cpu`, `get_be16`, `read_u32_le`.
fn has_width_and_order(name: &str) -> bool {
    const READS: &[&str] = &["get", "rd", "read", "load", "unpack", "peek", "extract"];
    let reads = READS.iter().any(|word| name.contains(word));
    let (name, converts) = ["toh", "_to_cpu", "tocpu"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .map_or((name, false), |rest| (rest, true));
    if !reads && !converts {
        return false;
    }
    ["16", "24", "32", "48", "64"].iter().any(|width| {
        name.strip_suffix(width)
            .is_some_and(|rest| rest.ends_with("be") || rest.ends_with("le"))
            || reads
                && ["_be", "_le", "be", "le"].iter().any(|order| {
                    name.strip_suffix(order)
                        .is_some_and(|rest| rest.ends_with(width))
                })
    })
}

/// A record that carries a packet: its length fields and the fields that point to its bytes.
#[derive(Debug)]
pub(super) struct PacketType {
    /// Tags and typedef names.
    pub names: &'static [&'static str],
    /// Bytes at hand, the first being the usual one.
    pub lengths: &'static [&'static str],
    /// Pointers to the bytes.
    pub data: &'static [&'static str],
}

/// Packet descriptors of network stacks.
pub(super) const PACKETS: &[PacketType] = &[
    PacketType {
        names: &["pbuf"],
        lengths: &["len", "tot_len"],
        data: &["payload"],
    },
    PacketType {
        names: &["gnrc_pktsnip", "gnrc_pktsnip_t"],
        lengths: &["size"],
        data: &["data"],
    },
    PacketType {
        names: &["xNETWORK_BUFFER", "NetworkBufferDescriptor_t"],
        lengths: &["xDataLength"],
        data: &["pucEthernetBuffer"],
    },
    PacketType {
        names: &["net_buf", "net_buf_simple"],
        lengths: &["len"],
        data: &["data"],
    },
    PacketType {
        names: &["os_mbuf"],
        lengths: &["om_len"],
        data: &["om_data"],
    },
    PacketType {
        names: &["iolist", "iolist_t"],
        lengths: &["iol_len"],
        data: &["iol_base"],
    },
];

/// Fields of a USB set-up packet that the host chooses (USB 2.0, 9.3).
pub(super) const SETUP_FIELDS: &[&str] = &[SETUP_LENGTH, "wValue", "wIndex"];

/// The one among them that is a number of bytes.
pub(super) const SETUP_LENGTH: &str = "wLength";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(
            NAMES.windows(2).all(|pair| pair[0].0 < pair[1].0),
            "{:?}",
            NAMES.windows(2).find(|pair| pair[0].0 >= pair[1].0)
        );
        assert!(
            COPIES.windows(2).all(|pair| pair[0].0 < pair[1].0),
            "{:?}",
            COPIES.windows(2).find(|pair| pair[0].0 >= pair[1].0)
        );
    }

    #[test]
    fn names_are_understood() {
        for name in [
            "ntohs",
            "sys_get_le16",
            "byteorder_bebuftohs",
            "le16toh",
            "get_be32",
            "tu_le16toh",
            "usChar2u16",
        ] {
            assert!(
                flags_of(name) & flag::DECODER != 0 || name == "usChar2u16",
                "{name}"
            );
        }
        assert!(super::super::names::is_length_name("uxBufferLength"));
        assert!(super::super::names::is_length_name("buflen"));
        assert!(!super::super::names::is_length_name("flags"));
    }
}
