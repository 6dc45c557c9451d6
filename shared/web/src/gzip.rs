//! Compressed answers: API Gateway's HTTP APIs compress nothing themselves.

use std::sync::{Mutex, PoisonError};

use flate2::{Compress, CompressError, Compression, FlushCompress, Status};
use lambda_http::{
    Body, Error, Response,
    http::{HeaderValue, header},
};

/// The smallest body that is worth it, in bytes: smaller ones fit a packet anyway.
const WORTH_COMPRESSING: usize = 1024;

/// Compresses one text after the other: making the state anew takes longer than using it.
pub(crate) struct Gzip(Mutex<Compress>);

impl Default for Gzip {
    /// A dashboard of 28.7 kB travels in 8.2 kB; at level 1 in 10.3 kB, at the default one in 7.4 kB, for twice the time. A window
    /// of 16 kB costs it three bytes; one of 32 kB is twice the memory to make at a cold start.
    fn default() -> Self {
        Self(Mutex::new(Compress::new_gzip(Compression::new(2), 14)))
    }
}

impl Gzip {
    fn compress(&self, text: &[u8]) -> Result<Vec<u8>, CompressError> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.reset();
        let mut compressed = Vec::with_capacity(text.len());
        loop {
            let rest = text.get(state.total_in() as usize..).unwrap_or_default();
            if state.compress_vec(rest, &mut compressed, FlushCompress::Finish)? == Status::StreamEnd {
                return Ok(compressed);
            }
            compressed.reserve(WORTH_COMPRESSING);
        }
    }
}

/// The answer, with gzip if the browser takes it.
pub(crate) fn compressed(
    response: Response<Body>,
    accept_encoding: &str,
    gzip: &Gzip,
) -> Result<Response<Body>, Error> {
    let (mut parts, body) = response.into_parts();
    let body = match body {
        Body::Text(text) if text.len() >= WORTH_COMPRESSING => {
            // In one header, for payload format 2.0 has no second one of a name.
            let vary = parts.headers.get(header::VARY).and_then(|vary| vary.to_str().ok());
            let vary = vary.map_or_else(|| "accept-encoding".to_owned(), |vary| format!("{vary}, accept-encoding"));
            parts.headers.insert(header::VARY, HeaderValue::try_from(vary)?);
            if takes_gzip(accept_encoding) {
                parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                Body::Binary(gzip.compress(text.as_bytes())?)
            } else {
                Body::Text(text)
            }
        }
        body => body,
    };
    Ok(Response::from_parts(parts, body))
}

/// RFC 9110 §12.5.3; a weight of zero means no.
fn takes_gzip(accept_encoding: &str) -> bool {
    accept_encoding.split(',').any(|coding| {
        let (coding, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let weight: String = weight.chars().filter(|c| !c.is_whitespace()).collect();
        let is_refused = weight.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        coding.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::any, prop_assert_eq, proptest};

    use super::*;

    proptest! {
        #[test]
        fn one_text_after_the_other_is_compressed(texts in vec(vec(any::<u8>(), 0..3000), 1..4)) {
            let gzip = Gzip::default();
            for text in texts {
                let mut read = Vec::new();
                std::io::copy(&mut flate2::read::GzDecoder::new(&gzip.compress(&text)?[..]), &mut read)?;
                prop_assert_eq!(read, text);
            }
        }
    }

    #[test]
    fn what_fits_a_packet_travels_as_it_is_and_the_rest_differs_by_what_is_accepted() {
        for (bytes, accepted, coding, vary) in [
            (1023, "gzip", None, None),
            (1024, "gzip", Some("gzip"), Some("accept-encoding")),
            (1024, "br", None, Some("accept-encoding")),
        ] {
            let response = Response::new(Body::Text("x".repeat(bytes)));
            let response = compressed(response, accepted, &Gzip::default()).unwrap();
            let header = |name| response.headers().get(name).map(|value: &HeaderValue| value.to_str().unwrap());
            assert_eq!((header(header::CONTENT_ENCODING), header(header::VARY)), (coding, vary), "{bytes} {accepted}");
            assert_eq!(response.body().len() < bytes, coding.is_some());
        }
    }

    #[test]
    fn gzip_is_taken_when_it_is_named_and_not_refused() {
        for (accepted, taken) in [
            ("gzip, deflate, br, zstd", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip; q=0.001", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("br", false),
            ("x-gzip-2", false),
            ("", false),
        ] {
            assert_eq!(takes_gzip(accepted), taken, "{accepted}");
        }
    }
}
