#!/usr/bin/env node
// The dashboard as it is usually written in Node: AWS's SDK, a template in a string, gzip. It asks DynamoDB what the portal's own
// dashboard asks, checks the session as that does, and shows the same bookings, with fewer words and in English alone.
'use strict';

const { createHash, timingSafeEqual } = require('node:crypto');
const http = require('node:http');
const { gzipSync } = require('node:zlib');
const { BatchGetItemCommand, DynamoDBClient } = require('@aws-sdk/client-dynamodb');

const table = process.env.TABLE;
const dynamodb = new DynamoDBClient({});

async function dashboard(event) {
  const session = readSession(event.cookies ?? []);
  if (!session) return { statusCode: 303, headers: { location: '/sign-in' } };
  const Keys = [
    { pk: { S: `SIGNINS#${session.customer}` }, sk: { S: session.link } },
    { pk: { S: `CUSTOMER#${session.customer}` }, sk: { S: 'DASHBOARD' } },
  ];
  const read = await dynamodb.send(
    new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
  );
  const found = read.Responses?.[table] ?? [];
  const signIn = found.find((item) => item.sk.S === session.link);
  if (!signIn || !isOpen(signIn, session)) return { statusCode: 303, headers: { location: '/sign-in' } };
  const rows = found.find((item) => item.sk.S === 'DASHBOARD')?.cached?.B;
  const page = show(signIn, rows ? JSON.parse(Buffer.from(rows).toString()) : { active: [], past: [] });
  return {
    statusCode: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-encoding': 'gzip', 'cache-control': 'no-store' },
    body: gzipSync(page).toString('base64'),
    isBase64Encoded: true,
  };
}

function readSession(cookies) {
  const cookie = cookies.find((cookie) => cookie.startsWith('__Host-session='));
  const bytes = Buffer.from(cookie?.split('=')[1] ?? '', 'base64url');
  if (bytes.length !== 80) return undefined;
  return {
    customer: bytes.subarray(0, 16).toString('hex'),
    link: bytes.subarray(16, 48).toString('hex'),
    hash: createHash('sha256').update(bytes.subarray(48)).digest(),
  };
}

function isOpen(signIn, session) {
  const hash = Buffer.from(signIn.session?.S ?? '', 'hex');
  const isTheirs = hash.length === session.hash.length && timingSafeEqual(hash, session.hash);
  return isTheirs && !signIn.ended_at && Number(signIn.session_until?.N ?? 0) * 1000 > Date.now();
}

const escape = (text) =>
  String(text).replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]);

function show(signIn, { active, past }) {
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Your bookings</title></head><body>
<header><p>Signed in as ${escape(signIn.masked_address?.S ?? '')}</p>
<form method="post" action="/sign-out"><button>Sign out</button></form></header>
<main><h1>Your bookings</h1>
<ul>${active.map(shownRow).join('')}</ul>
<h2>Past rentals</h2>
<ul>${past.map(shownRow).join('')}</ul>
</main></body></html>`;
}

function shownRow({ booking_id, reference, row }) {
  const { status, starts_at, ends_at, time_zone, carts = [], fulfilment } = row.booking;
  const day = new Intl.DateTimeFormat('en-US', { dateStyle: 'full', timeStyle: 'short', timeZone: time_zone });
  const things = carts.map((cart) => `<li>${escape(cart.name ?? '')} ${escape(cart.asset_type ?? '')}</li>`).join('');
  return `<li><h3><a href="/bookings/${encodeURIComponent(booking_id)}">${escape(reference)}</a></h3>
<p>${escape(status)}, ${escape(fulfilment?.method ?? '')}</p>
<p>${day.format(new Date(starts_at))} – ${day.format(new Date(ends_at))}</p><ul>${things}</ul></li>`;
}

// The Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
const address = process.env.AWS_LAMBDA_RUNTIME_API;
const runtime = `${address.includes('://') ? address : `http://${address}`}/2018-06-01/runtime`;
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(`${runtime}${path}`, { method, agent }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(parts).toString() }));
      answer.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function serve() {
  for (;;) {
    const event = await ask('GET', '/invocation/next');
    const path = `/invocation/${event.headers['lambda-runtime-aws-request-id']}`;
    try {
      await ask('POST', `${path}/response`, JSON.stringify(await dashboard(JSON.parse(event.body))));
    } catch (error) {
      const said = { errorType: error.name, errorMessage: error.message };
      await ask('POST', `${path}/error`, JSON.stringify(said));
    }
  }
}

serve();
