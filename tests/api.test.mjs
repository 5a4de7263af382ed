// The API as its callers see it, through the running product: who gets in, what is refused and how, whose data is
// whose, and what the front door does with pages, files and the live feed.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { eventually, login, site, start } from './product.mjs'

let product
before(async () => {
  product = await start()
})
after(() => product?.stop())

const ask = async (method, path, { headers = {}, body } = {}) => {
  const json = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)
  const answer = await fetch(product.url + path, {
    method,
    headers: { ...(json ? { 'content-type': 'application/json' } : {}), ...headers },
    body: json ? JSON.stringify(body) : body,
  })
  const text = await answer.text()
  const kind = answer.headers.get('content-type') ?? ''
  return { status: answer.status, headers: answer.headers, kind, body: kind.includes('json') ? JSON.parse(text) : text }
}

const signIn = async (more = {}) => {
  const answer = await ask('POST', '/auth/login', { body: { ...login, ...more } })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return { ...answer.body, headers: { authorization: `Bearer ${answer.body.token}` }, cookie: answer.headers.get('set-cookie') }
}

const refused = (answer, status, field) => {
  assert.equal(answer.status, status, JSON.stringify(answer.body))
  assert.equal(answer.kind, 'application/problem+json')
  assert.equal(answer.body.status, status)
  if (field !== undefined) assert.deepEqual(answer.body.errors?.map((error) => error.field), [field].flat())
}

const newTenant = async (headers, name) => {
  const body = { name, site: { name, currency: 'usd', time_zone: 'america/new_york', origins: ['https://other.test'] } }
  const created = await ask('POST', '/tenants', { headers, body })
  assert.equal(created.status, 201, JSON.stringify(created.body))
  return created.body
}

test('every route that is not open refuses a caller without a session', async () => {
  const document = (await ask('GET', '/openapi.json')).body
  let closed = 0
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      if (operation['x-permission'] === 'open') continue
      closed += 1
      refused(await ask(method.toUpperCase(), path.replace(/\{[^}]+\}/g, 'x')), 401)
    }
  }
  assert.ok(closed >= 25, `${closed} routes were asked`)
})

test('a failed sign-in says the same whoever it was for, and is audited', async () => {
  const known = await ask('POST', '/auth/login', { body: { ...login, password: 'wrong' } })
  const unknown = await ask('POST', '/auth/login', { body: { email: 'nobody@demo.test', password: 'wrong' } })
  refused(known, 401)
  assert.deepEqual(known.body, unknown.body)
  const { headers } = await signIn()
  const rows = (await ask('GET', '/audit', { headers })).body.rows
  const attempt = rows.find((row) => row.action === 'session.refuse')
  assert.equal(attempt.after.reason, 'wrong password')
})

test('a cookie signs in, out of reach of scripts, and changes nothing for other sites', async () => {
  const session = await signIn()
  assert.match(session.cookie, /^adroit_session=[^;]+; HttpOnly; SameSite=Lax; Path=\/; Max-Age=43200$/)
  const cookie = session.cookie.split(';')[0]
  assert.equal((await ask('GET', '/me', { headers: { cookie } })).body.tenant.id, 'demo')
  refused(await ask('POST', '/auth/logout', { headers: { cookie } }), 403)
  refused(await ask('POST', '/auth/logout', { headers: { cookie, origin: 'https://evil.test' } }), 403)
  assert.equal((await ask('POST', '/auth/logout', { headers: { cookie, origin: product.url } })).status, 204)
  refused(await ask('GET', '/me', { headers: { authorization: `Bearer ${session.token.slice(0, -4)}AAAA` } }), 401)
})

