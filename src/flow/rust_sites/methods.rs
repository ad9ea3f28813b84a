//! What functions and methods of the standard library give.

use super::ty::{Int, Ty};

/// Methods of integers and floats that give their own type.
const OWN: &[&str] = &[
    "abs",
    "pow",
    "min",
    "max",
    "clamp",
    "signum",
    "isqrt",
    "rem_euclid",
    "div_euclid",
    "saturating_add",
    "saturating_sub",
    "saturating_mul",
    "saturating_div",
    "saturating_pow",
    "saturating_neg",
    "saturating_abs",
    "wrapping_add",
    "wrapping_sub",
    "wrapping_mul",
    "wrapping_div",
    "wrapping_rem",
    "wrapping_neg",
    "wrapping_abs",
    "wrapping_shl",
    "wrapping_shr",
    "wrapping_pow",
    "wrapping_rem_euclid",
    "wrapping_div_euclid",
    "swap_bytes",
    "reverse_bits",
    "to_be",
    "to_le",
    "rotate_left",
    "rotate_right",
    "next_power_of_two",
    "div_ceil",
    "next_multiple_of",
    "clone",
    "to_owned",
    "floor",
    "ceil",
    "round",
    "trunc",
    "sqrt",
    "powi",
    "powf",
    "exp",
    "ln",
    "log10",
    "log2",
    "sin",
    "cos",
    "tan",
    "atan2",
    "hypot",
    "fract",
    "midpoint",
    "unbounded_shl",
    "unbounded_shr",
];

/// Methods that give an `Option` of their own type.
const CHECKED: &str = "checked_";

/// Methods that give another view of the same thing.
const SAME: &[&str] = &[
    "clone",
    "cloned",
    "copied",
    "as_ref",
    "as_mut",
    "borrow",
    "borrow_mut",
    "to_owned",
    "by_ref",
    "as_deref",
    "as_deref_mut",
    "iter",
    "iter_mut",
    "into_iter",
    "rev",
    "take",
    "skip",
    "replace",
    "get_mut",
    "filter",
    "inspect",
    "step_by",
    "chain",
    "peekable",
    "skip_while",
    "take_while",
];

