//! `struct` and `union`: fields, offsets, sizes (as GCC lays them out for ARM and x86).

use rustc_hash::FxHashSet;

use super::declarator::mentions_packed;
use super::macro_body::Form;
use super::source::{At, Source};
use super::unit::Lowerer;
use crate::finding::Span;
use crate::flow::ir::Field as RecordField;
use crate::flow::ir::{Record, RecordId, Symbol, Type, TypeId};
use crate::syntax::{Field, Kind, Tree};

/// A record of a header whose fields nobody asked for yet.
#[derive(Debug)]
pub(super) struct Deferred<'a> {
    at: At,
    tree: &'a Tree,
    text: &'a [u8],
    pack: Option<u64>,
    is_union: bool,
}

/// A member whose declarator was read.
struct Member {
    name: Symbol,
    ty: TypeId,
    is_open: bool,
    is_volatile: bool,
}

/// A record being laid out. Positions are bits.
struct Layout {
    fields: Vec<RecordField>,
    is_union: bool,
    /// Largest alignment of a field in bytes: 1 if packed.
    limit: u64,
    /// First free bit; `None` behind a field of unknown size.
    at: Option<u64>,
    /// End of the longest field of a union in bits.
    longest: Option<u64>,
    align: u64,
}

impl<'a> Lowerer<'a> {
    /// The type of `struct x`, `struct x {…}` or `struct {…}`.
    pub(super) fn record_specifier(&mut self, at: At, is_union: bool) -> TypeId {
        let name = self.child(at, Field::NAME).map(|name| self.text(name));
        let tag = name.map(|name| self.intern(name));
        let is_own_source = self
            .sources
            .get(at.source as usize)
            .is_some_and(|source| source.expansion.is_none());
        let Some(_) = self.child(at, Field::BODY) else {
            return self.tag_type(name.unwrap_or_default(), tag, is_union);
        };
        let existing = tag
            .and_then(|tag| self.tags.get(&tag).copied())
            .and_then(|ty| match self.unit.types.get(ty) {
                Type::Record(id) => Some((ty, *id)),
                _ => None,
            })
            .filter(|(_, id)| {
                let record = self.unit.types.record(*id);
                record.is_some_and(|record| record.size.is_none() && record.fields.is_empty())
            });
        if self.is_secondary
            && existing.is_none()
            && let Some(&known) = tag.and_then(|tag| self.tags.get(&tag))
            && self.unit.types.as_record(known).is_some()
        {
            return known;
        }
        let (ty, id) = match existing {
            Some(existing) => existing,
            None => self.new_record(tag, is_union),
        };
        if let Some(tag) = tag {
            self.bind_tag(tag, ty);
        }
        let deferred = Deferred {
            at,
            tree: self.tree(at),
            text: self
                .sources
                .get(at.source as usize)
                .map_or(&[], |source| source.text),
            pack: self.pack,
            is_union,
        };
        // Most records of headers are only pointed to.
        if self.reading > 0 && is_own_source {
            self.deferred.insert(id, deferred);
        } else {
            self.deferred.remove(&id);
            self.lay_out(id, &deferred);
        }
        ty
    }

    /// Reads the fields of the record behind a type, if that has not been done.
    pub(super) fn complete(&mut self, ty: TypeId) {
        let mut ty = ty;
        for _ in 0..8 {
            match self.unit.types.get(ty) {
                Type::Array { of, .. } => ty = *of,
                Type::Record(id) => {
                    let id = *id;
                    if let Some(mut deferred) = self.deferred.remove(&id) {
                        let source = self.add_source(Source {
                            tree: deferred.tree,
                            text: deferred.text,
                            span: Some(Span::default()),
                            expansion: None,
                        });
                        deferred.at.source = source;
                        self.reading += 1;
                        self.outside(|lowerer| lowerer.lay_out(id, &deferred));
                        self.reading -= 1;
                    }
                    return;
                }
                _ => return,
            }
        }
    }

