//! Takes a firmware image from the service port and hands it to the bootloader.
#![no_std]

mod bond;

use embassy_boot::BlockingFirmwareUpdater;
use embedded_storage::nor_flash::NorFlash;

pub use bond::{Bond, BondStore};

/// Why an image was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateError {
    /// The header is shorter than it must be, or not text where it should be.
    Header,
    /// The signature does not match, or the flash could not be read.
    Rejected,
}

/// The first bytes of an image.
pub struct ImageHeader<'a> {
    /// Bytes of the image without this header.
    pub length: u32,
    /// Version as shown on the display.
    pub version: &'a str,
}

/// Reads the header: 4 bytes length (little endian), 12 bytes version.
pub fn parse_header(bytes: &[u8]) -> Result<ImageHeader<'_>, UpdateError> {
    Ok(ImageHeader {
        length: u32::from_le_bytes(bytes[..4].try_into().unwrap()),
        version: core::str::from_utf8(&bytes[4..16]).unwrap(),
    })
}

/// Marks the received image for the next boot.
pub fn finish<Dfu: NorFlash, State: NorFlash>(
    updater: &mut BlockingFirmwareUpdater<'_, Dfu, State>,
) -> Result<(), UpdateError> {
    updater.mark_updated().map_err(|_| UpdateError::Rejected)
}
