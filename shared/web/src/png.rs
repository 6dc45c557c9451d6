//! A picture as a PNG file (W3C, Portable Network Graphics Specification, third edition).

use std::io::{Error, Write};

use flate2::{Compression, Crc, write::ZlibEncoder};
use portal_views::touch_icon::{SIZE, STEPS, TouchIcon};

/// The icon in a palette of sixteen colours, two pixels a byte.
pub(crate) fn png(icon: &TouchIcon) -> Result<Vec<u8>, Error> {
    let size = u32::from(SIZE).to_be_bytes();
    let depth_colours_and_methods = [4, 3, 0, 0, 0];
    let percent = |step: u8| u32::from(step) * 100 / u32::from(STEPS);
    let palette: Vec<u8> = (0..=STEPS).flat_map(|step| icon.paper.mixed(icon.ink, percent(step)).channels()).collect();
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::default());
    for row in icon.coverage.chunks(SIZE.into()) {
        let no_filter = [0];
        pixels.write_all(&no_filter)?;
        let packed = row.chunks(2).map(|pair| pair.iter().fold(0, |byte, step| byte << 4 | step));
        pixels.write_all(&packed.collect::<Vec<u8>>())?;
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, b"IHDR", &[&size[..], &size, &depth_colours_and_methods].concat())?;
    chunk(&mut file, b"PLTE", &palette)?;
    chunk(&mut file, b"IDAT", &pixels.finish()?)?;
    chunk(&mut file, b"IEND", &[])?;
    Ok(file)
}

/// Length, name, data, and the checksum of the last two.
fn chunk(file: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) -> Result<(), Error> {
    let mut checksum = Crc::new();
    checksum.update(name);
    checksum.update(data);
    let length = u32::try_from(data.len()).map_err(Error::other)?;
    for part in [&length.to_be_bytes()[..], name, data, &checksum.sum().to_be_bytes()] {
        file.extend_from_slice(part);
    }
    Ok(())
}
