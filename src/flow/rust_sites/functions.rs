//! Heads of functions that promise more or less than their bodies hold.

use super::Sites;
use super::items::{attributes, has_modifier, previous};
use super::ty::Ty;
use crate::flow::defect::Defect;
use crate::syntax::{Field, Kind, NodeId};

/// Methods of a raw pointer that go through it.
const FOLLOWS: &[&str] = &[
    "as_ref",
    "as_mut",
    "read",
    "read_volatile",
    "read_unaligned",
    "write",
    "write_volatile",
    "write_unaligned",
    "write_bytes",
    "replace",
    "swap",
    "copy_to",
    "copy_from",
    "copy_to_nonoverlapping",
    "copy_from_nonoverlapping",
    "drop_in_place",
];

/// `rust-safety-section-missing`, `rust-mutable-from-shared`, `rust-raw-argument-followed`,
/// `rust-no-mangle-without-abi`.
pub(super) fn check(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    match sites.kind(node) {
        Kind::FUNCTION_ITEM | Kind::FUNCTION_SIGNATURE_ITEM => {
            let Some(name) = sites.child(node, Field::NAME) else {
                return;
            };
            let has_contract = has_modifier(sites.file(), node, "unsafe");
            if has_contract && is_public(sites, node) && !is_documented(sites, node) {
                sites.report("rust-safety-section-missing", name, &[], out);
            }
            mutable_from_shared(sites, node, name, out);
            if !has_contract && is_public(sites, node) {
                raw_arguments(sites, node, out);
            }
            abi(sites, node, name, out);
        }
        Kind::TRAIT_ITEM
            if sites.text(node).trim_start().starts_with("unsafe ")
                || sites.text(node).contains("unsafe trait") =>
        {
            let Some(name) = sites.child(node, Field::NAME) else {
                return;
            };
            let head = sites.text(node).split('{').next().unwrap_or_default();
            if head.contains("unsafe trait")
                && is_public(sites, node)
                && !is_documented(sites, node)
            {
                sites.report("rust-safety-section-missing", name, &[], out);
            }
        }
        _ => {}
    }
}

/// Whether other crates can name it, as far as the file tells.
fn is_public(sites: &Sites<'_, '_>, node: NodeId) -> bool {
    let tree = &sites.file().tree;
    let is_marked = |node: NodeId| {
        tree.children(node).any(|child| {
            tree.kind(child) == Kind::VISIBILITY_MODIFIER && sites.text(child) == "pub"
        })
    };
    let mut own = is_marked(node);
    for above in tree.ancestors(node) {
        match tree.kind(above) {
            Kind::TRAIT_ITEM => own = is_marked(above),
            // The trait's own head is the one that counts.
            Kind::IMPL_ITEM if sites.child(above, Field::TRAIT).is_some() => {
                return sites.kind(node) == Kind::FUNCTION_ITEM && is_trait_public(sites, above);
            }
            Kind::MOD_ITEM => {
                if !is_marked(above) && !is_exported(sites, above, node) {
                    return false;
                }
                if attributes(sites.file(), above).any(|text| text.contains("doc(hidden)")) {
                    return false;
                }
            }
            Kind::FUNCTION_ITEM => return false,
            _ => {}
        }
    }
    own && !attributes(sites.file(), node).any(|text| text.contains("doc(hidden)"))
}

/// A method of a trait is called by whoever knows the trait; only raw arguments matter there.
fn is_trait_public(sites: &Sites<'_, '_>, item: NodeId) -> bool {
    let tree = &sites.file().tree;
    let Some(of) = sites.child(item, Field::TRAIT) else {
        return false;
    };
    let name = super::items::last_name(sites.file(), of);
    tree.children(tree.root()).any(|one| {
        tree.kind(one) == Kind::TRAIT_ITEM
            && sites.child(one, Field::NAME).map(|one| sites.text(one)) == Some(name)
            && tree
                .children(one)
                .any(|part| tree.kind(part) == Kind::VISIBILITY_MODIFIER)
    })
}

/// `pub use inner::name` of something in the private module `inner`.
fn is_exported(sites: &Sites<'_, '_>, module: NodeId, node: NodeId) -> bool {
    let tree = &sites.file().tree;
    let (Some(module_name), Some(name)) = (
        sites.child(module, Field::NAME),
        sites.child(node, Field::NAME),
    ) else {
        return false;
    };
    let (module_name, name) = (sites.text(module_name), sites.text(name));
    let Some(above) = tree.parent(module) else {
        return false;
    };
    tree.children(above).any(|one| {
        tree.kind(one) == Kind::USE_DECLARATION
            && sites.text(one).starts_with("pub use")
            && sites.text(one).contains(module_name)
            && sites
                .text(one)
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .any(|word| word == name)
    })
}