    fn lay_out(&mut self, id: RecordId, deferred: &Deferred<'a>) {
        let Some(list) = self.child(deferred.at, Field::BODY) else {
            return;
        };
        let limit = if mentions_packed(self.around_fields(deferred.at, list)) {
            1
        } else {
            deferred.pack.unwrap_or(u64::MAX)
        };
        let mut layout = Layout {
            fields: Vec::new(),
            is_union: deferred.is_union,
            limit,
            at: Some(0),
            longest: Some(0),
            align: 1,
        };
        self.fields(list, &mut layout, 0);
        let size = layout.size();
        if let Some(record) = self.unit.types.record_mut(id) {
            record.is_union = deferred.is_union;
            record.fields = layout.fields;
            record.size = size;
            record.align = layout.align;
        }
    }

    /// What a tag without fields refers to.
    pub(super) fn tag_type(
        &mut self,
        name: &'a [u8],
        tag: Option<Symbol>,
        is_union: bool,
    ) -> TypeId {
        let Some(tag) = tag else {
            return TypeId::UNKNOWN;
        };
        if let Some(&ty) = self.tags.get(&tag) {
            return ty;
        }
        if self.defined_tags.contains(name) {
            let (ty, _) = self.new_record(Some(tag), is_union);
            self.tags.insert(tag, ty);
            return ty;
        }
        if let Some(ty) = self.tag_elsewhere(name, tag) {
            return ty;
        }
        let ty = self.unit.types.intern(Type::Named(tag));
        self.tags.insert(tag, ty);
        ty
    }

    fn new_record(&mut self, name: Option<Symbol>, is_union: bool) -> (TypeId, RecordId) {
        let id = self.unit.types.add_record(Record {
            name,
            is_union,
            is_enum: false,
            fields: Vec::new(),
            size: None,
            align: 1,
        });
        (self.unit.types.intern(Type::Record(id)), id)
    }

    /// The words before and behind the fields, where `packed` may stand; the parser may not have
    /// seen them.
    fn around_fields(&self, at: At, list: At) -> (&[u8], &[u8]) {
        let Some(source) = self.sources.get(at.source as usize) else {
            return (&[], &[]);
        };
        let whole = source.tree.span(at.node);
        let fields = source.tree.span(list.node);
        let before = source
            .text
            .get(whole.start.saturating_sub(24) as usize..fields.start as usize)
            .unwrap_or_default();
        let behind = source.text.get(fields.end as usize..).unwrap_or_default();
        let end = behind
            .iter()
            .take(200)
            .position(|byte| *byte == b';')
            .unwrap_or_default();
        // Only what belongs to this record stands before it.
        let before = before
            .iter()
            .rposition(|byte| matches!(byte, b';' | b'}' | b'{'))
            .map_or(before, |last| before.get(last + 1..).unwrap_or_default());
        (before, behind.get(..end).unwrap_or_default())
    }

    fn fields(&mut self, list: At, layout: &mut Layout, depth: u32) {
        for child in self.children(list) {
            match self.kind(child) {
                Kind::FIELD_DECLARATION => self.field_declaration(child, layout),
                Kind::PREPROC_IF | Kind::PREPROC_IFDEF if depth < 16 => {
                    if let Some(arm) = self.chosen_arm(child) {
                        let first = layout.fields.len();
                        self.fields(arm, layout, depth + 1);
                        self.forget_variants(child, first, layout);
                    }
                }
                _ => {}
            }
        }
    }

