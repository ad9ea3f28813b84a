fn option_data(buffer: &[u8]) -> Result<&[u8], Error> {
    let length = *buffer.get(1).ok_or(Error::Short)? as usize;
    if buffer.len() < length {
        return Err(Error::Short);
    }
    Ok(&buffer[2..length])
}

fn record_body(record: &[u8]) -> Result<u16, Error> {
    if record.len() < 4 {
        return Err(Error::Short);
    }
    let end = u16::from_le_bytes([record[0], record[1]]) as usize;
    if end > record.len() {
        return Err(Error::Length);
    }

    Ok(checksum(&record[4..end]))
}

fn send(&mut self, buffer: &[u8], count: usize) -> Result<(), Error> {
    self.uart.write(&buffer[..count])
}

fn erase_from(&mut self, pages: &mut [Page], first: usize) -> Result<(), Error> {

    for page in &mut pages[first..] {
        page.erase()?;
    }
    Ok(())
}
