//! The portal's routes, for telling a wrong method from a wrong address.

use lambda_http::http::Method;

/// Path segments, and the methods they take.
const ROUTES: &[(&str, &[Method])] = &[
    ("/", &[Method::GET, Method::HEAD]),
    ("/apple-touch-icon.png", &[Method::GET, Method::HEAD]),
    ("/sign-in", &[Method::GET, Method::HEAD, Method::POST]),
    ("/sign-in/sent", &[Method::GET, Method::HEAD]),
    ("/sign-out", &[Method::POST]),
    ("/link/{token}", &[Method::GET, Method::HEAD, Method::POST]),
    ("/link/{token}/renew", &[Method::POST]),
    ("/bookings/{booking_id}", &[Method::GET, Method::HEAD]),
    ("/bookings/{booking_id}/calendar.ics", &[Method::GET, Method::HEAD]),
    ("/bookings/{booking_id}/documents/{document_id}", &[Method::GET, Method::HEAD]),
];

/// The methods the portal takes at a path; none if there is no such path.
pub fn methods_at(path: &str) -> Option<&'static [Method]> {
    let matches = |route: &str| {
        let (route, path) = (route.split('/'), path.split('/'));
        route.clone().count() == path.clone().count()
            && route
                .zip(path)
                .all(|(part, given)| if part.starts_with('{') { !given.is_empty() } else { part == given })
    };
    ROUTES.iter().find(|(route, _)| matches(route)).map(|(_, methods)| *methods)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_methods_of_its_route_or_is_none() {
        let (page, form) = (&[Method::GET, Method::HEAD][..], &[Method::POST][..]);
        for (path, methods) in [
            ("/", Some(page)),
            ("/sign-out", Some(form)),
            ("/bookings/bkg_1", Some(page)),
            ("/link/a-token/renew", Some(form)),
            ("/bookings/bkg_1/documents/doc_1", Some(page)),
            ("/bookings/", None),
            ("/bookings", None),
            ("/bookings/bkg_1/", None),
            ("/bookings/bkg_1/invoices/doc_1", None),
            ("/carts", None),
            ("", None),
        ] {
            assert_eq!(methods_at(path), methods, "{path}");
        }
    }
}
