//! What the values of a function stand for: received bytes and their number, packets, objects of
//! a known size, numbers that others sent.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::facts::{Direction, Fact, Facts, mentions};
use super::graph::Graph;
use super::lexicon::Lexicon;
use super::numbering::Numbered;
use super::pairs::Pair;
use super::tables::{self, PACKETS, flag};
use super::values::{Value, ValueId, Values, Written};
use crate::flow::ir::{Base, Function, Symbol, Type, TypeId, Unit};
use crate::flow::summary::Elsewhere;

/// What an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Region {
    /// Bytes of a parameter pair, by index.
    Pair(usize),
    /// Bytes of a packet; the packet.
    Packet(ValueId),
    /// An array of so many bytes, where known.
    Fixed(Option<u64>),
    /// A single object of a variable (`&x`).
    Object(Option<u64>),
    /// Bytes that an object of a parameter points to and whose number it holds; the object.
    Held(ValueId),
    /// Given by an allocator; the call's result.
    Allocated(ValueId),
    /// A pointer parameter without a length.
    Bare(u32),
    /// Anything else.
    Other,
}

/// One function with everything that is asked about it.
#[derive(Debug)]
pub(super) struct View<'a> {
    /// The file.
    pub unit: &'a Unit,
    /// The file's bytes.
    pub text: &'a [u8],
    /// The function.
    pub function: &'a Function,
    /// Its graph.
    pub graph: &'a Graph,
    /// Its values and events.
    pub numbered: &'a Numbered,
    /// What is known where.
    pub facts: &'a Facts,
    /// What names mean.
    pub lexicon: &'a Lexicon,
    /// Facts about the whole file.
    pub file: &'a super::file_facts::FileFacts,
    /// Its pairs.
    pub pairs: Vec<Pair>,
    /// What other files know.
    pub elsewhere: Option<&'a dyn Elsewhere>,
    regions: RefCell<FxHashMap<ValueId, Region>>,
    sent: RefCell<FxHashMap<ValueId, bool>>,
}

impl<'a> View<'a> {
    /// Puts the parts together.
    #[expect(clippy::too_many_arguments, reason = "the parts of a function")]
    pub(super) fn new(
        unit: &'a Unit,
        text: &'a [u8],
        function: &'a Function,
        graph: &'a Graph,
        numbered: &'a Numbered,
        facts: &'a Facts,
        lexicon: &'a Lexicon,
        file: &'a super::file_facts::FileFacts,
    ) -> Self {
        Self {
            unit,
            text,
            function,
            graph,
            numbered,
            facts,
            lexicon,
            file,
            pairs: super::pairs::of(unit, text, function),
            elsewhere: None,
            regions: RefCell::default(),
            sent: RefCell::default(),
        }
    }

