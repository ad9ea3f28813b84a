fn on_frame(frame: &[u8]) -> Result<&[u8], Error> {
    if frame.is_empty() {
        return Err(Error::Short);
    }
    let length = frame[0] as usize;
    Ok(&frame[..length])
}

fn body_of(&self, packet: &[u8]) -> Option<u32> {
    let size = u16::from_le_bytes(packet.get(0..2)?.try_into().ok()?);
    let end = usize::from(size);

    Some(crc32(&packet[4..4 + end]))
}

fn payload_size(header: &[u8; 4]) -> usize {
    u16::from_be_bytes([header[0], header[1]]) as usize - 4
}

fn options_end(length_field: u8) -> usize {
    let bytes = length_field * 8 + 8;
    bytes as usize
}