/// Whether the comments in front of an item have a section about safety.
fn is_documented(sites: &Sites<'_, '_>, node: NodeId) -> bool {
    let tree = &sites.file().tree;
    // An implementation is documented where the trait is.
    let is_implementation = tree.ancestors(node).any(|above| {
        tree.kind(above) == Kind::IMPL_ITEM && sites.child(above, Field::TRAIT).is_some()
    });
    if is_implementation {
        return true;
    }
    let mut first = node;
    while let Some(before) = previous(sites.file(), first) {
        if tree.kind(before) != Kind::ATTRIBUTE_ITEM {
            break;
        }
        first = before;
    }
    let start = match previous(sites.file(), first) {
        Some(before) => tree.span(before).end,
        None => tree.parent(first).map_or(0, |above| tree.span(above).start),
    };
    let end = tree.span(node).start;
    let before = sites
        .file()
        .text
        .get(start as usize..end as usize)
        .unwrap_or_default();
    let before = String::from_utf8_lossy(before).to_ascii_lowercase();
    let is_heading = |line: &str| {
        let line = line.trim().trim_start_matches(['/', '*', '!']).trim();
        line.starts_with("safety:")
            || line.starts_with('#') && !line.starts_with("#[") && line.contains("safety")
            || line.starts_with("#[doc") && line.contains("# safety")
            || line.starts_with("#[doc =") && line.contains("include_str")
    };
    before.lines().any(is_heading)
}

/// A mutable reference into what is only borrowed for reading.
fn mutable_from_shared(sites: &Sites<'_, '_>, node: NodeId, name: NodeId, out: &mut Vec<Defect>) {
    let tree = &sites.file().tree;
    let Some(result) = sites.child(node, Field::RETURN_TYPE) else {
        return;
    };
    let Some(list) = sites.child(node, Field::PARAMETERS) else {
        return;
    };
    let is_mutable = |ty: NodeId| {
        tree.children(ty)
            .any(|part| tree.kind(part) == Kind::MUTABLE_SPECIFIER)
    };
    if tree.kind(result) != Kind::REFERENCE_TYPE || !is_mutable(result) {
        return;
    }
    let is_implementation = tree.ancestors(node).any(|above| {
        tree.kind(above) == Kind::IMPL_ITEM && sites.child(above, Field::TRAIT).is_some()
    });
    // Without `unsafe` the compiler makes sure of it.
    let has_unsafe = match sites.child(node, Field::BODY) {
        None => true,
        Some(body) => {
            has_modifier(sites.file(), node, "unsafe")
                || tree
                    .subtree(body)
                    .any(|inner| tree.kind(inner) == Kind::UNSAFE_BLOCK)
        }
    };
    if is_implementation || !has_unsafe {
        return;
    }
    let lifetime = |of: NodeId| {
        tree.children(of)
            .find(|&part| tree.kind(part) == Kind::LIFETIME)
            .map(|part| sites.text(part))
    };
    let wanted = lifetime(result);
    if wanted == Some("'static") {
        return;
    }
    let mut is_shared = false;
    for parameter in tree.children(list) {
        let nodes = tree.subtree(parameter);
        for part in nodes {
            let (named, mutable, is_reference) = match tree.kind(part) {
                Kind::SELF_PARAMETER => {
                    let text = sites.text(part);
                    (lifetime(part), is_mutable(part), text.starts_with('&'))
                }
                Kind::REFERENCE_TYPE => (lifetime(part), is_mutable(part), true),
                // `Guard<'a>` may hold a mutable one.
                Kind::TYPE_ARGUMENTS => match wanted.is_some() && lifetime(part) == wanted {
                    true => return,
                    false => continue,
                },
                _ => continue,
            };
            if !is_reference || (wanted.is_some() && named != wanted) {
                continue;
            }
            if mutable {
                return;
            }
            is_shared = true;
        }
    }
    if is_shared {
        sites.report("rust-mutable-from-shared", name, &[], out);
    }
}

