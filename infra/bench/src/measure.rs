//! Cold and warm runs of the release binaries, against a store that plays AWS's answers back.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use http_body_util::{BodyExt, Full};
use hyper::{
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use portal_local::{Stack, lambda::Lambda};
use serde_json::json;
use tempfile::TempDir;
use tokio::{net::TcpStream, sync::Mutex};
use tokio_rustls::rustls::pki_types::ServerName;

use crate::{
    baselines::{STATIC_HELLO, baselines},
    canned::{Player, Recorder, Tape},
    options::Options,
    process::{CpuLimit, cpu_ms, peak_memory_mb},
    progress::progress,
    report::{At20, NODE, Row},
    requests::{Customer, HttpEvent, Request},
    result::Result,
    served::{Aws, endpoints},
    statistics::Series,
    tls::Tls,
};

/// Warm runs of one request in a row, before it is the next request's turn.
const BLOCK: usize = 50;

/// Runs of the dashboard, and of a raw request, with a store that takes 20 ms.
const SLOW_RUNS: usize = 400;

/// The functions and the baselines beside them, over plain HTTP and over TLS.
pub(crate) struct Bench {
    requests: Vec<Request>,
    player: Arc<Player>,
    plain: Lambda,
    tls: Lambda,
    raw: Mutex<SendRequest<Full<Bytes>>>,
    limit: Option<CpuLimit>,
    options: Options,
    // The certificates lie in it.
    _folder: TempDir,
}

#[derive(Default)]
struct Measured {
    plain: ColdRuns,
    tls: ColdRuns,
    limited_first: Series,
    warm: Series,
    warm_cpu: f64,
    memory: f64,
}

#[derive(Default)]
struct ColdRuns {
    init: Series,
    first: Series,
    total: Series,
    second: Series,
    cpu: Series,
}

impl Bench {
    /// Records what AWS answers to each request, and starts the store that plays it back.
    pub(crate) async fn prepare(
        stack: &Stack,
        binaries: &Path,
        customer: &Customer,
        limit: Option<CpuLimit>,
        options: Options,
    ) -> Result<Self> {
        let functions = &stack.description.functions;
        let mut requests = customer.requests()?;
        requests.retain(|request| functions.iter().any(|function| function.logical_id == request.function));
        let asked: BTreeSet<_> = requests.iter().map(|request| &request.function).collect();
        if let Some(function) = functions.iter().find(|function| !asked.contains(&function.logical_id)) {
            return Err(format!("nothing is asked of {}", function.logical_id).into());
        }
        let mut init = record(stack, &mut requests).await?;
        init.extend(Tape::of_nothing());

        let tape_of_dashboard = requests.iter().find(|request| request.name == "dashboard");
        let tape_of_dashboard = tape_of_dashboard.map(|request| Arc::clone(&request.tape)).unwrap_or_default();
        let model = functions.iter().find(|function| function.logical_id == "Dashboard");
        let model = model.ok_or("the template has no Dashboard")?;
        let mut functions = functions.clone();
        for (position, baseline) in baselines(binaries).enumerate() {
            let event = HttpEvent::dashboard(&customer.session);
            let mut request = Request::http(baseline.name, baseline.function, &event, 200);
            if baseline.name == NODE {
                request.tape = Arc::clone(&tape_of_dashboard);
            }
            requests.insert(position, request);
            functions.push(baseline.like(model));
        }

        let folder = tempfile::tempdir()?;
        let tls = Tls::new(folder.path())?;
        let player = Arc::new(Player::new(init));
        player.set_delay(options.delay);
        let played = Aws::Played(Arc::clone(&player));
        let (plain, mut trusting) = (endpoints(&played, None).await?, endpoints(&played, Some(&tls.acceptor)).await?);
        let dynamodb = trusting.get("AWS_ENDPOINT_URL_DYNAMODB").and_then(|url| url.rsplit(':').next()?.parse().ok());
        trusting.extend(tls.environment.clone());
        Ok(Self {
            requests,
            player,
            plain: stack.lambda.beside(&functions, plain).await?,
            tls: stack.lambda.beside(&functions, trusting).await?,
            raw: Mutex::new(connect(dynamodb.ok_or("no DynamoDB")?, &tls).await?),
            limit,
            options,
            _folder: folder,
        })
    }

    /// Measures everything, the requests in turn, and gives one row for each.
    pub(crate) async fn rows(&self) -> Result<Vec<Row>> {
        let mut measured: Vec<Measured> = self.requests.iter().map(|_| Measured::default()).collect();
        for run in 0..self.options.cold {
            progress(&format!("\rcold runs: {} of {} ", run + 1, self.options.cold));
            for (request, measured) in self.requests.iter().zip(&mut measured) {
                self.cold(&self.plain, request, &mut measured.plain).await?;
                self.cold(&self.tls, request, &mut measured.tls).await?;
                if let Some(limit) = &self.limit {
                    measured.limited_first.push(self.cold_limited(request, limit).await?);
                }
            }
        }
        progress("\n");
        let mut done = 0;
        while done < self.options.warm {
            let block = BLOCK.min(self.options.warm - done);
            for (request, measured) in self.requests.iter().zip(&mut measured) {
                self.warm(request, block, measured).await?;
            }
            done += block;
            progress(&format!("\rwarm runs: {done} of {} ", self.options.warm));
        }
        progress("\n");
        Ok(self.requests.iter().zip(measured).map(|(request, measured)| row(request, &measured)).collect())
    }

    /// A warm dashboard and a raw request, with a store that takes 20 ms.
    pub(crate) async fn at_20_ms(&self) -> Result<At20> {
        self.player.set_delay(Duration::from_millis(20));
        let request = self.requests.iter().find(|request| request.name == "dashboard").ok_or("no dashboard")?;
        let (mut dashboard, mut raw) = (Series::default(), Series::default());
        for _ in 0..SLOW_RUNS {
            dashboard.push(self.invoke(&self.tls, request).await?.0);
            raw.push(self.raw().await?);
        }
        let mut round_trips = BTreeMap::new();
        for request in self.requests.iter().filter(|request| request.is_http()) {
            let (_, steps) = self.invoke(&self.tls, request).await?;
            round_trips.insert(request.name.to_owned(), steps);
        }
        self.player.set_delay(self.options.delay);
        Ok(At20 { dashboard_ms: dashboard.median(), raw_ms: raw.median(), round_trips })
    }

    async fn cold(&self, lambda: &Lambda, request: &Request, runs: &mut ColdRuns) -> Result<()> {
        lambda.end_idle(&request.function).await;
        let started = lambda.provision(&request.function).await?;
        let (first, _) = self.invoke(lambda, request).await?;
        let cpu = cpu_ms(started.pid.ok_or("a function without a process")?)?;
        let (second, _) = self.invoke(lambda, request).await?;
        lambda.end_idle(&request.function).await;
        let init = milliseconds(started.init);
        runs.init.push(init);
        runs.first.push(first);
        runs.total.push(init + first);
        runs.second.push(second);
        runs.cpu.push(cpu);
        Ok(())
    }

    /// The first response of an instance that is held to its share of a core once init is over, as on Lambda.
    async fn cold_limited(&self, request: &Request, limit: &CpuLimit) -> Result<f64> {
        let started = self.tls.provision(&request.function).await?;
        let held = limit.hold(started.pid.ok_or("a function without a process")?)?;
        let (first, _) = self.invoke(&self.tls, request).await?;
        self.tls.end_idle(&request.function).await;
        drop(held);
        Ok(first)
    }

    async fn warm(&self, request: &Request, runs: usize, measured: &mut Measured) -> Result<()> {
        // The one that starts the instance does not count.
        self.invoke(&self.tls, request).await?;
        let pid = self.tls.instances(&request.function).first().and_then(|instance| instance.pid);
        let pid = pid.ok_or("a function without a process")?;
        let before = cpu_ms(pid)?;
        for _ in 0..runs {
            measured.warm.push(self.invoke(&self.tls, request).await?.0);
        }
        measured.warm_cpu += cpu_ms(pid)? - before;
        measured.memory = peak_memory_mb(pid)?;
        Ok(())
    }

    /// Milliseconds to the answer, and how many DynamoDB calls followed one another.
    async fn invoke(&self, lambda: &Lambda, request: &Request) -> Result<(f64, usize)> {
        self.player.play(&request.tape);
        let payload = request.payload();
        let begun = Instant::now();
        let answer = lambda.invoke(&request.function, payload).await?;
        let took = milliseconds(begun.elapsed());
        let steps = self.player.finish().map_err(|error| format!("{}: {error}", request.name))?;
        request.check(&answer)?;
        Ok((took, steps))
    }

    /// Milliseconds of one GetItem, sent without an SDK.
    async fn raw(&self) -> Result<f64> {
        let key = json!({"TableName": "table", "Key": {"pk": {"S": "KEY"}, "sk": {"S": "KEY"}}});
        let request = hyper::Request::post("/")
            .header("host", "127.0.0.1")
            .header("x-amz-target", "DynamoDB_20120810.GetItem")
            .body(Full::new(Bytes::from(key.to_string())))?;
        let begun = Instant::now();
        self.raw.lock().await.send_request(request).await?.into_body().collect().await?;
        Ok(milliseconds(begun.elapsed()))
    }
}

/// The size of a function's package, in MB of a million bytes: its binary, deflated as well as deflate can.
pub(crate) fn package_mb(binary: &Path) -> Result<f64> {
    let mut encoder = flate2::write::DeflateEncoder::new(Counter(0), flate2::Compression::best());
    std::io::copy(&mut fs::File::open(binary)?, &mut encoder)?;
    Ok(encoder.finish()?.0 as f64 / 1e6)
}

struct Counter(u64);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Asks each request of the functions once, against the stack's own services, and gives each its tape. Returns what
/// init asks.
async fn record(stack: &Stack, requests: &mut [Request]) -> Result<Tape> {
    let recorder = Arc::new(Recorder::new(stack.aws.endpoints.clone()));
    let environment = endpoints(&Aws::Recorded(Arc::clone(&recorder)), None).await?;
    let lambda = stack.lambda.beside(&stack.description.functions, environment).await?;
    let mut init = Tape::default();
    for request in requests {
        lambda.provision(&request.function).await?;
        init.extend(recorder.take());
        let answer = lambda.invoke(&request.function, request.payload()).await?;
        request.check(&answer)?;
        request.tape = Arc::new(recorder.take());
        lambda.end_idle(&request.function).await;
    }
    Ok(init)
}

async fn connect(port: u16, tls: &Tls) -> Result<SendRequest<Full<Bytes>>> {
    let connection = TcpStream::connect(("127.0.0.1", port)).await?;
    connection.set_nodelay(true)?;
    let connection = tls.connector.connect(ServerName::try_from("127.0.0.1")?, connection).await?;
    let (raw, connection) = handshake(TokioIo::new(connection)).await?;
    tokio::spawn(connection);
    Ok(raw)
}

fn row(request: &Request, measured: &Measured) -> Row {
    let Measured { plain, tls, limited_first, warm, warm_cpu, memory } = measured;
    let runs = warm.count().max(1) as f64;
    Row {
        request: request.name.to_owned(),
        function: request.function.clone(),
        http: request.is_http(),
        init_ms: plain.init.median(),
        first_ms: plain.first.median(),
        cold_ms: plain.total.median(),
        second_ms: plain.second.median(),
        cold_cpu_ms: plain.cpu.median(),
        tls_init_ms: tls.init.median(),
        tls_first_ms: tls.first.median(),
        tls_cold_ms: tls.total.median(),
        tls_cold_cpu_ms: tls.cpu.median(),
        limited_first_ms: (limited_first.count() > 0).then(|| limited_first.median()),
        warm_p50_ms: warm.median(),
        warm_p99_ms: warm.percentile(99.0),
        warm_cpu_ms: warm_cpu / runs,
        per_second: 1000.0 * runs / warm.sum(),
        peak_memory_mb: *memory,
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The release binaries, each written afresh in the same way: how a file came to be on the disk changes by a tenth how long it
/// takes to start, and a linker leaves some as they were. `make bench-build` leaves the functions under `static`.
pub(crate) fn binaries() -> Result<TempDir> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("the program stands in no folder of cargo's")?;
    let folder = tempfile::tempdir_in(target)?;
    let write = |from: PathBuf, name: &OsStr| -> Result<()> {
        let written = folder.path().join(name);
        fs::write(&written, fs::read(from)?)?;
        Ok(fs::set_permissions(written, Permissions::from_mode(0o755))?)
    };
    for name in ["hello", "get"] {
        write(target.join("release").join(name), name.as_ref())?;
    }
    for function in fs::read_dir(target.join("static"))? {
        let (folder, name) = function.map(|function| (function.path(), function.file_name()))?;
        write(folder.join("bootstrap"), if name == "hello" { STATIC_HELLO.as_ref() } else { &name })?;
    }
    Ok(folder)
}