    /// A member that is an array in one arm of a group and something else in another one has a type
    /// that nobody knows, and what follows it has no place that anybody knows.
    fn forget_variants(&mut self, group: At, first: usize, layout: &mut Layout) {
        let (mut arrays, mut others) = (FxHashSet::default(), FxHashSet::default());
        let mut arm = Some(group);
        while let Some(at) = arm {
            for child in self.children(at) {
                if self.kind(child) != Kind::FIELD_DECLARATION {
                    continue;
                }
                for declarator in self.children(child) {
                    if self.field(declarator) == Field::DECLARATOR {
                        self.sort_member(declarator, &mut arrays, &mut others);
                    }
                }
            }
            arm = self.child(at, Field::ALTERNATIVE);
        }
        let mut is_behind = false;
        for field in layout.fields.iter_mut().skip(first) {
            let name = self.unit.names.text(field.name).as_bytes();
            if is_behind {
                field.offset = None;
            }
            if arrays.contains(name) && others.contains(name) {
                field.ty = TypeId::UNKNOWN;
                is_behind = true;
            }
        }
        if is_behind {
            layout.at = None;
            layout.longest = None;
        }
    }

    /// Whether a member is declared as an array, or as something else.
    fn sort_member(
        &self,
        declarator: At,
        arrays: &mut FxHashSet<&'a [u8]>,
        others: &mut FxHashSet<&'a [u8]>,
    ) {
        let mut at = declarator;
        let mut is_array = false;
        for _ in 0..8 {
            match self.kind(at) {
                Kind::FIELD_IDENTIFIER => {
                    let set = if is_array { arrays } else { others };
                    set.insert(self.text(at));
                    return;
                }
                Kind::ARRAY_DECLARATOR => is_array = true,
                _ => {}
            }
            match self.child(at, Field::DECLARATOR) {
                Some(inner) => at = inner,
                None => return,
            }
        }
    }

    fn field_declaration(&mut self, at: At, layout: &mut Layout) {
        let before = self.specifiers(at);
        let mut waiting: Option<Member> = None;
        let mut declared_any = false;
        for child in self.children(at) {
            if self.field(child) == Field::DECLARATOR {
                if let Some(member) = waiting.take() {
                    self.add_field(layout, member);
                }
                let declared = self.declarator(Some(child), before);
                let text = declared.name.map_or(&[][..], |name| self.text(name));
                waiting = Some(Member {
                    name: self.intern(text),
                    ty: declared.ty,
                    is_open: declared.is_open,
                    is_volatile: declared.is_volatile,
                });
                declared_any = true;
            } else if self.kind(child) == Kind::BITFIELD_CLAUSE {
                let width = self
                    .only_child(child)
                    .and_then(|width| self.constant(width))
                    .and_then(|width| u8::try_from(width).ok());
                declared_any = true;
                let (name, ty) = match waiting.take() {
                    Some(member) => (member.name, member.ty),
                    None => (self.unit.names.intern(""), before.ty),
                };
                self.add_bits(layout, name, ty, width);
            }
        }
        if let Some(member) = waiting {
            self.add_field(layout, member);
        }
        if !declared_any && !self.member_macro(at, layout) {
            self.splice(layout, before.ty);
        }
    }

    /// `IP_PCB;`, `COMMON(struct s);`: a macro that stands for fields. Tells whether it was one.
    fn member_macro(&mut self, at: At, layout: &mut Layout) -> bool {
        let Some(specifier) = self.child(at, Field::TYPE) else {
            return false;
        };
        let (name, argument) = match self.kind(specifier) {
            Kind::TYPE_IDENTIFIER => (specifier, None),
            Kind::MACRO_TYPE_SPECIFIER => match self.child(specifier, Field::NAME) {
                Some(name) => (name, self.child(specifier, Field::TYPE)),
                None => return false,
            },
            _ => return false,
        };
        let text = self.text(name);
        let Some(definition) = self.definition(text) else {
            return false;
        };
        let arguments: Vec<At> = argument.into_iter().collect();
        let wanted = definition.parameters.as_ref().map_or(0, Vec::len);
        if wanted != arguments.len() {
            return false;
        }
        let parsed = definition.members(&mut self.parser);
        let Form::Members(node) = parsed.form else {
            return false;
        };
        let Some((_, source)) = self.enter(definition, at, arguments) else {
            return false;
        };
        if let Some(source) = self.sources.get_mut(source as usize) {
            source.tree = &parsed.tree;
            source.text = &parsed.text;
        }
        self.fields(At { source, node }, layout, 1);
        true
    }

