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

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::ZlibDecoder;
    use portal_domain::color::Color;

    use super::*;

    #[test]
    fn every_pixel_of_an_icon_is_in_its_file() {
        let size = usize::from(SIZE);
        let coverage: Vec<u8> = (0..=STEPS).cycle().step_by(7).take(size * size).collect();
        let icon = TouchIcon { paper: Color::new(10, 20, 30), ink: Color::new(110, 120, 130), coverage };
        let file = png(&icon).unwrap();
        let (mut rest, end) = file.strip_prefix(b"\x89PNG\r\n\x1a\n").unwrap().split_at(file.len() - 8 - 12);
        assert_eq!(end, b"\0\0\0\0IEND\xae\x42\x60\x82", "as in every PNG file");
        let mut chunks = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk::<4>() {
            let (data, after) = after.split_at(4 + u32::from_be_bytes(*length) as usize);
            chunks.push(data.split_at(4));
            rest = &after[4..];
        }
        let [(b"IHDR", header), (b"PLTE", palette), (b"IDAT", pixels)] = chunks[..] else { panic!("other chunks") };
        assert_eq!(header, [0, 0, 0, SIZE, 0, 0, 0, SIZE, 4, 3, 0, 0, 0]);
        let percent = [0, 6, 13, 20, 26, 33, 40, 46, 53, 60, 66, 73, 80, 86, 93, 100];
        let colours: Vec<u8> =
            percent.iter().flat_map(|percent| [10, 20, 30].map(|channel| channel + percent)).collect();
        assert_eq!(palette, colours);
        let mut rows = Vec::new();
        ZlibDecoder::new(pixels).read_to_end(&mut rows).unwrap();
        let drawn: Vec<u8> =
            rows.chunks(1 + size / 2).flat_map(|row| row[1..].iter().flat_map(|pair| [pair >> 4, pair & 15])).collect();
        assert!(drawn == icon.coverage);
    }
}
