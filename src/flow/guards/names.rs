//! What the words of a name say about its role: a length, a capacity, a function that receives.

/// Whether one of the words stands in a name between underscores or humps.
pub(super) fn has_word(lower: &str, words: &[&str]) -> bool {
    lower
        .split(|c: char| !c.is_ascii_alphabetic())
        .any(|part| words.contains(&part))
}

/// The words of a name, lower case: `ucPacketLen` gives `uc`, `packet`, `len`.
pub(in crate::flow) fn words(name: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut before_lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || c.is_ascii_digit() {
            if !current.is_empty() {
                out.push(std::mem::take(&mut current));
            }
            before_lower = false;
            continue;
        }
        if c.is_ascii_uppercase() && before_lower && !current.is_empty() {
            out.push(std::mem::take(&mut current));
        }
        before_lower = c.is_ascii_lowercase();
        current.push(c.to_ascii_lowercase());
    }
    if !current.is_empty() {
        out.push(current);
    }
    out
}

const LENGTH_WORDS: &[&str] = &[
    "len",
    "length",
    "size",
    "sz",
    "count",
    "cnt",
    "bytes",
    "nbytes",
    "buflen",
    "datalen",
    "n",
    "left",
    "remaining",
    "avail",
    "total",
    "octets",
    "plen",
    "slen",
    "dlen",
    "num",
    "hlen",
    "pktlen",
    "buffersize",
    "bufsize",
    "inlen",
    "outlen",
    "used",
];

/// Whether a parameter's or field's name says that it is a number of bytes or elements.
pub(super) fn is_length_name(name: &str) -> bool {
    let words = words(name);
    words
        .iter()
        .any(|word| LENGTH_WORDS.contains(&word.as_str()))
        || name.to_ascii_lowercase().ends_with("len")
        || name.to_ascii_lowercase().ends_with("size")
        || name.to_ascii_lowercase().ends_with("length")
}

/// Whether a name that was not declared is a macro's: `MAX_LEN`, `ipSIZE_OF_HEADER`.
pub(super) fn is_constant_name(name: &str) -> bool {
    let rest = name.trim_start_matches(|c: char| c.is_ascii_lowercase());
    rest.len() > 2
        && rest.chars().any(|c| c.is_ascii_uppercase())
        && !rest.chars().any(|c| c.is_ascii_lowercase())
        && name.len() - rest.len() <= 10
}

/// Whether a name says that bytes are counted.
pub(super) fn is_byte_length_name(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "len" | "length" | "size" | "bytes" | "plen" | "pktlen" | "buflen" | "datalen"
        )
    })
}

/// Whether a name is that of the length of a hardware address, which a driver sets to a few bytes.
pub(super) fn is_address_length_name(name: &str) -> bool {
    let words = words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    has(&["addr", "hwaddr", "lladdr", "macaddr", "address"])
        && has(&["len", "length", "size"])
        && !has(&["name", "string", "str", "list", "ip"])
}

/// Whether a record's name says that it lies over bytes of a packet.
pub(super) fn is_overlay_name(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "hdr"
                | "header"
                | "opt"
                | "option"
                | "tlv"
                | "frame"
                | "msg"
                | "packet"
                | "pdu"
                | "adv"
                | "dio"
                | "dao"
                | "sol"
        )
    })
}

/// Whether a function's name says that its result points into what it is given.
pub(super) fn is_accessor_name(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "data" | "payload" | "ptr" | "next" | "hdr" | "header" | "body" | "skip"
        )
    })
}

/// Whether a function's name says that the device stops in it.
pub(super) fn is_stop_name(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "halt" | "panic" | "abort" | "fatal" | "die" | "reboot" | "crash"
        )
    })
}

/// Whether a function may, by its name, not come back: enough to stay silent, not to end a way.
pub(super) fn may_stop(name: &str) -> bool {
    is_stop_name(name)
        || words(name).iter().any(|word| {
            ["fail", "assert", "unreachable", "longjmp"]
                .iter()
                .any(|part| word.contains(part))
                || matches!(
                    word.as_str(),
                    "error" | "raise" | "throw" | "exit" | "reset" | "trap"
                )
        })
}

/// Whether a field points to bytes.
pub(super) fn is_buffer_name(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "data"
                | "buf"
                | "buffer"
                | "payload"
                | "bytes"
                | "base"
                | "packet"
                | "frame"
                | "msg"
                | "str"
        )
    })
}

/// Whether a field beside such a pointer says how many bytes there are.
pub(super) fn is_held_length_name(name: &str) -> bool {
    is_byte_length_name(name)
        || words(name).iter().any(|word| {
            matches!(
                word.as_str(),
                "pos" | "used" | "n" | "end" | "filled" | "left"
            )
        })
}

/// Whether a function looks something up or makes something, and may fail.
pub(super) fn is_lookup_name(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "find"
                | "lookup"
                | "search"
                | "alloc"
                | "zalloc"
                | "malloc"
                | "calloc"
                | "memalign"
                | "strdup"
                | "new"
                | "create"
                | "dup"
        )
    })
}

/// Whether a function's name says that it tells whether a container holds something.
pub(super) fn is_fill_question(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "empty"
                | "peek"
                | "lpeek"
                | "rpeek"
                | "head"
                | "first"
                | "count"
                | "len"
                | "length"
                | "size"
                | "used"
                | "num"
                | "pending"
        )
    })
}

