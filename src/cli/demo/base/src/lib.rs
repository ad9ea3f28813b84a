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
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(UpdateError::Header)?;
    let version = rest.get(..12).ok_or(UpdateError::Header)?;
    Ok(ImageHeader {
        length: u32::from_le_bytes(*length),
        version: core::str::from_utf8(version).map_err(|_| UpdateError::Header)?,
    })
}

/// Marks the received image for the next boot, once its signature is verified.
pub fn finish<Dfu: NorFlash, State: NorFlash>(
    updater: &mut BlockingFirmwareUpdater<'_, Dfu, State>,
    public_key: &[u8; 32],
    signature: &[u8; 64],
    header: &ImageHeader<'_>,
) -> Result<(), UpdateError> {
    updater
        .verify_and_mark_updated(public_key, signature, header.length)
        .map_err(|_| UpdateError::Rejected)
}