/// The result of a method; `argument` is the type of its first argument.
pub(super) fn result(of: &Ty, name: &str, argument: &dyn Fn() -> Ty, generics: &[Ty]) -> Ty {
    match name {
        "len" | "count" | "capacity" if !matches!(of.peeled(), Ty::Int(_)) => return Ty::usize(),
        "is_empty" | "is_some" | "is_none" | "is_ok" | "is_err" | "contains" | "is_null"
        | "starts_with" | "ends_with" | "eq" | "ne" | "contains_key" | "is_nan" | "is_positive"
        | "is_negative" => return Ty::Bool,
        "to_string" => return Ty::named("String", Vec::new()),
        "into" | "try_into" | "parse" | "sum" | "product" | "collect" => {
            return match (name, generics.first()) {
                ("parse", Some(ty)) => Ty::named("Result", vec![ty.clone()]),
                (_, Some(ty)) => ty.clone(),
                ("parse" | "try_into", None) => Ty::named("Result", vec![Ty::Unknown, Ty::Unknown]),
                _ => Ty::Unknown,
            };
        }
        "as_ptr" => return Ty::Pointer(false, pointee(of).into()),
        "as_mut_ptr" => return Ty::Pointer(true, pointee(of).into()),
        "as_bytes" | "as_bytes_mut" | "into_bytes" => {
            let byte = Ty::primitive("u8").unwrap_or(Ty::Unknown);
            return Ty::Reference(false, Ty::Slice(byte.into()).into());
        }
        _ => {}
    }
    if let Ty::Pointer(is_mut, to) = of {
        return match name {
            "cast" => match generics.first() {
                Some(ty) => Ty::Pointer(*is_mut, ty.clone().into()),
                None => Ty::Pointer(*is_mut, Ty::Unknown.into()),
            },
            "cast_mut" => Ty::Pointer(true, to.clone()),
            "cast_const" => Ty::Pointer(false, to.clone()),
            "add" | "sub" | "offset" | "wrapping_add" | "wrapping_sub" | "byte_add" => of.clone(),
            "read" | "read_volatile" | "read_unaligned" => (**to).clone(),
            "offset_from" => Ty::primitive("isize").unwrap_or(Ty::Unknown),
            "as_ref" => Ty::named("Option", vec![Ty::Reference(false, to.clone())]),
            "as_mut" => Ty::named("Option", vec![Ty::Reference(true, to.clone())]),
            _ => Ty::Unknown,
        };
    }
    match of.peeled() {
        Ty::Int(int) => of_int(*int, name),
        Ty::Integer => match OWN.contains(&name) {
            true => Ty::Integer,
            false => of_int(Int::I32, name),
        },
        Ty::Float(bits) => match name {
            "to_bits" => Ty::primitive(match bits {
                32 => "u32",
                _ => "u64",
            })
            .unwrap_or(Ty::Unknown),
            "mul_add" => Ty::Float(*bits),
            _ if OWN.contains(&name) => Ty::Float(*bits),
            _ => Ty::Unknown,
        },
        Ty::Named(kind, arguments) => {
            let first = || arguments.first().cloned().unwrap_or(Ty::Unknown);
            let second = || arguments.get(1).cloned().unwrap_or(Ty::Unknown);
            match (&**kind, name) {
                (
                    "Option" | "Result",
                    "unwrap" | "expect" | "unwrap_unchecked" | "unwrap_or" | "unwrap_or_default"
                    | "unwrap_or_else",
                ) => first(),
                ("Result", "unwrap_err" | "expect_err") => second(),
                ("Option", "ok_or" | "ok_or_else") => {
                    Ty::named("Result", vec![first(), argument()])
                }
                ("Result", "ok") => Ty::named("Option", vec![first()]),
                ("Result", "err") => Ty::named("Option", vec![second()]),
                ("Result", "map_err") => Ty::named("Result", vec![first(), Ty::Unknown]),
                ("Option", "map" | "and_then") => Ty::named("Option", vec![Ty::Unknown]),
                ("Result", "map") => Ty::named("Result", vec![Ty::Unknown, second()]),
                ("Result", "or" | "or_else") => Ty::named("Result", vec![first(), Ty::Unknown]),
                ("Option", "cloned" | "copied" | "as_deref") => match first() {
                    Ty::Reference(_, to) => Ty::named("Option", vec![(*to).clone()]),
                    other => Ty::named("Option", vec![other]),
                },
                ("Wrapping" | "Saturating", _) if OWN.contains(&name) => of.peeled().clone(),
                ("NonZero" | "NonZeroU8" | "NonZeroU16" | "NonZeroU32" | "NonZeroUsize", "get") => {
                    match &**kind {
                        "NonZero" => first(),
                        "NonZeroUsize" => Ty::usize(),
                        other => Ty::primitive(&other.trim_start_matches("NonZero").to_lowercase())
                            .unwrap_or(Ty::Unknown),
                    }
                }
                ("HashMap" | "BTreeMap", "get" | "get_mut" | "remove") => {
                    Ty::named("Option", vec![second()])
                }
                ("Instant", "elapsed" | "duration_since") => Ty::named("Duration", Vec::new()),
                ("Duration", "as_secs" | "as_millis_u64" | "as_ticks" | "as_micros_u64") => {
                    Ty::primitive("u64").unwrap_or(Ty::Unknown)
                }
                (
                    "AtomicU8" | "AtomicU16" | "AtomicU32" | "AtomicU64" | "AtomicUsize"
                    | "AtomicI32",
                    "load" | "fetch_add" | "fetch_sub" | "swap" | "fetch_or" | "fetch_and",
                ) => Ty::primitive(&kind.trim_start_matches("Atomic").to_lowercase())
                    .unwrap_or(Ty::Unknown),
                _ => of_list(of, name),
            }
        }
        Ty::Bool | Ty::Char => match SAME.contains(&name) {
            true => of.peeled().clone(),
            false => Ty::Unknown,
        },
        Ty::Str => match name {
            "bytes" => Ty::named("Iterator", vec![Ty::primitive("u8").unwrap_or(Ty::Unknown)]),
            "chars" => Ty::named("Iterator", vec![Ty::Char]),
            _ => Ty::Unknown,
        },
        _ => of_list(of, name),
    }
}

/// What a pointer to the start of a list points to.
fn pointee(of: &Ty) -> Ty {
    match of.peeled() {
        Ty::Str => Ty::primitive("u8").unwrap_or(Ty::Unknown),
        Ty::Named(name, _) if matches!(&**name, "String" | "UnsafeCell" | "MaybeUninit") => {
            match &**name {
                "String" => Ty::primitive("u8").unwrap_or(Ty::Unknown),
                _ => of.argument(0),
            }
        }
        _ => of.element(),
    }
}

fn of_int(int: Int, name: &str) -> Ty {
    let unsigned = Ty::Int(Int {
        is_signed: false,
        ..int
    });
    let own = Ty::Int(int);
    match name {
        "unsigned_abs" | "abs_diff" | "cast_unsigned" => unsigned,
        "cast_signed" => Ty::Int(Int {
            is_signed: true,
            ..int
        }),
        "count_ones" | "count_zeros" | "leading_zeros" | "trailing_zeros" | "leading_ones"
        | "trailing_ones" | "ilog2" | "ilog10" => Ty::primitive("u32").unwrap_or(Ty::Unknown),
        "to_le_bytes" | "to_be_bytes" | "to_ne_bytes" => {
            let byte = Ty::primitive("u8").unwrap_or(Ty::Unknown);
            Ty::Array(byte.into(), Some(u64::from(int.bits / 8)))
        }
        _ if OWN.contains(&name) => own,
        _ => match (
            name.strip_prefix(CHECKED),
            name.strip_prefix("overflowing_"),
        ) {
            (Some(_), _) => Ty::named("Option", vec![own]),
            (_, Some(_)) => Ty::Tuple([own, Ty::Bool].into()),
            _ => Ty::Unknown,
        },
    }
}