    /// A member that shares its byte range with the record around it.
    fn splice(&mut self, layout: &mut Layout, ty: TypeId) {
        self.complete(ty);
        let Some(record) = self.unit.types.as_record(ty) else {
            return;
        };
        let inner = record.fields.clone();
        let (size, align) = (record.size, record.align);
        let start = layout.place(size, align);
        for mut field in inner {
            field.offset = match (start, field.offset) {
                (Some(start), Some(offset)) => Some(start + offset),
                _ => None,
            };
            layout.fields.push(field);
        }
    }

    fn add_field(&mut self, layout: &mut Layout, member: Member) {
        let Member {
            name,
            ty,
            is_open,
            is_volatile,
        } = member;
        self.complete(ty);
        // A flexible array takes no room; one with a length that nobody knows takes some.
        let size = match self.unit.types.get(ty) {
            Type::Array { len: None, .. } if is_open => Some(0),
            _ => self.unit.types.size(ty),
        };
        let offset = layout.place(size, self.unit.types.align(ty));
        layout.fields.push(RecordField {
            name,
            ty,
            offset,
            bits: None,
            is_volatile,
        });
    }

    fn add_bits(&mut self, layout: &mut Layout, name: Symbol, ty: TypeId, width: Option<u8>) {
        let whole = self.unit.types.size(ty);
        let signed = self.unit.types.int(ty).is_none_or(|(_, signed)| signed);
        let offset = layout.place_bits(whole, width);
        let own = match width {
            Some(bits) if bits > 0 => match TypeId::int(bits, signed) {
                TypeId::UNKNOWN => self.unit.types.intern(Type::Int { bits, signed }),
                ty => ty,
            },
            _ => ty,
        };
        if width != Some(0) && !self.unit.names.text(name).is_empty() {
            layout.fields.push(RecordField {
                name,
                ty: own,
                offset,
                bits: width,
                is_volatile: false,
            });
        }
    }
}

impl Layout {
    /// Room for a field of so many bytes; its offset in bytes.
    fn place(&mut self, size: Option<u64>, align: u64) -> Option<u64> {
        let align = align.min(self.limit).max(1);
        self.align = self.align.max(align);
        if self.is_union {
            self.longest = match (self.longest, size) {
                (Some(longest), Some(size)) => Some(longest.max(size.saturating_mul(8))),
                _ => None,
            };
            return Some(0);
        }
        let start = self.at?.div_ceil(8).checked_next_multiple_of(align)?;
        self.at = size
            .and_then(|size| start.checked_add(size))
            .and_then(|end| end.checked_mul(8));
        Some(start)
    }

    /// Room for a bit-field in units of its type; the byte it begins in.
    fn place_bits(&mut self, whole: Option<u64>, width: Option<u8>) -> Option<u64> {
        let (Some(whole), Some(width)) = (whole, width) else {
            self.at = None;
            self.longest = None;
            return None;
        };
        let (unit, width) = (whole.max(1).saturating_mul(8), u64::from(width));
        if self.is_union {
            self.longest = self.longest.map(|longest| longest.max(unit));
            self.align = self.align.max(whole.min(self.limit));
            return Some(0);
        }
        let mut at = self.at?;
        if width == 0 {
            self.at = at.checked_next_multiple_of(unit);
            return None;
        }
        self.align = self.align.max(whole.min(self.limit));
        let crosses = at / unit != (at + width - 1) / unit;
        if crosses && self.limit > 1 {
            at = at.checked_next_multiple_of(unit)?;
        }
        self.at = at.checked_add(width);
        Some(at / 8)
    }

    fn size(&self) -> Option<u64> {
        let bits = if self.is_union {
            self.longest?
        } else {
            self.at?
        };
        bits.div_ceil(8).checked_next_multiple_of(self.align)
    }
}
