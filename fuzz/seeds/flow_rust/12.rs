fn read(&mut self, offset: u32, out: &mut [u8]) -> Result<(), Error> {
    if offset as usize > FLASH_SIZE - out.len() {
        return Err(Error::OutOfBounds);
    }
    // SAFETY: flash is mapped there.
    let data = unsafe { slice::from_raw_parts(offset as *const u8, out.len()) };
    self.copy(data, out)
}

fn window(address: usize) -> &'static [u8] {
    // SAFETY: the window is mapped.

    unsafe { core::slice::from_raw_parts(address as *const u8, 256) }
}

fn next_record(&mut self) -> Result<Record, Error> {
    let mut record: MaybeUninit<Record> = MaybeUninit::uninit();
    // SAFETY: filled by the driver.
    let target = unsafe { record.assume_init_mut() };
    self.driver.read_into(target)?;
    Ok(target.clone())
}

fn frame(&mut self, size: usize) -> Vec<u8> {
    let mut frame = Vec::with_capacity(size);
    // SAFETY: the capacity is there.

    unsafe { frame.set_len(size) };
    frame
}