/// Methods of slices, arrays, vectors and iterators.
fn of_list(of: &Ty, name: &str) -> Ty {
    let element = of.element();
    if !element.is_known() {
        return match name {
            "unwrap" | "expect" => Ty::Unknown,
            _ if SAME.contains(&name) && !matches!(of.peeled(), Ty::Named(..)) => {
                of.peeled().clone()
            }
            _ => Ty::Unknown,
        };
    }
    match name {
        "get" | "first" | "last" | "pop" | "next" | "next_back" | "pop_front" | "pop_back"
        | "get_mut" | "first_mut" | "last_mut" | "max" | "min" | "nth" | "iter_max" => {
            Ty::named("Option", vec![element])
        }
        "to_vec" => Ty::named("Vec", vec![element]),
        "as_slice" | "as_mut_slice" => Ty::Slice(element.into()),
        "get_unchecked" | "get_unchecked_mut" | "remove" | "swap_remove" => element,
        "enumerate" => Ty::named("Iterator", vec![Ty::Tuple([Ty::usize(), element].into())]),
        "chunks" | "windows" | "chunks_exact" | "chunks_mut" | "chunks_exact_mut" => {
            Ty::named("Iterator", vec![Ty::Slice(element.into())])
        }
        "split_at" | "split_at_mut" => {
            let half = Ty::Slice(element.into());
            Ty::Tuple([half.clone(), half].into())
        }
        "iter" | "iter_mut" | "into_iter" | "drain" => Ty::named("Iterator", vec![element]),
        _ if SAME.contains(&name) => of.peeled().clone(),
        _ => Ty::Unknown,
    }
}

/// The result of `of::name(first)`, or of `name(first)` where `of` is unknown.
pub(super) fn path_result(
    of: &Ty,
    name: &str,
    first: &Ty,
    generics: &[Ty],
    is_record: impl Fn(&str) -> bool,
) -> Ty {
    let usize = Ty::usize();
    match (name, of) {
        ("Some", Ty::Unknown) => Ty::named("Option", vec![first.clone()]),
        ("Ok", Ty::Unknown) => match generics {
            [] => Ty::named("Result", vec![first.clone(), Ty::Unknown]),
            [_, error] => Ty::named("Result", vec![first.clone(), error.clone()]),
            _ => Ty::Unknown,
        },
        ("Err", Ty::Unknown) => Ty::named("Result", vec![Ty::Unknown, first.clone()]),
        ("Ok" | "Err", Ty::Named(kind, _)) if &**kind == "Result" => of.clone(),
        ("size_of" | "align_of" | "size_of_val" | "align_of_val", _) => usize,
        ("null", _) => Ty::Pointer(
            false,
            generics.first().cloned().unwrap_or(Ty::Unknown).into(),
        ),
        ("null_mut", _) => Ty::Pointer(
            true,
            generics.first().cloned().unwrap_or(Ty::Unknown).into(),
        ),
        ("from_raw_parts" | "from_raw_parts_mut", _) => Ty::Slice(pointee_of(first).into()),
        ("min" | "max", _) if !matches!(of, Ty::Int(_)) => first.clone(),
        ("read_volatile" | "read" | "read_unaligned", _) => pointee_of(first),
        (
            "from" | "from_be_bytes" | "from_le_bytes" | "from_ne_bytes" | "from_bits" | "default"
            | "from_be" | "from_le",
            Ty::Int(_) | Ty::Float(_),
        ) => of.clone(),
        ("try_from" | "from_str_radix" | "from_str", Ty::Int(_)) => {
            Ty::named("Result", vec![of.clone(), Ty::Unknown])
        }
        (_, Ty::Int(_) | Ty::Float(_)) => result(of, name, &|| Ty::Unknown, generics),
        (
            "new" | "with_capacity" | "default" | "from_iter" | "from",
            Ty::Named(kind, arguments),
        ) => match &**kind {
            "Box" | "Rc" | "Arc" | "Cell" | "RefCell" | "Mutex" | "UnsafeCell"
                if arguments.is_empty() && name == "new" =>
            {
                Ty::named(kind, vec![first.clone()])
            }
            "Vec" | "VecDeque" if arguments.is_empty() && name != "new" => {
                Ty::named(kind, vec![Ty::Unknown])
            }
            _ => of.clone(),
        },
        (_, Ty::Unknown) if is_record(name) => Ty::named(name, Vec::new()),
        ("Wrapping" | "Saturating" | "Reverse", Ty::Unknown) => {
            Ty::named(name, vec![first.clone()])
        }
        (_, Ty::Named(kind, _)) if &**kind == "Duration" && name.starts_with("from_") => of.clone(),
        ("now", Ty::Named(kind, _)) if &**kind == "Instant" => of.clone(),
        _ => Ty::Unknown,
    }
}

fn pointee_of(ty: &Ty) -> Ty {
    match ty {
        Ty::Pointer(_, to) | Ty::Reference(_, to) => (**to).clone(),
        _ => Ty::Unknown,
    }
}
