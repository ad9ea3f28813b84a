//! Calls that panic by themselves: `unwrap`, `expect`, `panic!` and the like; and what was left from
//! debugging.

use super::Sites;
use super::items::{last_name, previous};
use super::ty::Ty;
use crate::flow::defect::Defect;
use crate::syntax::{Field, Kind, NodeId};

/// `rust-unwrap`, `rust-expect`, `rust-get-unwrapped`, `rust-panic-call`, `rust-unreachable-call`,
/// `rust-debug-macro`, `rust-process-exit`.
pub(super) fn check(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    match sites.kind(node) {
        Kind::CALL_EXPRESSION => call(sites, node, out),
        Kind::MACRO_INVOCATION => {
            if let Some(name) = sites.child(node, Field::MACRO) {
                macro_call(sites, node, last_name(sites.file(), name), out);
            }
        }
        Kind::IDENTIFIER => token(sites, node, out),
        _ => {}
    }
}

/// The analysis of a method that panics, by its name.
fn of_method(name: &str) -> Option<&'static str> {
    match name {
        "unwrap" | "unwrap_err" => Some("rust-unwrap"),
        "expect" | "expect_err" => Some("rust-expect"),
        _ => None,
    }
}

fn call(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    let tree = &sites.file().tree;
    let (Some(function), Some(list)) = (
        sites.child(node, Field::FUNCTION),
        sites.child(node, Field::ARGUMENTS),
    ) else {
        return;
    };
    match sites.kind(function) {
        Kind::FIELD_EXPRESSION => {
            let (Some(receiver), Some(name)) = (
                sites.child(function, Field::VALUE),
                sites.child(function, Field::FIELD),
            ) else {
                return;
            };
            let name = sites.text(name);
            let Some(analysis) = of_method(name) else {
                return;
            };
            let takes = usize::from(name.starts_with("expect"));
            if tree.children(list).count() != takes
                || cannot_fail(sites, receiver, name)
                || sites.is_compile_time(node)
            {
                return;
            }
            sites.report(analysis, node, &[("$VALUE", sites.text(receiver))], out);
            if name == "unwrap" && is_element(sites, receiver) {
                let value = [("$VALUE", sites.text(receiver))];
                sites.report("rust-get-unwrapped", node, &value, out);
            }
        }
        Kind::SCOPED_IDENTIFIER => {
            let text = sites.text(function);
            let of = super::infer::qualifier(text);
            let name = last_name(sites.file(), function);
            if matches!(of, "Option" | "Result")
                && let Some(analysis) = of_method(name)
                && !sites.is_compile_time(node)
            {
                sites.report(analysis, node, &[("$VALUE", text)], out);
            }
            panic_any(sites, node, name, out);
            let is_exit = text.ends_with("process::exit") || text.ends_with("process::abort");
            // Nobody is there whom it could return to.
            let is_main = sites.function(node).is_some_and(|function| {
                let part = |field| sites.child(function, field).map(|part| sites.text(part));
                part(Field::NAME) == Some("main") || part(Field::RETURN_TYPE) == Some("!")
            });
            if is_exit && !is_main {
                sites.report("rust-process-exit", node, &[], out);
            }
        }
        Kind::IDENTIFIER => panic_any(sites, node, sites.text(function), out),
        _ => {}
    }
}

fn panic_any(sites: &Sites<'_, '_>, node: NodeId, name: &str, out: &mut Vec<Defect>) {
    if name == "panic_any" {
        sites.report("rust-panic-call", node, &[], out);
    }
}

/// Whether the receiver of the method is no `Option` or `Result` that may be the other one.
fn cannot_fail(sites: &Sites<'_, '_>, receiver: NodeId, name: &str) -> bool {
    if is_lock(sites, receiver) || is_literal_parse(sites, receiver) {
        return true;
    }
    let ty = sites.types.of(receiver);
    let other = match name {
        "unwrap" | "expect" => ty.argument(1),
        _ => ty.argument(0),
    };
    let is_empty =
        |ty: &Ty| {
            *ty == Ty::Never
                || ty.name().is_some_and(|name| {
                    name == "Infallible"
                        || sites.types.items.records.get(name).is_some_and(|record| {
                            record.variants.as_ref().is_some_and(Vec::is_empty)
                        })
                })
        };
    match ty.name() {
        Some("Result") => is_empty(&other),
        // Only a trait of the project's own gives an `Option` such a method.
        Some("Option") => name.ends_with("_err"),
        // A method of the file with that name may do anything.
        Some(of) => {
            let key = (std::rc::Rc::from(of), std::rc::Rc::from(name));
            sites.types.items.methods.contains_key(&key)
        }
        None => false,
    }
}

