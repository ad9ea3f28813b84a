//! What a file declares: records, enums, constants, statics, results of functions.

use rustc_hash::FxHashMap;

use super::super::ir::{
    Constant, Field as RecordField, Global, GlobalId, Init, Operand, Origin, Record, Symbol, Type,
    TypeId,
};
use super::Env;
use crate::syntax::{Field, Kind, NodeId};

/// A `const` of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConstItem {
    /// Its type as written.
    pub(super) ty: Option<NodeId>,
    /// Its value.
    pub(super) value: NodeId,
    /// The module it stands in, if it is no top-level one.
    pub(super) module: Option<Symbol>,
}

/// A variant of an enum of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variant {
    /// The enum.
    pub(super) of: TypeId,
    /// Its number.
    pub(super) number: i128,
}

/// What the functions of a file may name.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// Records and enums by name.
    pub(super) types: FxHashMap<Symbol, TypeId>,
    /// `type` aliases by name.
    pub(super) aliases: FxHashMap<Symbol, NodeId>,
    /// `Option<T>` and the like by their arguments.
    pub(super) generics: FxHashMap<(Symbol, Vec<TypeId>), TypeId>,
    /// Constants by name; several where modules or impls use a name again.
    pub(super) consts: FxHashMap<Symbol, Vec<ConstItem>>,
    /// Statics by name.
    pub(super) statics: FxHashMap<Symbol, GlobalId>,
    /// Results of functions by name; `UNKNOWN` where two of a name differ.
    pub(super) results: FxHashMap<Symbol, TypeId>,
    /// Results of functions by the type of the `impl` and name.
    pub(super) own_results: FxHashMap<(TypeId, Symbol), TypeId>,
    /// Variants by enum and name.
    pub(super) variants: FxHashMap<(Symbol, Symbol), Variant>,
    /// `as_ref()` of a generic type gives bytes.
    pub(super) as_ref_is_bytes: bool,
}

/// Reads all items of the file.
pub(super) fn collect(env: &mut Env<'_, '_>) {
    env.items.as_ref_is_bytes = memchr::memmem::find(env.file.text, b"AsRef<[u8]>").is_some();
    let mut found = Vec::new();
    let tree = &env.file.tree;
    for index in 0..u32::try_from(tree.len()).unwrap_or(u32::MAX) {
        let node = NodeId(index);
        if matches!(
            tree.kind(node),
            Kind::STRUCT_ITEM
                | Kind::UNION_ITEM
                | Kind::ENUM_ITEM
                | Kind::TYPE_ITEM
                | Kind::CONST_ITEM
                | Kind::STATIC_ITEM
                | Kind::FUNCTION_ITEM
                | Kind::FUNCTION_SIGNATURE_ITEM
        ) {
            found.push((tree.kind(node), node));
        }
    }
    for &(kind, node) in &found {
        declare(env, kind, node);
    }
    for &(kind, node) in &found {
        define(env, kind, node);
    }
}

/// Makes the names known, so that items may refer to later ones.
fn declare(env: &mut Env<'_, '_>, kind: Kind, node: NodeId) {
    let Some(name_node) = env.file.tree.child(node, Field::NAME) else {
        return;
    };
    let name = env.symbol(name_node);
    match kind {
        Kind::STRUCT_ITEM | Kind::UNION_ITEM | Kind::ENUM_ITEM => {
            let record = env.unit.types.add_record(Record {
                name: Some(name),
                is_union: kind == Kind::UNION_ITEM,
                is_enum: kind == Kind::ENUM_ITEM,
                fields: Vec::new(),
                size: None,
                align: 1,
            });
            let id = env.unit.types.intern(Type::Record(record));
            env.items.types.entry(name).or_insert(id);
        }
        Kind::TYPE_ITEM => {
            let tree = &env.file.tree;
            // An associated type has another meaning in each `impl`.
            let is_associated = tree
                .ancestors(node)
                .any(|above| matches!(tree.kind(above), Kind::IMPL_ITEM | Kind::TRAIT_ITEM));
            if let Some(ty) = tree.child(node, Field::TYPE)
                && !is_associated
            {
                env.items.aliases.insert(name, ty);
            }
        }
        Kind::CONST_ITEM => {
            let tree = &env.file.tree;
            let module = tree
                .ancestors(node)
                .find(|&above| matches!(tree.kind(above), Kind::MOD_ITEM | Kind::IMPL_ITEM))
                .and_then(|above| {
                    tree.child(above, Field::NAME)
                        .or_else(|| tree.child(above, Field::TYPE))
                });
            let Some(value) = tree.child(node, Field::VALUE) else {
                return;
            };
            let ty = tree.child(node, Field::TYPE);
            let module = module.map(|module| env.symbol(module));
            env.items
                .consts
                .entry(name)
                .or_default()
                .push(ConstItem { ty, value, module });
        }
        _ => {}
    }
}

fn define(env: &mut Env<'_, '_>, kind: Kind, node: NodeId) {
    let Some(name_node) = env.file.tree.child(node, Field::NAME) else {
        return;
    };
    let name = env.symbol(name_node);
    match kind {
        Kind::STRUCT_ITEM | Kind::UNION_ITEM => {
            let Some(body) = env.file.tree.child(node, Field::BODY) else {
                return;
            };
            let own = env
                .items
                .types
                .get(&name)
                .copied()
                .unwrap_or(TypeId::UNKNOWN);
            let fields = fields_of(env, body, own);
            fill(env, own, fields);
        }
        Kind::ENUM_ITEM => define_enum(env, node, name),
        Kind::STATIC_ITEM => define_static(env, node, name_node, name),
        Kind::FUNCTION_ITEM | Kind::FUNCTION_SIGNATURE_ITEM => {
            let own = impl_type(env, node);
            let result = env
                .file
                .tree
                .child(node, Field::RETURN_TYPE)
                .map_or(TypeId::VOID, |ty| env.lower_type(ty, own));
            if own != TypeId::UNKNOWN {
                env.items.own_results.insert((own, name), result);
            }
            env.items
                .results
                .entry(name)
                .and_modify(|known| {
                    if *known != result {
                        *known = TypeId::UNKNOWN;
                    }
                })
                .or_insert(result);
        }
        _ => {}
    }
}

