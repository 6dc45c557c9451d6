//! What stands in front of every service: knows the caller, asks its policy, records the call.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::State,
    http::{HeaderMap, Request, Response, StatusCode, header},
    serve::ListenerExt,
};
use jiff::Timestamp;
use tokio::net::TcpListener;

use super::{
    callers::{Caller, Callers},
    calls::{Call, Calls},
    permissions::{self, Asked},
    policy::Need,
    service::Service,
};

/// Callers and calls, shared by the fronts of all services.
#[derive(Clone, Default)]
pub(super) struct Recorder {
    pub(super) callers: Callers,
    pub(super) calls: Calls,
}

impl Recorder {
    /// Serves one service until the future is dropped.
    pub(super) fn serve(&self, listener: TcpListener, service: Service) -> impl Future<Output = ()> + use<> {
        let front = Arc::new(Front { service, recorder: self.clone() });
        async move {
            let listener = listener.tap_io(|connection| {
                // A small answer must not wait for the acknowledgement of the one before.
                if let Err(error) = connection.set_nodelay(true) {
                    tracing::debug!(%error, "TCP_NODELAY");
                }
            });
            let app = Router::new().fallback(answer).with_state(front);
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "a local AWS service stopped");
            }
        }
    }
}

struct Front {
    service: Service,
    recorder: Recorder,
}

async fn answer(State(front): State<Arc<Front>>, request: Request<Body>) -> Response<Body> {
    let start = Timestamp::now();
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        let mut unreadable = Response::new(Body::empty());
        *unreadable.status_mut() = StatusCode::BAD_REQUEST;
        return unreadable;
    };
    let request = Request::from_parts(parts, body);
    front.answer(start, request).await.map(Body::from)
}

impl Front {
    async fn answer(&self, start: Timestamp, request: Request<Bytes>) -> Response<Bytes> {
        let signer = Signer::of(&request);
        let caller = signer.as_ref().and_then(|signer| self.recorder.callers.get(&signer.access_key_id));
        let asked = permissions::asked(&self.service, &request);
        let mut recording = self.recorder.calls.record(Call {
            function: caller.as_ref().map(|caller| caller.function.clone()),
            // Whoever follows a presigned URL does so outside of the request that signed it.
            request_id: caller
                .as_ref()
                .filter(|_| signer.is_some_and(|signer| !signer.presigned))
                .and_then(|caller| caller.request_id.clone()),
            service: asked.service,
            action: asked.action.clone(),
            resource: asked.resource.clone(),
            needs: asked.needs.clone(),
            start,
            end: start,
            status: None,
        });
        let response = self.authorised(caller.as_ref(), &asked, request).await;
        recording.call.status = Some(response.status().as_u16());
        response
    }

    async fn authorised(&self, caller: Option<&Caller>, asked: &Asked, request: Request<Bytes>) -> Response<Bytes> {
        if let Some(caller) = caller
            && let Some(need) = asked.needs.iter().find(|need| !caller.policy.allows(need))
        {
            return self.access_denied(caller, need);
        }
        let response = self.service.answer(request).await;
        if let Some(caller) = caller
            && response.status() == StatusCode::NOT_FOUND
            && let Some(need) = permissions::needed_to_see_that_an_object_is_missing(asked)
            && !caller.policy.allows(&need)
        {
            return self.access_denied(caller, &need);
        }
        response
    }

    fn access_denied(&self, caller: &Caller, need: &Need) -> Response<Bytes> {
        let Need { action, resource, .. } = need;
        let function = &caller.function;
        tracing::warn!(%function, %action, %resource, "the function's policy does not allow this");
        self.service.access_denied(function, need)
    }
}

/// Whose key signed a request, by the Authorization header or in a presigned URL.
struct Signer {
    access_key_id: String,
    presigned: bool,
}

impl Signer {
    fn of(request: &Request<Bytes>) -> Option<Self> {
        if let Some(scope) = credential_in_header(request.headers()) {
            return Some(Self { access_key_id: first_part(scope), presigned: false });
        }
        let query = request.uri().query()?;
        let (_, scope) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "X-Amz-Credential")?;
        Some(Self { access_key_id: first_part(&scope), presigned: true })
    }
}

fn credential_in_header(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (_, credential) = authorization.split_once("Credential=")?;
    credential.split(',').next()
}

fn first_part(scope: &str) -> String {
    scope.split('/').next().unwrap_or_default().to_owned()
}