/// `x.lock()`: fails only where another thread panicked before.
fn is_lock(sites: &Sites<'_, '_>, receiver: NodeId) -> bool {
    method_of(sites, receiver).is_some_and(|(_, name)| name == "lock")
}

/// `"192.168.0.1".parse()`: what a test run shows once and for all.
fn is_literal_parse(sites: &Sites<'_, '_>, receiver: NodeId) -> bool {
    method_of(sites, receiver)
        .is_some_and(|(of, name)| name == "parse" && sites.kind(of) == Kind::STRING_LITERAL)
}

/// Receiver and name of a method call.
pub(super) fn method_of<'s>(sites: &Sites<'_, 's>, call: NodeId) -> Option<(NodeId, &'s str)> {
    if sites.kind(call) != Kind::CALL_EXPRESSION {
        return None;
    }
    let mut function = sites.child(call, Field::FUNCTION)?;
    if sites.kind(function) == Kind::GENERIC_FUNCTION {
        function = sites.child(function, Field::FUNCTION)?;
    }
    let receiver = sites.child(function, Field::VALUE)?;
    Some((receiver, sites.text(sites.child(function, Field::FIELD)?)))
}

/// `list.get(i)`, `list.get_mut(i)` of what one may index.
fn is_element(sites: &Sites<'_, '_>, receiver: NodeId) -> bool {
    let Some((list, name @ ("get" | "get_mut"))) = method_of(sites, receiver) else {
        return false;
    };
    let ty = sites.types.of(list);
    match ty.name() {
        Some("Vec" | "VecDeque" | "Deque") => true,
        // A map has no `IndexMut`.
        Some("HashMap" | "BTreeMap" | "IndexMap") => name == "get",
        Some(_) => false,
        None => ty.element().is_known() || matches!(ty.peeled(), Ty::Slice(_) | Ty::Array(..)),
    }
}

/// Whether the node stands in the definition of a macro of that name, which only hands on what its
/// callers say.
fn is_in_own_macro(sites: &Sites<'_, '_>, node: NodeId, name: &str) -> bool {
    let tree = &sites.file().tree;
    tree.ancestors(node)
        .find(|&above| tree.kind(above) == Kind::MACRO_DEFINITION)
        .and_then(|definition| sites.child(definition, Field::NAME))
        .is_some_and(|own| sites.text(own) == name)
}

/// Whether the file takes its macro of that name from a logging crate.
fn is_of_logger(sites: &Sites<'_, '_>, name: &str) -> bool {
    let tree = &sites.file().tree;
    tree.children(tree.root()).any(|node| {
        let text = match tree.kind(node) {
            Kind::USE_DECLARATION => sites.text(node),
            _ => return false,
        };
        let rest = text.trim_start_matches("pub ").trim_start_matches("use ");
        let of_logger = rest.strip_prefix("defmt::").or(rest.strip_prefix("log::"));
        of_logger.is_some_and(|rest| {
            rest.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '*'))
                .any(|part| part == "*" || part == name)
        })
    })
}

fn macro_call(sites: &Sites<'_, '_>, node: NodeId, name: &str, out: &mut Vec<Defect>) {
    let analysis = match name {
        "panic" => "rust-panic-call",
        "unreachable" => "rust-unreachable-call",
        "dbg" => "rust-debug-macro",
        _ => return,
    };
    if analysis != "rust-debug-macro" && sites.is_compile_time(node)
        || analysis == "rust-debug-macro" && is_of_logger(sites, name)
        || is_in_own_macro(sites, node, name)
    {
        return;
    }
    sites.report(analysis, node, &[], out);
}

/// The same inside the tokens of another macro's call or definition.
fn token(sites: &Sites<'_, '_>, node: NodeId, out: &mut Vec<Defect>) {
    let tree = &sites.file().tree;
    let above = tree.parent(node);
    if above.is_none_or(|above| tree.kind(above) != Kind::TOKEN_TREE) {
        return;
    }
    let next = sites.next(node);
    let name = sites.text(node);
    if let Some(analysis) = of_method(name) {
        let is_method = previous(sites.file(), node).is_some_and(|one| sites.text(one) == ".");
        let is_call = next.is_some_and(|one| {
            sites.kind(one) == Kind::TOKEN_TREE
                && (sites.text(one) == "()") == name.starts_with("unwrap")
        });
        if is_method && is_call && !sites.is_compile_time(node) {
            sites.report(analysis, node, &[("$VALUE", name)], out);
        }
        return;
    }
    if next.is_some_and(|one| sites.text(one) == "!") {
        macro_call(sites, node, name, out);
    }
}
