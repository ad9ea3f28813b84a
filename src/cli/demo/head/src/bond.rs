//! The pairing with the bedside controller.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// What pairing left behind.
#[derive(Debug, Clone, Zeroize, ZeroizeOnDrop)]
pub struct Bond {
    /// Address of the controller.
    pub address: [u8; 6],
    /// Key of the encrypted link.
    pub link_key: [u8; 16],
}

static mut CURRENT: Option<Bond> = None;

/// Keeps the one bond the pump has.
#[derive(Default)]
pub struct BondStore;

impl BondStore {
    /// Replaces the bond.
    pub fn store(&mut self, bond: Bond) {
        unsafe { CURRENT = Some(bond) }
    }

    /// The bond, if the pump is paired.
    pub fn current(&self) -> Option<Bond> {
        unsafe { CURRENT.clone() }
    }
}