test('a wrong value is answered with the field that holds it', async () => {
  const { headers } = await signIn()
  for (const [path, field] of [
    ['/analytics/summary?from=yesterday', 'from'],
    ['/analytics/summary?from=2026-11-20&to=2026-11-01', 'from'],
    ['/analytics/summary?from=2026-11-01&from=2026-11-02', 'from'],
    ['/analytics/summary?compare=x', 'compare'],
    ['/analytics/timeseries', 'metric'],
    ['/analytics/timeseries?metric=nope', 'metric'],
    ['/analytics/timeseries?metric=revenue&gran=x', 'gran'],
    ['/analytics/timeseries?metric=spend&by=country', 'by'],
    ['/analytics/timeseries?metric=revenue&event=x', 'event'],
    ['/analytics/breakdown?by=channel&limit=0', 'limit'],
    ['/attribution/channels?model=magic', 'model'],
    ['/attribution/channels?window=0', 'window'],
    ['/attribution/channels?model=time_decay&half_life=-1', 'half_life'],
    ['/attribution/compare?order=5', 'order'],
    ['/attribution/compare?by=country', 'by'],
    ['/attribution/paths?cursor=x', 'cursor'],
    ['/inbox?status=x', 'status'],
    ['/audit?limit=1000', 'limit'],
  ]) {
    refused(await ask('GET', path, { headers }), 422, field)
  }
  const tenant = { name: ' ', site: { key: 'NO', name: '', currency: 'EURO', time_zone: 'Mars', origins: ['*', 'shop'] } }
  const fields = ['/name', '/site/name', '/site/key', '/site/currency', '/site/time_zone', '/site/origins/1']
  refused(await ask('POST', '/tenants', { headers, body: tenant }), 422, fields)
  refused(await ask('POST', '/agents/run', { headers, body: { agent: 'analyst', context: { from: 'x' } } }), 422, '/context/from')
  refused(await ask('POST', '/auth/login', { body: { email: 1, password: 'x' } }), 422, '/email')
  refused(await ask('POST', '/auth/login', { body: '{', headers: { 'content-type': 'application/json' } }), 400)
  refused(await ask('POST', '/auth/login', { body: 'x', headers: { 'content-type': 'text/plain' } }), 415)
  refused(await ask('POST', '/auth/login', { body: { email: 'x'.repeat(70000), password: 'x' } }), 413)
  refused(await ask('GET', '/nowhere', { headers }), 404)
  refused(await ask('PUT', '/me', { headers }), 405)
})

test('a tenant sees its own data and cannot tell that there is any other', async () => {
  const demo = await signIn()
  const created = await newTenant(demo.headers, 'Other shop')
  const taken = { name: 'Copy', site: { key: created.site.key, name: 'Copy', currency: 'EUR', time_zone: 'UTC', origins: [] } }
  refused(await ask('POST', '/tenants', { headers: demo.headers, body: taken }), 409, '/site/key')

  const other = await signIn({ tenant: created.tenant.id })
  const me = (await ask('GET', '/me', { headers: other.headers })).body
  assert.deepEqual(me.sites.map((one) => one.key), [created.site.key])
  assert.equal(me.role, 'admin')
  const summary = (await ask('GET', '/analytics/summary', { headers: other.headers })).body
  assert.deepEqual([summary.currency, summary.metrics.revenue, summary.metrics.roas], ['USD', 0, null])

  const csv = { headers: { ...demo.headers, 'content-type': 'text/csv' }, body: 'date,source,spend\n2026-11-01,google,1.00\n' }
  const upload = await ask('POST', '/imports/ad-spend', csv)
  assert.equal(upload.status, 202)
  const run = await ask('POST', '/agents/run', { headers: demo.headers, body: { agent: 'analyst' } })
  assert.equal(run.status, 202)
  refused(await ask('GET', `/imports/${upload.body.id}`, { headers: other.headers }), 404)
  refused(await ask('GET', `/agents/runs/${run.body.id}`, { headers: other.headers }), 404)
  refused(await ask('GET', `/analytics/summary?site=${site}`, { headers: other.headers }), 404)
  refused(await ask('GET', `/analytics/summary?site=${created.site.key}`, { headers: demo.headers }), 404)
  for (const path of ['/imports', '/agents/runs', '/inbox', '/journeys', '/attribution/channels', '/attribution/compare']) {
    assert.deepEqual((await ask('GET', path, { headers: other.headers })).body.rows, [], path)
  }
  await eventually(async () => {
    const done = (await ask('GET', `/imports/${upload.body.id}`, { headers: demo.headers })).body
    assert.deepEqual([done.status, done.rows_loaded, done.errors], ['done', 1, []])
  })
  await eventually(async () => {
    const done = (await ask('GET', `/agents/runs/${run.body.id}`, { headers: demo.headers })).body
    assert.equal(done.status, 'succeeded')
    assert.ok(done.output.summary.length > 0 && done.output.figures.length > 0)
  })
})

