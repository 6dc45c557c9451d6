// Prints Lighthouse's figures (mobile preset) for the main pages of a local stack with demo data.
// Usage: node lighthouse.mjs <portal-local> <folder for the reports>; wants lighthouse installed beside this file,
// and CHROME_PATH. PORT=9105 unless set.
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const [binary, reports] = process.argv.slice(2);
const origin = `http://localhost:${process.env.PORT ?? 9105}`;
const customer = "ana@example.com";

const portal = spawn(binary, { env: { ...process.env, PORT: new URL(origin).port }, stdio: "ignore" });
const chrome = await launch({ chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu"], logLevel: "silent" });
try {
  const cookie = await signIn();
  const dashboard = await (await fetch(origin, { headers: { cookie } })).text();
  const booking = dashboard.match(/href="(\/bookings\/[^"/]+)"/)[1];
  await mkdir(reports, { recursive: true });
  for (const [name, path] of [["sign-in", "/sign-in"], ["dashboard", "/"], ["booking", booking]]) {
    const headers = path === "/sign-in" ? {} : { cookie };
    const options = { port: chrome.port, output: "html", logLevel: "error", extraHeaders: headers };
    const { lhr, report } = await lighthouse(origin + path, options);
    await writeFile(`${reports}/${name}.html`, report);
    const scores = Object.values(lhr.categories).map(({ title, score }) => `${title} ${Math.round(score * 100)}`);
    const times = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift"]
      .map((id) => `${lhr.audits[id].title} ${lhr.audits[id].displayValue}`);
    console.log(`${name}\n  ${scores.join(" · ")}\n  ${times.join(" · ")}`);
    for (const { title, score, scoreDisplayMode } of Object.values(lhr.audits)) {
      if (score !== null && score < 1 && scoreDisplayMode !== "informative") console.log(`  below 1: ${title}`);
    }
  }
} finally {
  chrome.kill();
  portal.kill();
}

/** Signs the customer in as a browser would, and gives the cookie of the session. */
async function signIn() {
  await eventually(async () => (await fetch(`${origin}/sign-in`)).ok);
  const form = (email) => ({
    method: "POST",
    redirect: "manual",
    headers: { "sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(email ? { email } : {}),
  });
  const linkFor = async (customer) => {
    const mails = await (await fetch(`${origin}/_local/mails`)).json();
    const mail = mails.find(({ to }) => to.includes(customer));
    return mail?.text.split("\n").find((line) => line.startsWith(`${origin}/link/`));
  };
  await eventually(() => linkFor("carla@example.com")); // her confirmation comes last: the demo data is there
  await fetch(`${origin}/sign-in`, form(customer));
  const link = await eventually(() => linkFor(customer));
  const answer = await fetch(link, form());
  return answer.headers.getSetCookie().find((value) => value.startsWith("__Host-session=")).split(";")[0];
}

async function eventually(ask) {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await ask().catch(() => undefined);
    if (answer) return answer;
    await sleep(200);
  }
  throw new Error("the local stack did not answer in time");
}
