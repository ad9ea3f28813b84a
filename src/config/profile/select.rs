//! Names in the mapping → rules.

/// What a name of the mapping stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selector<'t> {
    /// One rule, by code; the slug is for the reader.
    Rule {
        /// `C-CRY-009`
        code: &'t str,
        /// `wipe-optimised-away`
        slug: &'t str,
    },
    /// Codes of an area, `*` standing for any language or area.
    Area {
        /// `C`, `R`, `X` or `*`.
        language: &'t str,
        /// `LEN`, or `*`.
        area: &'t str,
        /// First and last number.
        numbers: (u32, u32),
    },
}

impl<'t> Selector<'t> {
    /// Reads a name; `None` where it is none.
    pub(crate) fn parse(name: &'t str) -> Option<Self> {
        let (code, slug) = name.split_once(' ').unwrap_or((name, ""));
        let mut parts = code.splitn(3, '-');
        let (language, area, number) = (parts.next()?, parts.next()?, parts.next()?);
        if !slug.is_empty() {
            return Some(Self::Rule { code, slug });
        }
        let numbers = match number.split_once("..") {
            Some((first, last)) => (first.parse().ok()?, last.parse().ok()?),
            None if number == "*" => (0, u32::MAX),
            None => return None,
        };
        Some(Self::Area {
            language,
            area,
            numbers,
        })
    }

    /// Whether it stands for the rule of that code.
    pub(crate) fn fits(&self, id: &str) -> bool {
        match self {
            Self::Rule { code, .. } => *code == id,
            Self::Area {
                language,
                area,
                numbers: (first, last),
            } => {
                let mut parts = id.splitn(3, '-');
                let (Some(own_language), Some(own_area), Some(number)) =
                    (parts.next(), parts.next(), parts.next())
                else {
                    return false;
                };
                // A rule of the project's own may be called anything.
                let Ok(number) = number.parse::<u32>() else {
                    return false;
                };
                (*language == "*" || *language == own_language)
                    && (*area == "*" || *area == own_area)
                    && (*first..=*last).contains(&number)
            }
        }
    }

    /// Whether it stands for many.
    pub(crate) fn is_area(&self) -> bool {
        matches!(self, Self::Area { .. })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn names_mean_rules_areas_and_ranges() {
        let fits = |name: &str, id: &str| Selector::parse(name).unwrap().fits(id);
        assert!(fits("C-CRY-009 wipe-optimised-away", "C-CRY-009"));
        assert!(!fits("C-CRY-009 wipe-optimised-away", "C-CRY-008"));
        assert!(fits("*-RET-*", "R-RET-001") && fits("*-RET-*", "C-RET-005"));
        assert!(!fits("*-RET-*", "C-CRY-001"));
        assert!(fits("X-*-*", "X-DEP-003") && !fits("X-*-*", "C-DEP-003"));
        assert!(fits("C-LEN-001..020", "C-LEN-020"));
        assert!(!fits("C-LEN-001..020", "C-LEN-021"));
        assert!(!fits("*-SEC-*", "acme.no-sec") && !fits("*-SEC-*", "A-SEC-x"));
        assert_eq!(Selector::parse("C-LEN"), None);
        assert_eq!(Selector::parse("C-LEN-014"), None);
    }
}
