//! What other files may know of this one.

use std::collections::BTreeMap;

use super::file_facts::{Analysed, FileFacts, is_tested};
use super::lexicon::Lexicon;
use super::linear::Linear;
use super::numbering::EventKind;
use super::tables::flag;
use super::values::{Value, ValueId, Values};
use crate::finding::Span;
use crate::flow::ir::{
    BinaryOp, BlockId, Function, ResultUse, Symbol, Terminator, Type, UnaryOp, Unit,
};
use crate::flow::models::{Effect, ModelTable};
use crate::flow::summary::{
    FileSummary, FunctionFacts, MAX_CONSTANTS, NameSummary, Place, ResultKind, Returns, Sentinel,
    Uses,
};
use crate::syntax::{Kind, SourceFile};

/// Most names of a file that are kept, in the order of the alphabet.
const MAX_NAMES: usize = 4_096;

/// Longest name that is kept, in bytes.
const MAX_NAME: usize = 128;

/// Makes the summary of a file.
pub(super) fn summarise(
    unit: &Unit,
    file: &SourceFile<'_>,
    all: &[Analysed],
    facts: &FileFacts,
    lexicon: &Lexicon,
    is_header: bool,
) -> FileSummary {
    let place = |span: Span| place_of(file, span);
    let models = ModelTable::new(unit);
    let mut names: BTreeMap<&str, NameSummary> = BTreeMap::new();
    for analysed in all {
        let Some(function) = unit.functions.get(analysed.function) else {
            continue;
        };
        if !function.is_private || is_header {
            let name = unit.names.text(function.name);
            let definition = definition(file, analysed, function, facts, lexicon, &models, &place);
            entry(&mut names, name).definition = Some(definition);
        }
        calls(
            (unit, facts),
            function,
            analysed,
            lexicon,
            &place,
            &mut names,
        );
    }
    names.retain(|name, _| !name.is_empty() && name.len() <= MAX_NAME);
    FileSummary {
        names: names.into_values().take(MAX_NAMES).collect(),
    }
}

fn place_of(file: &SourceFile<'_>, span: Span) -> Place {
    Place {
        span,
        start: file.lines.position(span.start, file.text),
        end: file.lines.position(span.end.max(span.start), file.text),
    }
}

fn entry<'m, 'n>(
    names: &'m mut BTreeMap<&'n str, NameSummary>,
    name: &'n str,
) -> &'m mut NameSummary {
    names.entry(name).or_insert_with(|| NameSummary {
        name: name.to_owned(),
        definition: None,
        uses: Uses::default(),
        example: None,
    })
}

/// Counts how the calls in a function treat the results.
fn calls<'n>(
    (unit, facts): (&'n Unit, &FileFacts),
    function: &Function,
    analysed: &Analysed,
    lexicon: &Lexicon,
    place: &dyn Fn(Span) -> Place,
    names: &mut BTreeMap<&'n str, NameSummary>,
) {
    for (index, event) in analysed.numbered.events.iter().enumerate() {
        let EventKind::Call {
            callee: Some(callee),
            result,
            usage,
            ..
        } = &event.kind
        else {
            continue;
        };
        if lexicon.flags(*callee) & (flag::CALM | flag::LOG) != 0
            || unit
                .function(*callee)
                .is_some_and(|function| function.is_private)
        {
            continue;
        }
        let entry = entry(names, unit.names.text(*callee));
        entry.uses.calls += 1;
        if super::callers::looks(unit, lexicon, facts, analysed, index as u32, event) {
            entry.uses.looked += 1;
        }
        match usage {
            ResultUse::Dropped => entry.uses.dropped += 1,
            ResultUse::Discarded => entry.uses.discarded += 1,
            ResultUse::Used if is_tested(analysed, *result) => {
                entry.uses.tested += 1;
                entry.example.get_or_insert_with(|| place(event.span));
                for (sentinel, _) in sentinels(function, analysed, *result) {
                    match sentinel {
                        Sentinel::Zero => entry.uses.zero += 1,
                        Sentinel::Negative => entry.uses.negative += 1,
                        Sentinel::Positive => entry.uses.positive += 1,
                        Sentinel::Constant(_) => entry.uses.constant += 1,
                    }
                }
            }
            ResultUse::Used => {}
        }
    }
}

/// With what a result is compared, and in which blocks. In the order of the blocks.
///
/// What a `switch` does with a result says nothing of its failure.
pub(super) fn sentinels(
    function: &Function,
    analysed: &Analysed,
    result: ValueId,
) -> Vec<(Sentinel, u32)> {
    let values = &analysed.numbered.values;
    let result = values.strip(result);
    let mut out = Vec::new();
    for (block, condition) in analysed.numbered.conditions.iter().enumerate() {
        let Some(condition) = condition else { continue };
        let is_branch = function
            .block(BlockId(block as u32))
            .is_some_and(|body| matches!(body.terminator, Terminator::Branch { .. }));
        if is_branch && let Some(sentinel) = asked_of(values, *condition, result, 0) {
            out.push((sentinel, block as u32));
        }
    }
    out
}

