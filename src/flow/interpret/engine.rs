//! Walks a function: which block comes next, which states are joined, how loops end.

use std::rc::Rc;

use smallvec::SmallVec;

use crate::finding::Span;
use crate::flow::ir::{BlockId, Function, StatementKind, Type};

use super::covers::{covers, distance};
use super::join::Joiner;
use super::machine::{Frame, MAX_STATES, MAX_UNROLLED_STEPS, Machine, Run};
use super::memory::{Contents, Rest};
use super::prepare::{Prepared, Slot};
use super::state::{Rounds, State};
use super::value::{Origin, Value};

/// Most rounds of one loop that are walked one by one.
const MAX_ROUNDS: u16 = 130;
/// Most states that wait for one block.
const MAX_WAITING: usize = 4;
/// Rounds whose way out is open before a loop is widened.
const MAX_OPEN_ROUNDS: u16 = 2;
/// Most times that a loop's head is joined before everything that changes is given up.
const MAX_JOINS: u32 = 6;

/// A state that waits to enter a block.
pub(super) struct Pending {
    key: (u32, u32),
    block: BlockId,
    state: State,
}

/// The head of a loop that is widened.
struct Head {
    block: BlockId,
    invariant: State,
    joins: u32,
}

/// How a call ended: the state, and what it returned.
pub(crate) type Exit = (State, Value);