/// Fields of a record's body, named or by position.
fn fields_of(env: &mut Env<'_, '_>, body: NodeId, own: TypeId) -> Vec<RecordField> {
    let tree = &env.file.tree;
    let is_ordered = tree.kind(body) == Kind::ORDERED_FIELD_DECLARATION_LIST;
    let children: Vec<NodeId> = tree.children(body).collect();
    let mut fields = Vec::new();
    for child in children {
        let tree = &env.file.tree;
        let (name, ty) = if is_ordered {
            if tree.field(child) != Field::TYPE {
                continue;
            }
            let name = env.unit.names.intern(&fields.len().to_string());
            (name, child)
        } else {
            let (Some(name), Some(ty)) = (
                tree.child(child, Field::NAME),
                tree.child(child, Field::TYPE),
            ) else {
                continue;
            };
            (env.symbol(name), ty)
        };
        let ty = env.lower_type(ty, own);
        fields.push(RecordField {
            name,
            ty,
            offset: None,
            bits: None,
            is_volatile: false,
        });
    }
    fields
}

fn fill(env: &mut Env<'_, '_>, own: TypeId, fields: Vec<RecordField>) {
    if let Type::Record(record) = *env.unit.types.get(own)
        && let Some(record) = env.unit.types.record_mut(record)
        && record.fields.is_empty()
    {
        record.fields = fields;
    }
}

fn define_enum(env: &mut Env<'_, '_>, node: NodeId, name: Symbol) {
    let own = env
        .items
        .types
        .get(&name)
        .copied()
        .unwrap_or(TypeId::UNKNOWN);
    let tree = &env.file.tree;
    let Some(body) = tree.child(node, Field::BODY) else {
        return;
    };
    let variants: Vec<NodeId> = tree
        .children(body)
        .filter(|&child| tree.kind(child) == Kind::ENUM_VARIANT)
        .collect();
    let mut payloads = Vec::new();
    let mut number = 0;
    for variant in variants {
        let tree = &env.file.tree;
        let Some(variant_name) = tree.child(variant, Field::NAME) else {
            continue;
        };
        let (value, body) = (
            tree.child(variant, Field::VALUE),
            tree.child(variant, Field::BODY),
        );
        if let Some(value) = value.and_then(|value| env.constant_value(value)) {
            number = value;
        }
        let variant_name = env.symbol(variant_name);
        env.items
            .variants
            .insert((name, variant_name), Variant { of: own, number });
        number = number.saturating_add(1);
        if let Some(body) = body {
            for field in fields_of(env, body, own) {
                let text = format!(
                    "{}.{}",
                    env.unit.names.text(variant_name),
                    env.unit.names.text(field.name)
                );
                let name = env.unit.names.intern(&text);
                payloads.push(RecordField { name, ..field });
            }
        }
    }
    fill(env, own, payloads);
}

fn define_static(env: &mut Env<'_, '_>, node: NodeId, name_node: NodeId, name: Symbol) {
    let tree = &env.file.tree;
    let has = |kind| tree.children(node).any(|child| tree.kind(child) == kind);
    let (is_mut, is_public) = (has(Kind::MUTABLE_SPECIFIER), has(Kind::VISIBILITY_MODIFIER));
    let ty_node = tree.child(node, Field::TYPE);
    let value_node = tree.child(node, Field::VALUE);
    let is_atomic = ty_node.is_some_and(|ty| env.text(ty).contains("Atomic"));
    let ty = ty_node.map_or(TypeId::UNKNOWN, |ty| env.lower_type(ty, TypeId::UNKNOWN));
    let init = value_node
        .and_then(|value| env.constant_value(value))
        .map_or(Init::Unknown, |value| {
            Init::Value(Operand::Constant(Constant {
                value: Some(value),
                ty,
                origin: Origin::Folded,
            }))
        });
    let id = GlobalId(u32::try_from(env.unit.globals.len()).unwrap_or(u32::MAX));
    let is_plain = env.unit.types.int(ty).is_some() || env.unit.types.element(ty).is_some();
    let function = env
        .file
        .function_at(env.file.tree.span(node).start)
        .map(|function| function.name.clone());
    let function = function.map(|function| env.unit.names.intern(&function));
    env.unit.globals.push(Global {
        name,
        ty,
        span: env.file.tree.span(name_node),
        is_const: !is_mut && is_plain,
        is_volatile: is_atomic,
        is_private: !is_public,
        is_extern: value_node.is_none(),
        function,
        init,
    });
    env.items.statics.insert(name, id);
}

/// The type of the `impl` around a node; `UNKNOWN` outside one.
pub(super) fn impl_type(env: &mut Env<'_, '_>, node: NodeId) -> TypeId {
    let tree = &env.file.tree;
    let found = tree
        .ancestors(node)
        .find(|&above| tree.kind(above) == Kind::IMPL_ITEM)
        .and_then(|above| tree.child(above, Field::TYPE));
    found.map_or(TypeId::UNKNOWN, |ty| env.lower_type(ty, TypeId::UNKNOWN))
}