/// Whether a field's name says how many elements a container holds.
pub(super) fn is_fill_name(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "len" | "length" | "count" | "cnt" | "used" | "num" | "size" | "filled" | "pending"
        )
    })
}

/// Whether a pointer without a type is a handle of whoever gave it, and no bytes.
pub(super) fn is_context_name(name: &str) -> bool {
    let words = words(name);
    words.last().is_some_and(|word| {
        matches!(
            word.as_str(),
            "connection"
                | "conn"
                | "ctx"
                | "context"
                | "handle"
                | "cookie"
                | "priv"
                | "self"
                | "user"
                | "userdata"
                | "state"
                | "session"
                | "instance"
        )
    })
}

/// Whether a function says by its name that it picks one of several by what it is given.
pub(super) fn is_selecting_name(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "get" | "by" | "for" | "from" | "select" | "entry" | "pop" | "match"
        )
    })
}

/// Whether a function's name says, or half says, that it is called with what others sent.
pub(super) fn is_called_with_input(name: &str) -> bool {
    is_input_name(name)
        || words(name).iter().any(|word| {
            matches!(
                word.as_str(),
                "callback"
                    | "cb"
                    | "event"
                    | "notification"
                    | "indication"
                    | "ind"
                    | "notify"
                    | "deliver"
                    | "decrypt"
                    | "verify"
                    | "validate"
                    | "extract"
                    | "deserialize"
            )
        })
}

/// Whether a variable's name says that it holds whether something worked.
pub(super) fn is_status_name(name: &str) -> bool {
    matches!(
        name,
        "rc" | "res"
            | "ret"
            | "err"
            | "error"
            | "result"
            | "status"
            | "retval"
            | "rv"
            | "xResult"
            | "xReturn"
            | "ret_val"
            | "e"
            | "r"
    )
}

/// Whether a function's name says that it makes or sends packets.
pub(super) fn is_output_name(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "output"
                | "send"
                | "transmit"
                | "tx"
                | "reply"
                | "respond"
                | "build"
                | "encode"
                | "write"
                | "sendto"
                | "forward"
                | "generate"
                | "generated"
                | "return"
                | "request"
                | "prepare"
                | "create"
        )
    })
}

/// Whether a function's name says, without doubt, that it takes in what others sent.
pub(super) fn is_input_name(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "recv"
                | "rx"
                | "input"
                | "parse"
                | "decode"
                | "handle"
                | "handler"
                | "process"
                | "receive"
                | "received"
                | "dispatch"
                | "parser"
                | "unpack"
                | "rcv"
                | "incoming"
                | "dump"
        )
    })
}

/// Whether a function's name says that it makes room.
pub(super) fn is_reserving_name(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "add"
                | "mark"
                | "reserve"
                | "grow"
                | "resize"
                | "realloc"
                | "extend"
                | "alloc"
                | "ensure"
        )
    })
}

/// Whether a function's name says that it answers with yes or no.
pub(super) fn is_question(name: &str) -> bool {
    words(name)
        .iter()
        .any(|word| matches!(word.as_str(), "is" | "has" | "check"))
}

/// Whether a function's name says that it answers whether there is enough.
pub(super) fn is_sizing_question(name: &str) -> bool {
    let words = words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    has(&[
        "valid", "validate", "check", "verify", "ensure", "sane", "enough",
    ]) || has(&["has", "is"]) && has(&["size", "length", "len", "long", "room", "space"])
}

/// Whether a function's name says that it gives an object back for good. A lock or a bus that is
/// released is taken again.
pub(super) fn is_giving_back(name: &str) -> bool {
    let words = words(name);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    has(&["free", "destroy", "dealloc", "delete"])
        || has(&["release", "unref", "put"])
            && has(&[
                "buf", "pktbuf", "pkt", "packet", "msg", "message", "frame", "mbuf", "skb",
                "buffer",
            ])
}

/// Allocators whose unchecked results a pattern rule reports.
pub(super) fn is_plain_allocator(name: &str) -> bool {
    matches!(
        name,
        "malloc"
            | "calloc"
            | "realloc"
            | "k_malloc"
            | "pvPortMalloc"
            | "mem_malloc"
            | "mem_calloc"
            | "pbuf_alloc"
    )
}

/// Whether a function writes decoded numbers behind its pointer arguments.
pub(super) fn is_decoding_name(name: &str) -> bool {
    words(name).iter().any(|word| {
        matches!(
            word.as_str(),
            "decode" | "parse" | "unpack" | "deserialize" | "deserialise" | "extract"
        )
    })
}

const CAPACITY_WORDS: &[&str] = &[
    "cap",
    "capacity",
    "max",
    "maxlen",
    "limit",
    "room",
    "space",
    "free",
    "avail",
    "available",
    "tailroom",
    "outlen",
    "bufsize",
    "buffersize",
];

/// Whether a name says how much fits somewhere.
pub(super) fn is_capacity_name(name: &str) -> bool {
    words(name)
        .iter()
        .any(|word| CAPACITY_WORDS.contains(&word.as_str()))
        || name.to_ascii_lowercase().ends_with("size")
}