impl Machine<'_> {
    /// Interprets a function as if anybody may call it.
    pub(crate) fn root(&mut self, index: usize) {
        let Some(function) = self.function(index) else {
            return;
        };
        let Some(prepared) = self.prepared(index) else {
            return;
        };
        self.restart();
        let mut state = State::new(prepared.registers + 1);
        let mut frame = self.frame(index, &prepared, 0);
        for local in &function.parameters {
            let Some(info) = function.local(*local) else {
                continue;
            };
            let (ty, span) = (info.ty, info.span);
            match prepared.slot(*local) {
                Slot::Register(slot) => {
                    let value = self.fresh(ty, Origin::Parameter(*local), span);
                    if let Some(register) =
                        Rc::make_mut(&mut state.registers).get_mut(slot as usize)
                    {
                        *register = value;
                    }
                }
                Slot::Scratch(_) => {}
                Slot::Memory => {
                    if let Some(object) = self.local_object(&mut frame, *local) {
                        let mut contents = Contents::new(Rest::Unknown);
                        if let Some(size) = self.unit.types.size(ty)
                            && matches!(
                                self.unit.types.get(ty),
                                Type::Int { .. } | Type::Pointer { .. } | Type::Bool
                            )
                        {
                            let value = self.fresh(ty, Origin::Parameter(*local), span);
                            Rc::make_mut(&mut contents).write(0, size as i64, value);
                        }
                        state.set_contents(object, contents);
                    }
                }
            }
        }
        self.stack.push(index);
        let exits = self.walk(&mut frame, state);
        self.stack.pop();
        for (state, value) in &exits {
            self.check_exit(&frame, state, value);
        }
    }

    /// Interprets a function, and once more where it has to be told whether what was found wrong
    /// is wrong on every path that gets there.
    pub(crate) fn function_alone(&mut self, index: usize) {
        self.root(index);
        if self.is_given_up {
            self.given_up += 1;
            self.was_given_up.insert(index);
        }
        if self.uncertain.is_empty() {
            return;
        }
        self.watched = self
            .uncertain
            .iter()
            .map(|found| ((found.family, found.span.start, found.span.end), false))
            .collect();
        self.root(index);
        let uncertain = std::mem::take(&mut self.uncertain);
        for found in uncertain {
            let key = (found.family, found.span.start, found.span.end);
            if (self.watched.get(&key) == Some(&true) || found.is_open)
                && let Some(defect) = self.defects.get_mut(found.defect)
            {
                defect.analysis = found.family.possible();
            }
        }
        self.watched.clear();
    }

    pub(crate) fn frame(&mut self, index: usize, prepared: &Rc<Prepared>, depth: u32) -> Frame {
        let number = self.frames;
        self.frames += 1;
        Frame {
            function: index,
            prepared: Rc::clone(prepared),
            number,
            depth,
            objects: vec![None; prepared.slots.len()],
        }
    }

    /// Walks all paths from a state at the entry; gives how they end.
    pub(crate) fn walk(&mut self, frame: &mut Frame, entry: State) -> Vec<Exit> {
        let Some(function) = self.function(frame.function) else {
            return Vec::new();
        };
        let prepared = Rc::clone(&frame.prepared);
        let mut exits: Vec<Exit> = Vec::new();
        let mut heads: Vec<Head> = Vec::new();
        let mut pending = vec![Pending {
            key: (0, 0),
            block: BlockId(0),
            state: entry,
        }];
        while let Some(first) = pending
            .iter()
            .enumerate()
            .min_by_key(|(_, entry)| entry.key)
            .map(|(at, _)| at)
        {
            if self.steps > self.limit {
                self.is_given_up = true;
                break;
            }
            let Some(next) = pending.get(first) else {
                break;
            };
            let (key, block) = (next.key, next.block);
            let mut states: SmallVec<[State; 4]> = SmallVec::new();
            let mut at = 0;
            while at < pending.len() {
                if pending
                    .get(at)
                    .is_some_and(|entry| entry.key == key && entry.block == block)
                {
                    states.push(pending.remove(at).state);
                } else {
                    at += 1;
                }
            }
            let span = function
                .block(block)
                .map_or(function.span, |block| block.span);
            for state in &mut states {
                forget_dead(&prepared, block, state);
            }
            self.reduce(&mut states, MAX_STATES, span);
            let is_head = prepared.order.is_head(block);
            for mut state in states {
                if is_head {
                    match self.enter_head(&prepared, &mut heads, block, state, span) {
                        Some(entered) => state = entered,
                        None => continue,
                    }
                }
                self.block(frame, function, block, state, &mut pending, &mut exits);
                if self.steps > self.limit {
                    self.is_given_up = true;
                    break;
                }
            }
        }
        let most = if frame.depth == 0 { MAX_STATES } else { 2 };
        self.reduce_exits(&mut exits, most, function.span);
        exits
    }

    /// Decides whether a loop goes on round by round, or is widened; `None` if nothing is new.
    fn enter_head(
        &mut self,
        prepared: &Prepared,
        heads: &mut Vec<Head>,
        block: BlockId,
        mut state: State,
        span: Span,
    ) -> Option<State> {
        let at = state.rounds.iter().position(|rounds| rounds.head == block);
        let rounds = at
            .and_then(|at| state.rounds.get(at).copied())
            .unwrap_or(Rounds {
                head: block,
                rounds: 0,
                open: 0,
                is_open: false,
            });
        let limit = if self.steps > MAX_UNROLLED_STEPS {
            2
        } else {
            MAX_ROUNDS
        };
        let is_widened = rounds.rounds >= limit || rounds.open >= MAX_OPEN_ROUNDS;
        if !is_widened {
            return Some(state);
        }
        if let Some(head) = heads.iter_mut().find(|head| head.block == block) {
            let old = &head.invariant;
            if covers(&self.arena, old, &state) {
                return None;
            }
            head.joins += 1;
            if head.joins > MAX_JOINS + 6 {
                self.is_given_up = true;
                return None;
            }
            let gives_up: &[i128] = &[];
            let mut joiner = Joiner::new(&mut self.arena, span);
            joiner.thresholds = Some(if head.joins > MAX_JOINS {
                gives_up
            } else {
                &prepared.thresholds
            });
            joiner.has_one_exit = prepared.exits.get(block.0 as usize) == Some(&1);
            let mut joined = joiner.join(old, &state);
            joined.open = joined.open.saturating_add(1);
            joined.trace = old.trace.clone();
            // From here on every round is one of many.
            for entry in &mut joined.rounds {
                if entry.head == block {
                    *entry = Rounds {
                        rounds: MAX_ROUNDS,
                        open: MAX_OPEN_ROUNDS,
                        ..*entry
                    };
                }
            }
            head.invariant = joined.clone();
            return Some(joined);
        }
        if at.is_none() {
            state.rounds.push(rounds);
        }
        heads.push(Head {
            block,
            invariant: state.clone(),
            joins: 0,
        });
        Some(state)
    }

    /// Joins states until there are few enough; the ones that differ least first.
    pub(crate) fn reduce(&mut self, states: &mut SmallVec<[State; 4]>, most: usize, span: Span) {
        while states.len() > 1 {
            let mut best: Option<(usize, usize, usize)> = None;
            for i in 0..states.len() {
                for j in i + 1..states.len() {
                    let (Some(a), Some(b)) = (states.get(i), states.get(j)) else {
                        continue;
                    };
                    let far = distance(a, b);
                    if best.is_none_or(|(_, _, least)| far < least) {
                        best = Some((i, j, far));
                    }
                }
            }
            let Some((i, j, far)) = best else {
                return;
            };
            if far > 0 && states.len() <= most {
                return;
            }
            let other = states.remove(j);
            if let Some(one) = states.get_mut(i) {
                let was_joined = one.is_joined || other.is_joined;
                let mut joined = Joiner::new(&mut self.arena, span).join(one, &other);
                joined.is_joined = was_joined || far > 0;
                *one = joined;
            }
        }
    }

    pub(super) fn reduce_exits(&mut self, exits: &mut Vec<Exit>, most: usize, span: Span) {
        if exits.len() <= most {
            return;
        }
        // Whoever called asks for NULL or zero: such ways out stay apart from the others, as what
        // was released on the way belongs to one of them alone.
        let all = std::mem::take(exits);
        let (mut failed, mut others): (Vec<Exit>, Vec<Exit>) = all
            .into_iter()
            .partition(|(state, value)| self.decide_truth(state, value) == Some(false));
        let is_mixed = !failed.is_empty() && !others.is_empty() && most > 1;
        if is_mixed {
            self.join_exits(&mut failed, 1, span);
            self.join_exits(&mut others, most - 1, span);
        }
        exits.append(&mut failed);
        exits.append(&mut others);
        if !is_mixed {
            self.join_exits(exits, most, span);
        }
    }

    fn join_exits(&mut self, exits: &mut Vec<Exit>, most: usize, span: Span) {
        // The result is the last register while states are joined.
        let mut states: SmallVec<[State; 4]> = exits
            .drain(..)
            .map(|(mut state, value)| {
                if let Some(last) = Rc::make_mut(&mut state.registers).last_mut() {
                    *last = value;
                }
                state
            })
            .collect();
        self.reduce(&mut states, most, span);
        *exits = states
            .into_iter()
            .map(|state| {
                let value = state.registers.last().copied().unwrap_or(Value::Any);
                (state, value)
            })
            .collect();
    }

    pub(super) fn block(
        &mut self,
        frame: &mut Frame,
        function: &Function,
        id: BlockId,
        state: State,
        pending: &mut Vec<Pending>,
        exits: &mut Vec<Exit>,
    ) {
        let Some(block) = function.block(id) else {
            return;
        };
        let scratch = vec![Value::Undef; frame.prepared.scratch];
        let mut work: Vec<(Run, usize)> = vec![(
            Run {
                state,
                scratch,
                is_dead: false,
            },
            0,
        )];
        while let Some((mut run, mut at)) = work.pop() {
            while let Some(statement) = block.statements.get(at) {
                at += 1;
                self.steps += 1;
                if let StatementKind::Call { .. } = &statement.kind {
                    let more = self.call(frame, &mut run, statement);
                    for other in more {
                        if work.len() < 16 {
                            work.push((other, at));
                        }
                    }
                } else {
                    self.statement(frame, &mut run, &statement.kind, statement.span);
                }
                if run.is_dead || self.steps > self.limit {
                    break;
                }
            }
            if run.is_dead || self.steps > self.limit {
                continue;
            }
            self.steps += 1;
            self.terminator(
                frame,
                id,
                &block.terminator,
                block.span,
                run,
                pending,
                exits,
            );
        }
    }

    pub(super) fn go(
        &mut self,
        frame: &mut Frame,
        from: BlockId,
        to: BlockId,
        mut state: State,
        is_open: bool,
        pending: &mut Vec<Pending>,
    ) {
        let order = &frame.prepared.order;
        let position = order
            .position
            .get(to.0 as usize)
            .copied()
            .unwrap_or(u32::MAX);
        let mut key = (position.saturating_mul(2), 0);
        if order.is_back_edge(from, to) {
            let end = order.loop_end.get(to.0 as usize).copied().unwrap_or(0);
            key = (end.saturating_mul(2).saturating_sub(1), u32::MAX - position);
            if let Some(rounds) = state.rounds.iter_mut().find(|rounds| rounds.head == to) {
                rounds.rounds = rounds.rounds.saturating_add(1);
                rounds.open += u16::from(rounds.is_open);
                rounds.is_open = false;
            } else {
                state.rounds.push(Rounds {
                    head: to,
                    rounds: 1,
                    open: 1,
                    is_open: false,
                });
            }
            if frame.depth == 0 {
                self.check_lost(frame, &state, to);
            }
        } else {
            // Entering a loop starts its count; leaving ends it.
            state
                .rounds
                .retain(|rounds| order.is_inside(rounds.head, to));
            if order.is_head(to) {
                state.rounds.retain(|rounds| rounds.head != to);
                state.rounds.push(Rounds {
                    head: to,
                    rounds: 0,
                    open: 0,
                    is_open: false,
                });
            }
        }
        if is_open {
            // A fork whose other way leaves a loop leaves open how often it runs.
            let leaves = self
                .function(frame.function)
                .and_then(|function| function.block(from))
                .map(|block| block.terminator.successors());
            for rounds in &mut state.rounds {
                let goes_out = leaves
                    .iter()
                    .flatten()
                    .any(|next| !order.is_inside(rounds.head, *next));
                if goes_out && order.is_inside(rounds.head, from) {
                    rounds.is_open = true;
                    state.open = state.open.saturating_add(1);
                }
            }
        }
        // Few states wait at a block: the nearest takes up what is too many.
        let mut waiting = 0;
        let mut nearest: Option<(usize, usize)> = None;
        for (index, entry) in pending.iter().enumerate() {
            if entry.key == key && entry.block == to {
                waiting += 1;
                let far = distance(&entry.state, &state);
                if nearest.is_none_or(|(_, least)| far < least) {
                    nearest = Some((index, far));
                }
                if far == 0 {
                    break;
                }
            }
        }
        if let Some((index, far)) = nearest
            && (far == 0 || waiting >= MAX_WAITING)
            && let Some(entry) = pending.get_mut(index)
        {
            let span = self
                .function(frame.function)
                .and_then(|function| function.block(to))
                .map_or_else(Span::default, |block| block.span);
            let was_joined = entry.state.is_joined || state.is_joined;
            let mut joined = Joiner::new(&mut self.arena, span).join(&entry.state, &state);
            joined.is_joined = was_joined || far > 0;
            entry.state = joined;
            return;
        }
        pending.push(Pending {
            key,
            block: to,
            state,
        });
    }
}

/// Registers that are not read any more hold anything.
fn forget_dead(prepared: &Prepared, block: BlockId, state: &mut State) {
    let is_dead = |register: usize, value: &Value| {
        !matches!(value, Value::Any) && !prepared.is_live(block.0 as usize, register)
    };
    let count = prepared.registers;
    if state
        .registers
        .iter()
        .enumerate()
        .take(count)
        .any(|(register, value)| is_dead(register, value))
    {
        for (register, value) in Rc::make_mut(&mut state.registers)
            .iter_mut()
            .enumerate()
            .take(count)
        {
            if is_dead(register, value) {
                *value = Value::Any;
            }
        }
    }
}
