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
