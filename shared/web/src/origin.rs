//! Whether a request that changes something comes from the portal's own pages.

use lambda_http::{Request, RequestExt, request::RequestContext};

/// Whether the portal's own page sent this request: by `Sec-Fetch-Site` (W3C Fetch Metadata), or where a browser does
/// not send that, by `Origin`.
pub(crate) fn is_same_origin(request: &Request) -> bool {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            let host = host.map(|authority| authority.split_once(':').map_or(authority, |(host, _)| host));
            host.is_some() && host == domain_name(request).as_deref()
        }
        (None, None) => false,
    }
}

fn domain_name(request: &Request) -> Option<String> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.domain_name.clone(),
        _ => None,
    }
}
