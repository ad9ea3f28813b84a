//! The pairing with the bedside controller.

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// What pairing left behind.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Bond {
    /// Address of the controller.
    pub address: [u8; 6],
    /// Key of the encrypted link.
    pub link_key: [u8; 16],
}

impl fmt::Debug for Bond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bond").finish_non_exhaustive()
    }
}

/// Keeps the one bond the pump has.
#[derive(Default)]
pub struct BondStore {
    current: Option<Bond>,
}

impl BondStore {
    /// Replaces the bond.
    pub fn store(&mut self, bond: Bond) {
        self.current = Some(bond);
    }

    /// The bond, if the pump is paired.
    pub fn current(&self) -> Option<&Bond> {
        self.current.as_ref()
    }
}
