//! Linear forms: a constant plus up to three multiples of symbols.

/// An unknown but fixed number or address; index in the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Sym(pub(crate) u32);

/// Most symbols in one form; what needs more becomes a symbol of its own.
const MAX_TERMS: usize = 3;

/// Largest coefficient and constant; beyond it a form is given up rather than computed wrongly.
const MAX_CONSTANT: i128 = 1 << 100;

/// `constant + Σ coefficient · symbol`, terms in the order of their symbols, no zero coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Linear {
    constant: i128,
    terms: [(Sym, i32); MAX_TERMS],
    len: u8,
}

impl Linear {
    pub(crate) fn constant(constant: i128) -> Self {
        Self {
            constant,
            terms: [(Sym(0), 0); MAX_TERMS],
            len: 0,
        }
    }

    pub(crate) fn symbol(sym: Sym) -> Self {
        let mut new = Self::constant(0);
        new.terms[0] = (sym, 1);
        new.len = 1;
        new
    }

    pub(crate) fn terms(&self) -> &[(Sym, i32)] {
        self.terms.get(..usize::from(self.len)).unwrap_or(&[])
    }

    pub(crate) fn base(&self) -> i128 {
        self.constant
    }

    pub(crate) fn as_constant(&self) -> Option<i128> {
        (self.len == 0).then_some(self.constant)
    }

    /// The symbol, if the form is exactly one.
    pub(crate) fn as_symbol(&self) -> Option<Sym> {
        match self.terms() {
            [(sym, 1)] if self.constant == 0 => Some(*sym),
            _ => None,
        }
    }

    pub(crate) fn mentions(&self, sym: Sym) -> bool {
        self.terms().iter().any(|term| term.0 == sym)
    }

    /// `self + factor * other`, if it still is a small form.
    pub(crate) fn plus(&self, other: &Self, factor: i32) -> Option<Self> {
        // Nearly every factor is 1 or -1, and 128-bit products are slow.
        let added = match factor {
            1 => other.constant,
            -1 => other.constant.checked_neg()?,
            _ => other.constant.checked_mul(i128::from(factor))?,
        };
        let constant = self.constant.checked_add(added)?;
        if constant.abs() > MAX_CONSTANT {
            return None;
        }
        if other.len == 0 {
            return Some(Self { constant, ..*self });
        }
        if self.len == 0 && factor == 1 {
            return Some(Self { constant, ..*other });
        }
        let mut out = Self::constant(constant);
        let (left, right) = (self.terms(), other.terms());
        let (mut at_left, mut at_right) = (0, 0);
        loop {
            let term = match (left.get(at_left), right.get(at_right)) {
                (None, None) => break,
                (Some(&a), b) if b.is_none_or(|b| a.0 < b.0) => {
                    at_left += 1;
                    a
                }
                (Some(&a), Some(&b)) if a.0 == b.0 => {
                    (at_left, at_right) = (at_left + 1, at_right + 1);
                    (a.0, a.1.checked_add(b.1.checked_mul(factor)?)?)
                }
                (_, Some(&b)) => {
                    at_right += 1;
                    (b.0, b.1.checked_mul(factor)?)
                }
                (Some(&a), None) => {
                    at_left += 1;
                    a
                }
            };
            if term.1 != 0 {
                *out.terms.get_mut(usize::from(out.len))? = term;
                out.len += 1;
            }
        }
        Some(out)
    }

    pub(crate) fn add(&self, other: &Self) -> Option<Self> {
        self.plus(other, 1)
    }

    pub(crate) fn sub(&self, other: &Self) -> Option<Self> {
        self.plus(other, -1)
    }

    pub(crate) fn add_constant(&self, value: i128) -> Option<Self> {
        self.plus(&Self::constant(value), 1)
    }

    pub(crate) fn scale(&self, factor: i128) -> Option<Self> {
        // Turned round, as most are.
        if factor == -1 {
            let mut out = *self;
            out.constant = self.constant.checked_neg()?;
            for term in &mut out.terms {
                term.1 = term.1.checked_neg()?;
            }
            return Some(out);
        }
        Self::constant(0)
            .plus(self, i32::try_from(factor).ok()?)
            .or_else(|| {
                let constant = self.as_constant()?.checked_mul(factor)?;
                (constant.abs() <= MAX_CONSTANT).then(|| Self::constant(constant))
            })
    }

    /// The form with each symbol replaced by a form.
    pub(crate) fn substitute(&self, mut by: impl FnMut(Sym) -> Option<Self>) -> Option<Self> {
        let mut out = Self::constant(self.constant);
        for (sym, factor) in self.terms() {
            out = out.plus(&by(*sym)?, *factor)?;
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_cancel_and_stay_sorted() {
        let (a, b) = (Linear::symbol(Sym(1)), Linear::symbol(Sym(2)));
        let sum = b.add(&a).unwrap().add_constant(3).unwrap();
        assert_eq!(sum.terms(), [(Sym(1), 1), (Sym(2), 1)]);
        assert_eq!(sum.sub(&sum).unwrap(), Linear::constant(0));
        assert_eq!(sum.scale(4).unwrap().base(), 12);
        assert_eq!(sum.sub(&b).unwrap().add_constant(-3).unwrap(), a);
    }
}