test('a refused event is listed once, stays open when refused again, and is put aside for good', async () => {
  const { headers } = await signIn()
  const sid = randomUUID()
  refused(await ask('POST', `/collect?site=${site}`, { body: { event: 'purchase', sid, value: 'lots', currency: 'EUR' } }), 422)
  const mine = async (status = 'open') => {
    const rows = (await ask('GET', `/inbox?status=${status}`, { headers })).body.rows
    return rows.filter((row) => row.payload.includes(sid))
  }
  const [row] = await eventually(async () => {
    const rows = await mine()
    assert.equal(rows.length, 1)
    return rows
  })
  assert.equal(row.field, 'value')
  const replayed = (await ask('POST', `/inbox/${row.id}/replay`, { headers })).body
  assert.equal(replayed.status, 'open')
  assert.match(replayed.detail, /^value: /)
  assert.equal((await mine('all')).length, 1)
  assert.equal((await ask('POST', `/inbox/${row.id}/dismiss`, { headers })).status, 204)
  refused(await ask('POST', `/inbox/${row.id}/replay`, { headers }), 409)
  assert.deepEqual(await mine(), [])
})

test('the live feed shows a hit within two seconds of storing it and goes on where a listener stopped', async () => {
  const { headers } = await signIn()
  const listen = async (lastEventId, until) => {
    const stop = new AbortController()
    const seen = lastEventId === undefined ? {} : { 'last-event-id': lastEventId }
    const answer = await fetch(`${product.url}/analytics/live`, { headers: { ...headers, ...seen }, signal: stop.signal })
    assert.equal(answer.headers.get('content-type'), 'text/event-stream')
    const hits = []
    let active
    let rest = ''
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      const messages = (rest + chunk).split('\n\n')
      rest = messages.pop()
      for (const message of messages) {
        const field = (name) => message.split('\n').find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
        if (field('event') === 'hit') hits.push({ id: field('id'), ...JSON.parse(field('data')), cursor: field('id') })
        if (field('event') === 'active') active = JSON.parse(field('data'))
      }
      if (until(hits, active)) break
    }
    stop.abort()
    return { hits, active }
  }
  const sid = randomUUID()
  const listening = listen(undefined, (hits, active) => active && hits.some((hit) => hit.visitor === sid))
  const sent = await ask('POST', `/collect?site=${site}`, { body: { event: 'pageview', sid, url: 'https://shop.test/live' } })
  assert.equal(sent.status, 204)
  const { hits, active } = await listening
  assert.deepEqual(Object.keys(active).sort(), ['events_5m', 'orders_today', 'revenue_today', 'visitors_5m'])
  const hit = hits.find((one) => one.visitor === sid)
  assert.equal(hit.path, '/live')
  const again = await listen(String(Number(hit.cursor) - 1), (missed) => missed.length > 0)
  assert.equal(again.hits[0].cursor, hit.cursor)
})

test('the front door tells pages, files, data and collection apart', async () => {
  const page = await ask('GET', '/journeys', { headers: { accept: 'text/html' } })
  assert.match(page.kind, /^text\/html/)
  assert.match(page.headers.get('content-security-policy'), /script-src 'self';/)
  refused(await ask('GET', '/journeys'), 401)
  refused(await ask('GET', '/assets/none.js'), 404)
  assert.match((await ask('GET', '/p.js')).kind, /javascript/)
  assert.equal((await ask('GET', '/healthz', { headers: { accept: 'text/html' } })).body.status, 'ok')
})