/// What a condition asks of a value, if it asks about that value alone.
fn asked_of(values: &Values, condition: ValueId, result: ValueId, depth: u32) -> Option<Sentinel> {
    if depth > 6 {
        return None;
    }
    if values.strip(condition) == result {
        return Some(Sentinel::Zero);
    }
    match values.get(condition) {
        Value::Unary(UnaryOp::Not, inner) | Value::Cast { value: inner, .. } => {
            asked_of(values, inner, result, depth + 1)
        }
        Value::Binary(op, left, right) if op.is_comparison() => {
            // `(f() < 0) != 0`
            if matches!(op, BinaryOp::Eq | BinaryOp::Ne)
                && values.constant(right) == Some(0)
                && values.strip(left) != result
            {
                return asked_of(values, left, result, depth + 1);
            }
            let difference = Linear::difference(values, left, right);
            let [(term, factor)] = difference.terms.as_slice() else {
                return None;
            };
            if values.strip(*term) != result {
                return None;
            }
            let (op, limit) = match factor {
                1 => (op, difference.constant.checked_neg()?),
                -1 => (op.swapped()?, difference.constant),
                _ => return None,
            };
            match (op, limit) {
                (BinaryOp::Eq | BinaryOp::Ne, 0) => Some(Sentinel::Zero),
                (BinaryOp::Eq | BinaryOp::Ne, number) => Some(Sentinel::Constant(number)),
                (BinaryOp::Lt | BinaryOp::Ge, 0) | (BinaryOp::Gt | BinaryOp::Le, -1) => {
                    Some(Sentinel::Negative)
                }
                (BinaryOp::Gt | BinaryOp::Le, 0) | (BinaryOp::Lt | BinaryOp::Ge, 1) => {
                    Some(Sentinel::Positive)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn definition(
    file: &SourceFile<'_>,
    analysed: &Analysed,
    function: &Function,
    facts: &FileFacts,
    lexicon: &Lexicon,
    models: &ModelTable,
    place: &dyn Fn(Span) -> Place,
) -> FunctionFacts {
    let values = &analysed.numbered.values;
    let mut out = FunctionFacts {
        place: place(head(function.span, file.text)),
        is_private: false,
        parameters: u8::try_from(function.parameters.len()).unwrap_or(u8::MAX),
        returns: facts
            .returns(function.name)
            .map(|(returns, _)| returns.clone())
            .unwrap_or_default(),
        compared: 0,
        measured: (0..16)
            .filter(|index| facts.measures(function.name, *index))
            .fold(0, |all, index| all | bit(index)),
        dereferenced: 0,
        written: 0,
        released: 0,
        stored: 0,
        locks: false,
        unlocks: false,
        never_returns: never_returns(analysed, function),
    };
    let parameter = |value: ValueId| match values.get(values.strip(value)) {
        Value::Parameter(index) => bit(index),
        _ => 0,
    };
    let behind = |location: ValueId| match values.get(values.root(location)) {
        Value::Parameter(index) => bit(index),
        _ => 0,
    };
    for condition in analysed.numbered.conditions.iter().flatten() {
        let mut leaves = Vec::new();
        values.leaves(*condition, &mut leaves);
        for leaf in leaves {
            out.compared |= parameter(leaf);
        }
    }
    for event in &analysed.numbered.events {
        match &event.kind {
            EventKind::Read { location, .. } if event.block == 0 => {
                out.dereferenced |= behind(*location);
            }
            EventKind::Write {
                location, value, ..
            } => {
                if event.block == 0 {
                    out.dereferenced |= behind(*location);
                }
                out.written |= behind(*location);
                out.stored |= parameter(*value);
            }
            EventKind::Call {
                callee: Some(callee),
                arguments,
                ..
            } => {
                if lexicon.flags(*callee) & flag::FREE != 0
                    && let Some(first) = arguments.first()
                {
                    out.released |= parameter(*first);
                }
                note_locks(models, *callee, &mut out);
            }
            _ => {}
        }
    }
    out
}

fn note_locks(models: &ModelTable, callee: Symbol, out: &mut FunctionFacts) {
    let effects = models.get(callee).map_or(&[][..], |model| model.effects);
    for effect in effects {
        match effect {
            Effect::Locks { .. } | Effect::LocksOrTimesOut { .. } => out.locks = true,
            Effect::Unlocks { .. } => out.unlocks = true,
            _ => {}
        }
    }
}

fn bit(parameter: u32) -> u16 {
    1_u16.checked_shl(parameter).unwrap_or(0)
}

/// The bytes of a definition before its body.
fn head(span: Span, text: &[u8]) -> Span {
    let all = span.of(text);
    let end = memchr::memchr(b'{', all).unwrap_or(all.len());
    let head = all.get(..end).unwrap_or_default().trim_ascii_end();
    Span {
        start: span.start,
        end: span
            .start
            .saturating_add(u32::try_from(head.len()).unwrap_or(0)),
    }
}

fn never_returns(analysed: &Analysed, function: &Function) -> bool {
    !analysed.graph.order.iter().any(|&block| {
        function
            .block(BlockId(block))
            .is_some_and(|body| matches!(body.terminator, Terminator::Return(_)))
    })
}

/// What a function gives back, and its head.
pub(super) fn returns(
    unit: &Unit,
    file: &SourceFile<'_>,
    analysed: &Analysed,
    function: &Function,
    facts: &FileFacts,
) -> (Returns, Span) {
    let place = |span: Span| place_of(file, span);
    let kind = match unit.types.get(function.result) {
        Type::Void => ResultKind::Nothing,
        Type::Bool | Type::Int { .. } => ResultKind::Number,
        Type::Pointer { .. } => ResultKind::Pointer,
        _ => ResultKind::Other,
    };
    let null = (kind == ResultKind::Pointer)
        .then(|| {
            facts
                .null_return(function.name)
                .or_else(|| facts.may_fail(function.name))
        })
        .flatten()
        .map(place);
    let values = &analysed.numbered.values;
    let mut constants = Vec::new();
    // Another arm of an #if may return something else.
    let mut is_complete = !file.gaps.iter().any(|gap| function.span.contains(gap.span));
    let mut returns_any = false;
    for event in &analysed.numbered.events {
        if let EventKind::Return(value) = &event.kind {
            returns_any = true;
            is_complete &= value.is_some_and(|value| collect(values, value, &mut constants));
        }
    }
    is_complete &= other_arms(file, analysed, function, &mut constants);
    constants.sort_unstable();
    constants.dedup();
    // `(uint8_t)-1` is no negative number.
    let is_unsigned = matches!(
        unit.types.get(function.result),
        Type::Bool | Type::Int { signed: false, .. }
    );
    if is_unsigned && constants.first().is_some_and(|least| *least < 0) {
        constants.clear();
        is_complete = false;
    }
    if constants.len() > MAX_CONSTANTS {
        constants.truncate(MAX_CONSTANTS);
        is_complete = false;
    }
    let returns = Returns {
        kind,
        null,
        is_complete: is_complete && returns_any,
        constants,
    };
    (returns, head(function.span, file.text))
}

/// Puts what the arms of `#if` that were not chosen return into `out`; whether that is known.
fn other_arms(
    file: &SourceFile<'_>,
    analysed: &Analysed,
    function: &Function,
    out: &mut Vec<i64>,
) -> bool {
    let Some(syntax) = file.functions.get(function.syntax as usize) else {
        return true;
    };
    let is_group = |kind: Kind| {
        matches!(
            kind,
            Kind::PREPROC_IF
                | Kind::PREPROC_IFDEF
                | Kind::PREPROC_ELSE
                | Kind::PREPROC_ELIF
                | Kind::PREPROC_ELIFDEF
        )
    };
    let mut is_known = true;
    for node in file.tree.subtree(syntax.body) {
        if file.tree.kind(node) != Kind::RETURN_STATEMENT
            || !file
                .tree
                .ancestors(node)
                .take_while(|above| *above != syntax.body)
                .any(|above| is_group(file.tree.kind(above)))
        {
            continue;
        }
        let span = file.tree.span(node);
        let is_lowered =
            analysed.numbered.events.iter().any(|event| {
                matches!(event.kind, EventKind::Return(_)) && span.contains(event.span)
            });
        if is_lowered {
            continue;
        }
        let text = String::from_utf8_lossy(span.of(file.text)).into_owned();
        let value = text
            .strip_prefix("return")
            .unwrap_or_default()
            .trim_matches(|c: char| c.is_ascii_whitespace() || matches!(c, ';' | '(' | ')'))
            .parse::<i64>();
        match value {
            Ok(number) => out.push(number),
            Err(_) => is_known = false,
        }
    }
    is_known
}

/// Puts the constants that a value may be into `out`; whether it may be nothing else.
pub(super) fn collect(values: &Values, value: ValueId, out: &mut Vec<i64>) -> bool {
    let mut seen: Vec<ValueId> = Vec::new();
    let mut stack = vec![value];
    let mut is_complete = true;
    while let Some(id) = stack.pop() {
        let id = values.strip(id);
        if seen.contains(&id) {
            continue;
        }
        if seen.len() >= 64 {
            return false;
        }
        seen.push(id);
        match values.get(id) {
            Value::Constant {
                value: Some(number),
                ..
            } if i64::try_from(number).is_ok() => out.push(i64::try_from(number).unwrap_or(0)),
            Value::Unary(UnaryOp::Negate, inner) if values.constant(inner).is_some() => {
                let number = values.constant(inner).and_then(i128::checked_neg);
                match number.and_then(|number| i64::try_from(number).ok()) {
                    Some(number) => out.push(number),
                    None => is_complete = false,
                }
            }
            Value::Phi { .. } => match values.inputs.get(&id) {
                Some(list) if !list.is_empty() => {
                    stack.extend(list.iter().map(|(_, input)| *input));
                }
                _ => is_complete = false,
            },
            // A truth value.
            Value::Binary(op, ..) if op.is_comparison() => out.extend([0, 1]),
            Value::Unary(UnaryOp::Not, _) => out.extend([0, 1]),
            _ => is_complete = false,
        }
    }
    is_complete
}