    /// The function's values.
    pub(super) fn values(&self) -> &'a Values {
        &self.numbered.values
    }

    /// What an address belongs to.
    pub(super) fn region(&self, location: ValueId) -> Region {
        if let Some(&region) = self.regions.borrow().get(&location) {
            return region;
        }
        let region = self.find_region(location, 0);
        self.regions.borrow_mut().insert(location, region);
        region
    }

    fn find_region(&self, location: ValueId, depth: u32) -> Region {
        if depth > 10 {
            return Region::Other;
        }
        let values = self.values();
        match values.get(location) {
            Value::Cast { value, .. } => self.find_region(value, depth + 1),
            // `p->buf + n` where the type of `buf` is not known.
            Value::Binary(crate::flow::ir::BinaryOp::Add, left, _)
                if self.unit.types.int(values.ty(left)).is_none() =>
            {
                self.find_region(left, depth + 1)
            }
            Value::Element { base, .. } => self.find_region(base, depth + 1),
            Value::Field(base, _) => match self.unit.types.get(values.ty(location)) {
                Type::Array { .. } => {
                    let inner = self.find_region(base, depth + 1);
                    match inner {
                        // A field of an overlay is a part of the packet.
                        Region::Pair(_) | Region::Packet(_) => inner,
                        _ => Region::Fixed(self.unit.types.size(values.ty(location))),
                    }
                }
                _ => self.find_region(base, depth + 1),
            },
            Value::Address(base) => {
                let ty = self.base_type(base);
                let size = self.unit.types.size(ty);
                match self.unit.types.get(ty) {
                    Type::Array { .. } => Region::Fixed(size),
                    _ => Region::Object(size),
                }
            }
            Value::Parameter(index) => {
                match self.pairs.iter().position(|pair| pair.pointer == index) {
                    Some(pair) => Region::Pair(pair),
                    None => Region::Bare(index),
                }
            }
            Value::Load {
                location: holder, ..
            } => match self.packet_of(holder) {
                Some(packet) => Region::Packet(packet),
                None => match self.holder_of(holder) {
                    Some(object) => Region::Held(object),
                    None => Region::Other,
                },
            },
            Value::Call(_) | Value::Pure { .. } => {
                let Some((Some(callee), arguments)) = values.calls.get(&location) else {
                    return Region::Other;
                };
                if self.lexicon.is(Some(*callee), flag::ALLOC) {
                    return Region::Allocated(location);
                }
                match self
                    .file
                    .points_into(*callee)
                    .and_then(|index| arguments.get(index as usize))
                {
                    Some(argument) => self.find_region(*argument, depth + 2),
                    None if super::names::is_accessor_name(self.unit.names.text(*callee)) => {
                        let mut pointers = arguments.iter().filter(|id| self.is_pointer(**id));
                        match (pointers.next(), pointers.next()) {
                            (Some(argument), None) => {
                                match self.find_region(*argument, depth + 2) {
                                    region @ (Region::Pair(_) | Region::Packet(_)) => region,
                                    _ => Region::Other,
                                }
                            }
                            _ => Region::Other,
                        }
                    }
                    None => Region::Other,
                }
            }
            // A cursor that a call moved on.
            Value::Out { .. } if self.is_pointer(location) => match values.before.get(&location) {
                Some(&before) => self.find_region(before, depth + 1),
                None => Region::Other,
            },
            Value::Phi { .. } => {
                // Where a cursor started.
                let Some(list) = values.inputs.get(&location) else {
                    return Region::Other;
                };
                let mut found = Region::Other;
                for &(_, input) in list {
                    if values.root(input) == location {
                        continue;
                    }
                    let region = self.find_region(input, depth + 3);
                    if region == Region::Other {
                        continue;
                    }
                    if found == Region::Other {
                        found = region;
                    } else if found != region {
                        return Region::Other;
                    }
                }
                found
            }
            _ => Region::Other,
        }
    }

    /// The packet whose data pointer lives at that address.
    fn packet_of(&self, holder: ValueId) -> Option<ValueId> {
        let values = self.values();
        let Value::Field(packet, field) = values.get(holder) else {
            return None;
        };
        let field = self.unit.names.text(field);
        let name = self.pointee_name(values.ty(packet));
        PACKETS
            .iter()
            .find(|kind| {
                kind.data.contains(&field)
                    && match name {
                        Some(name) => kind.names.contains(&name),
                        None => field.len() > 6 && !self.is_known_record(values.ty(packet)),
                    }
            })
            .map(|_| packet)
    }

    /// The object that holds both a pointer at that address and, read somewhere in the function,
    /// the number of bytes there (`ad->buf`, `ad->len`).
    fn holder_of(&self, holder: ValueId) -> Option<ValueId> {
        let values = self.values();
        let Value::Field(object, field) = values.get(holder) else {
            return None;
        };
        if !matches!(values.get(object), Value::Parameter(_))
            || !super::names::is_buffer_name(self.unit.names.text(field))
        {
            return None;
        }
        self.numbered
            .events
            .iter()
            .any(|event| match &event.kind {
                super::numbering::EventKind::Read { location, .. } => match values.get(*location) {
                    Value::Field(other, name) => {
                        other == object
                            && super::names::is_held_length_name(self.unit.names.text(name))
                    }
                    _ => false,
                },
                _ => false,
            })
            .then_some(object)
    }

    fn is_known_record(&self, pointer: TypeId) -> bool {
        self.unit
            .types
            .pointee(pointer)
            .is_some_and(|to| self.unit.types.as_record(to).is_some())
    }

    /// Name of the record a pointer type points to.
    pub(super) fn pointee_name(&self, pointer: TypeId) -> Option<&'a str> {
        let to = self.unit.types.pointee(pointer)?;
        self.type_name(to)
    }

    /// Name of a record type.
    pub(super) fn type_name(&self, ty: TypeId) -> Option<&'a str> {
        let symbol = match self.unit.types.get(ty) {
            Type::Named(symbol) => *symbol,
            Type::Record(record) => self.unit.types.record(*record)?.name?,
            _ => return None,
        };
        Some(self.unit.names.text(symbol))
    }

    /// Type of a variable.
    pub(super) fn base_type(&self, base: Base) -> TypeId {
        match base {
            Base::Local(id) => self
                .function
                .local(id)
                .map_or(TypeId::UNKNOWN, |local| local.ty),
            Base::Global(id) => self
                .unit
                .global(id)
                .map_or(TypeId::UNKNOWN, |global| global.ty),
        }
    }

    /// Whether bytes of the region were received.
    pub(super) fn is_received(&self, region: Region) -> bool {
        match region {
            Region::Pair(index) => self.pairs.get(index).is_some_and(|pair| !pair.is_output),
            Region::Packet(packet) => !self.is_built(packet),
            Region::Held(_) => true,
            // A parameter whose type is a header of a packet.
            Region::Bare(index) => self
                .function
                .parameters
                .get(index as usize)
                .and_then(|id| self.function.local(*id))
                .and_then(|local| self.pointee_name(local.ty))
                .is_some_and(super::names::is_overlay_name),
            _ => false,
        }
    }

    /// Whether a packet was made by this function.
    pub(super) fn is_built(&self, packet: ValueId) -> bool {
        self.values().sources(packet).iter().any(|leaf| {
            self.values().calls.get(leaf).is_some_and(|(callee, _)| {
                callee.is_some_and(|callee| {
                    self.lexicon.is(Some(callee), flag::ALLOC)
                        || super::names::is_reserving_name(self.unit.names.text(callee))
                        || self.unit.names.text(callee).contains("build")
                })
            })
        })
    }

    /// Whether a number was chosen by whoever sent the bytes.
    pub(super) fn is_sent(&self, id: ValueId) -> bool {
        if let Some(&known) = self.sent.borrow().get(&id) {
            return known;
        }
        let found = self
            .values()
            .sources(id)
            .iter()
            .any(|leaf| self.is_sent_leaf(*leaf));
        self.sent.borrow_mut().insert(id, found);
        found
    }

    fn is_sent_leaf(&self, leaf: ValueId) -> bool {
        let values = self.values();
        match values.get(leaf) {
            Value::Load { location, .. } => {
                if let Value::Field(_, name) = values.get(location)
                    && tables::SETUP_FIELDS.contains(&self.unit.names.text(name))
                {
                    return true;
                }
                // A register behind a macro's pointer.
                if self.is_behind_constant(location)
                    && matches!(
                        values.get(location),
                        Value::Field(..) | Value::Element { .. }
                    )
                {
                    return true;
                }
                self.is_received(self.region(location))
            }
            Value::Call(_) => self.is_decoded(leaf),
            Value::Out { event, .. } => {
                let Some(event) = self.numbered.events.get(event as usize) else {
                    return false;
                };
                matches!(&event.kind, super::numbering::EventKind::Call { callee: Some(callee), .. }
                    if super::names::is_decoding_name(self.unit.names.text(*callee)))
            }
            Value::Pure { callee, first, .. } => {
                let bits = self.lexicon.flags(callee);
                if bits & flag::DECODER == 0 {
                    return self.is_decoded(leaf);
                }
                let Some(first) = first else { return false };
                !values.is_constant(first)
                    && (self.is_pointer(first)
                        || matches!(values.get(values.strip(first)), Value::Load { .. })
                        || self.is_sent(first))
            }
            _ => false,
        }
    }

    /// Whether an address is that of a peripheral: behind a constant, where the types of the fields on the
    /// way (arrays of registers) may not be seen.
    fn is_behind_constant(&self, location: ValueId) -> bool {
        let values = self.values();
        let mut at = values.root(location);
        for _ in 0..3 {
            match values.get(at) {
                Value::Load { location, .. }
                    if self.unit.types.int(values.ty(at)).is_none()
                        && self.unit.types.pointee(values.ty(at)).is_none() =>
                {
                    at = values.root(location);
                }
                other => return matches!(other, Value::Constant { .. }),
            }
        }
        false
    }

    /// Whether a call turns received bytes into a number.
    fn is_decoded(&self, call: ValueId) -> bool {
        let Some((Some(callee), arguments)) = self.values().calls.get(&call) else {
            return false;
        };
        self.file
            .decodes(*callee)
            .and_then(|index| arguments.get(index as usize))
            .is_some_and(|argument| {
                let region = self.region(*argument);
                self.is_received(region)
            })
    }

    /// Whether a value is an address, as far as its type tells.
    pub(super) fn is_pointer(&self, id: ValueId) -> bool {
        match self.values().get(id) {
            Value::Address(_) | Value::Field(..) | Value::Element { .. } | Value::Text(_) => true,
            _ => matches!(
                self.unit.types.get(self.values().ty(id)),
                Type::Pointer { .. } | Type::Array { .. }
            ),
        }
    }

    /// Whether a value says how many bytes of the region there are.
    pub(super) fn is_length_of(&self, id: ValueId, region: Region) -> bool {
        let sources = self.values().sources(id);
        match region {
            Region::Pair(index) => {
                let Some(pair) = self.pairs.get(index) else {
                    return false;
                };
                sources
                    .iter()
                    .any(|leaf| self.values().get(*leaf) == Value::Parameter(pair.length))
            }
            Region::Held(object) => sources.iter().any(|leaf| match self.values().get(*leaf) {
                Value::Load { location, .. } => match self.values().get(location) {
                    Value::Field(other, name) => {
                        other == object
                            && super::names::is_held_length_name(self.unit.names.text(name))
                    }
                    _ => false,
                },
                _ => false,
            }),
            Region::Packet(packet) => sources
                .iter()
                .any(|leaf| self.is_packet_length(*leaf, Some(packet))),
            _ => false,
        }
    }

    /// Whether a value is the length field of a packet (of any packet if `None`).
    pub(super) fn is_packet_length(&self, leaf: ValueId, packet: Option<ValueId>) -> bool {
        let values = self.values();
        let location = match values.get(leaf) {
            Value::Load { location, .. } => location,
            // `gnrc_pkt_len(pkt)`, `pbuf_len(p)`
            Value::Pure { callee, first, .. } => {
                let name = self.unit.names.text(callee);
                return super::names::is_length_name(name)
                    && first.is_some_and(|first| {
                        packet.is_none_or(|packet| self.same_chain(first, packet))
                    });
            }
            _ => return false,
        };
        let Value::Field(holder, field) = values.get(location) else {
            return false;
        };
        let field = self.unit.names.text(field);
        PACKETS.iter().any(|kind| kind.lengths.contains(&field))
            && !self.is_built(holder)
            && packet.is_none_or(|packet| self.same_chain(holder, packet))
    }

    /// Whether a value of any function is read from the length field of a packet.
    pub(super) fn is_length_load(&self, values: &Values, term: ValueId) -> bool {
        match values.get(term) {
            Value::Load { location, .. } => match values.get(location) {
                Value::Field(_, field) => {
                    let field = self.unit.names.text(field);
                    PACKETS.iter().any(|kind| kind.lengths.contains(&field))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether two packets are the same or one was reached from the other.
    fn same_chain(&self, one: ValueId, two: ValueId) -> bool {
        one == two
            || mentions(self.values(), one, &[two])
            || mentions(self.values(), two, &[one])
            || self.values().sources(two).contains(&one)
            || self.values().sources(one).contains(&two)
    }

    /// Whether a term says how much fits somewhere.
    pub(super) fn is_capacity(&self, id: ValueId) -> bool {
        let values = self.values();
        match values.get(id) {
            Value::Constant { written, .. } => !matches!(written, Written::Number),
            Value::Parameter(index) => self
                .parameter_name(index)
                .is_some_and(super::names::is_capacity_name),
            Value::Load { location, .. } => match values.get(location) {
                Value::Field(_, name) => super::names::is_capacity_name(self.unit.names.text(name)),
                _ => false,
            },
            Value::Pure { callee, .. } => {
                super::names::is_capacity_name(self.unit.names.text(callee))
            }
            _ => false,
        }
    }

    /// Name of a parameter.
    pub(super) fn parameter_name(&self, index: u32) -> Option<&'a str> {
        let id = self.function.parameters.get(index as usize)?;
        let local = self.function.local(*id)?;
        Some(self.unit.names.text(local.name))
    }

    /// Facts that bound a value (or what it was computed from) at an event.
    pub(super) fn bounds<'f>(
        &'f self,
        leaves: &'f [ValueId],
        direction: Direction,
        block: u32,
        event: u32,
    ) -> impl Iterator<Item = &'f Fact> {
        self.facts
            .at(self.graph, block, event)
            .filter(move |fact| fact.bounds(self.values(), leaves, direction) && self.counts(fact))
    }

    /// The text of some bytes, blanks squeezed, at most 60 characters.
    pub(super) fn words(&self, span: crate::finding::Span) -> String {
        let bytes = self
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default();
        let text = String::from_utf8_lossy(bytes);
        let mut out = String::new();
        for (index, word) in text.split_whitespace().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            out.push_str(word);
        }
        if out.chars().count() > 60 {
            out = out.chars().take(57).collect::<String>() + "...";
        }
        out
    }

    /// The symbol's text.
    pub(super) fn name(&self, symbol: Symbol) -> &'a str {
        self.unit.names.text(symbol)
    }
}