/// Raw pointers that a safe public function goes through.
fn raw_arguments(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    let tree = &sites.file().tree;
    let (Some(list), Some(body)) = (
        sites.child(node, Field::PARAMETERS),
        sites.child(node, Field::BODY),
    ) else {
        return;
    };
    let mut names = Vec::new();
    for parameter in tree.children(list) {
        let (Some(pattern), Some(ty)) = (
            sites.child(parameter, Field::PATTERN),
            sites.child(parameter, Field::TYPE),
        ) else {
            continue;
        };
        if matches!(sites.types.written(ty), Ty::Pointer(..)) {
            names.push(sites.text(pattern));
        }
    }
    if names.is_empty() {
        return;
    }
    let is_name = |node: NodeId| {
        matches!(tree.kind(node), Kind::IDENTIFIER) && names.contains(&sites.text(node))
    };
    for inner in tree.subtree(body) {
        let pointer = match tree.kind(inner) {
            Kind::UNARY_EXPRESSION if sites.text(inner).starts_with('*') => {
                tree.children(inner).last().filter(|&one| is_name(one))
            }
            Kind::CALL_EXPRESSION => followed_by_call(sites, inner, &is_name),
            Kind::TOKEN_TREE => followed_in_tokens(sites, inner, &is_name),
            _ => None,
        };
        if let Some(pointer) = pointer {
            let names = [("$PTR", sites.text(pointer))];
            sites.report("rust-raw-argument-followed", inner, &names, out);
        }
    }
}

/// `p.read()`, `ptr::read(p)`, or any unsafe function of the file that gets `p`.
fn followed_by_call(
    sites: &Sites<'_, '_>,
    call: NodeId,
    is_name: &dyn Fn(NodeId) -> bool,
) -> Option<NodeId> {
    let tree = &sites.file().tree;
    if let Some((receiver, name)) = super::panics::method_of(sites, call) {
        return (FOLLOWS.contains(&name) && is_name(receiver)).then_some(receiver);
    }
    let list = sites.child(call, Field::ARGUMENTS)?;
    let argument = tree.children(list).find(|&one| is_name(one))?;
    let function = sites.child(call, Field::FUNCTION)?;
    let text = sites.text(function);
    let name = super::items::last_name(sites.file(), function);
    let is_library = text.contains("ptr::")
        && (FOLLOWS.contains(&name) || matches!(name, "copy" | "copy_nonoverlapping"))
        || matches!(name, "from_raw_parts" | "from_raw_parts_mut" | "from_raw");
    let is_own = sites.types.callee(call).is_some_and(|head| head.is_unsafe);
    (is_library || is_own).then_some(argument)
}

/// `println!("{}", unsafe { *p })`.
fn followed_in_tokens(
    sites: &Sites<'_, '_>,
    tokens: NodeId,
    is_name: &dyn Fn(NodeId) -> bool,
) -> Option<NodeId> {
    let tree = &sites.file().tree;
    let all: Vec<NodeId> = tree.children(tokens).collect();
    for (index, &token) in all.iter().enumerate() {
        if !is_name(token) {
            continue;
        }
        let at = |offset: usize| all.get(offset).map(|&one| sites.text(one));
        let before = index.checked_sub(1).and_then(at);
        let earlier = index.checked_sub(2).and_then(at);
        let is_start = matches!(earlier, None | Some("{" | "(" | "," | "=" | ";"));
        let is_followed =
            at(index + 1) == Some(".") && at(index + 2).is_some_and(|name| FOLLOWS.contains(&name));
        if (before == Some("*") && is_start) || is_followed {
            return Some(token);
        }
    }
    None
}

/// A symbol that other languages link to, with a calling convention that only this compiler knows.
fn abi(sites: &Sites<'_, '_>, node: NodeId, name: NodeId, out: &mut Vec<Defect>) {
    let is_exported = attributes(sites.file(), node).any(|text| {
        let bare: String = text.split_whitespace().collect();
        [
            "#[no_mangle]",
            "#[unsafe(no_mangle)]",
            "#[export_name",
            "#[unsafe(export_name",
        ]
        .iter()
        .any(|mark| bare.starts_with(mark))
    });
    let tree = &sites.file().tree;
    let has_abi = tree
        .children(node)
        .filter(|&child| tree.kind(child) == Kind::FUNCTION_MODIFIERS)
        .any(|child| sites.text(child).contains("extern"));
    if is_exported && !has_abi {
        sites.report("rust-no-mangle-without-abi", name, &[], out);
    }
}
