// Collection as a sender sees it, through the running product: who may send, what is refused and why, and what becomes
// of what was accepted.
import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { day, eventually, secret, site, start } from './product.mjs'

let product
before(async () => {
  product = await start()
})
after(() => product?.stop())

const today = `from=${day()}&to=${day()}`
const summary = async () => (await product.api(`/analytics/summary?${today}`)).body.metrics
const channels = async (model = 'last_touch') =>
  (await product.api(`/attribution/channels?model=${model}&${today}`)).body.rows

test('the documented pixel body and the unsigned server purchase work as they are, and last touch shows the source', async () => {
  const sid = randomUUID()
  const page = {
    event: 'pageview', ts: new Date().toISOString(), url: 'https://shop.test/?utm_source=fb&utm_medium=cpc', ref: '', sid,
    utm_source: 'Facebook', utm_medium: 'CPC', utm_campaign: null, props: {},
  }
  assert.equal((await product.send(page, { origin: 'https://shop.test' })).status, 204)
  assert.equal((await product.send({ event: 'purchase', sid, value: 129.0, currency: 'EUR' })).status, 204)
  await eventually(async () => {
    const row = (await channels()).find((row) => row.source === 'facebook')
    assert.deepEqual([row?.channel, row?.conversions, row?.value], ['Paid Social', 1, 12900])
  })
})

test('an event sent again under its id counts once', async () => {
  const before = (await summary()).revenue
  const event = { event: 'purchase', id: randomUUID(), sid: randomUUID(), value: '10.00' }
  for (let i = 0; i < 3; i++) assert.equal((await product.send(event)).status, 204)
  assert.equal((await product.send({ batch: [event, event] })).status, 204)
  await eventually(async () => assert.equal((await summary()).revenue, before + 1000))
})

test('server events are signed: right, wrong, late and missing signatures', async () => {
  const body = JSON.stringify({ event: 'signup', sid: randomUUID() })
  const sign = (t, key = secret) => `t=${t},v1=${createHmac('sha256', key).update(`${t}.${body}`).digest('hex')}`
  const now = Math.floor(Date.now() / 1000)
  const status = async (signature) => (await product.send(body, { 'adroit-signature': signature })).status
  assert.equal(await status(sign(now)), 204)
  assert.equal(await status(sign(now, 'other')), 401)
  assert.equal(await status(sign(now - 301)), 401)
  assert.equal(await status('nonsense'), 401)
})

test('a site takes events from its own origins only, and lets only them read the answer', async () => {
  const created = await product.api('/tenants', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'Other shop',
      site: { name: 'Other', currency: 'USD', time_zone: 'America/New_York', origins: ['https://other.test'] },
    }),
  })
  assert.equal(created.status, 201)
  const key = created.body.site.key
  const event = { event: 'pageview', sid: randomUUID() }
  const own = await product.send(event, { origin: 'https://other.test' }, `/collect?site=${key}`)
  assert.deepEqual([own.status, own.headers.get('access-control-allow-origin')], [204, 'https://other.test'])
  const foreign = await product.send(event, { origin: 'https://evil.test' }, `/collect?site=${key}`)
  assert.deepEqual([foreign.status, foreign.headers.get('access-control-allow-origin')], [403, null])
  const unsigned = await product.send(event, {}, `/collect?site=${key}`)
  assert.equal(unsigned.status, 401)
  const preflight = await fetch(`${product.url}/collect?site=${key}`, {
    method: 'OPTIONS',
    headers: { origin: 'https://other.test', 'access-control-request-method': 'POST' },
  })
  assert.deepEqual([preflight.status, preflight.headers.get('access-control-allow-origin')], [204, 'https://other.test'])
})

test('what cannot be admitted is refused by field, kept in the inbox, and replayed after a fix', async () => {
  const answer = await product.send({ event: 'purchase', sid: randomUUID(), value: '12,50' })
  assert.equal(answer.status, 422)
  assert.equal(answer.headers.get('content-type'), 'application/problem+json')
  assert.deepEqual(answer.body.errors.map((error) => error.field), ['/value'])

  const partly = await product.send({ batch: [{ event: 'a', sid: 's' }, { sid: 's' }] })
  assert.deepEqual([partly.status, partly.body.accepted, partly.body.rejected[0].field], [200, 1, '/batch/1/event'])

  const inbox = await eventually(async () => {
    const { rows } = (await product.api('/inbox?status=open')).body
    assert.ok(rows.length >= 2)
    return rows
  })
  const kept = inbox.find((row) => row.field === 'value')
  assert.match(kept.payload, /12,50/)
  // Nothing was fixed, so it is refused again, and says so.
  const again = await product.api(`/inbox/${kept.id}/replay`, { method: 'POST' })
  assert.notEqual(again.body.status, 'replayed')
  assert.equal((await product.api(`/inbox/${kept.id}/dismiss`, { method: 'POST' })).status < 300, true)
})

test('too much, unreadable and unaddressed bodies are refused with what to do', async () => {
  const many = await product.send({ batch: Array.from({ length: 501 }, () => ({ event: 'a', sid: 's' })) })
  assert.deepEqual([many.status, /501 events/.test(many.body.detail)], [413, true])
  assert.equal((await product.send('{"event":')).status, 400)
  assert.equal((await product.send({ event: 'a', sid: 's', site: 'nobody' })).status, 404)
  assert.equal((await product.send({ event: 'a' })).status, 422)
  assert.equal((await fetch(`${product.url}/collect`)).status, 405)
})

test('late events join, extend and merge sessions by event time', async () => {
  const sid = randomUUID()
  const start = Date.now() - 5 * 3600_000
  const minutes = (m) => start + m * 60_000
  const sessions = async () => {
    const { body } = await product.api(`/journeys/${encodeURIComponent(`v:${sid}`)}`)
    return body?.sessions?.map((session) => session.events.length).sort()
  }
  const page = (m) => ({ event: 'pageview', sid, ts: minutes(m), url: `https://shop.test/${m}` })
  await product.send({ batch: [page(0), page(50)] })
  await eventually(async () => assert.deepEqual(await sessions(), [1, 1]))
  await product.send(page(25))
  await eventually(async () => assert.deepEqual(await sessions(), [3]))
  await product.send(page(81))
  await eventually(async () => assert.deepEqual(await sessions(), [1, 3]))
})

test('credit moves with the model and always sums to the revenue', async () => {
  const sid = randomUUID()
  const hour = (h) => Date.now() - h * 3600_000
  const visit = (h, source, medium) => ({
    event: 'pageview', sid, ts: hour(h), url: `https://shop.test/?utm_source=${source}&utm_medium=${medium}`,
  })
  await product.send({
    batch: [visit(4, 'tiktok', 'paid-social'), visit(3, 'newsletter', 'email'), visit(2, 'bing', 'cpc'),
      { event: 'purchase', sid, ts: hour(1), value: 100 }],
  })
  const credit = async (model, source) => (await channels(model)).find((row) => row.source === source)?.value ?? 0
  await eventually(async () => assert.equal(await credit('last_touch', 'bing'), 10000))
  assert.equal(await credit('first_touch', 'tiktok'), 10000)
  const { revenue } = await summary()
  for (const model of ['first_touch', 'last_touch', 'last_non_direct', 'linear', 'position_based', 'time_decay']) {
    const total = (await channels(model)).reduce((sum, row) => sum + row.value, 0)
    assert.equal(total, revenue, model)
  }
  assert.deepEqual(
    await Promise.all(['tiktok', 'newsletter', 'bing'].map((source) => credit('position_based', source))),
    [4000, 2000, 4000],
  )
})

test('an ad-spend file is imported, its bad row named, and its spend stands beside the revenue', async () => {
  const csv = `date,source,medium,campaign,impressions,clicks,spend,currency
${day()},Facebook,cpc,Spring,1000,20,12.50,EUR
${day()},Facebook,cpc,Spring,1000,20,abc,EUR
`
  const { status, body } = await product.api(`/imports/ad-spend?site=${site}`, {
    method: 'POST', headers: { 'content-type': 'text/csv' }, body: csv,
  })
  assert.equal(status, 202)
  const done = await eventually(async () => {
    const answer = (await product.api(`/imports/${body.id}`)).body
    assert.equal(answer.status, 'done')
    return answer
  })
  assert.deepEqual([done.rows_loaded, done.rows_rejected, done.errors[0].row, done.errors[0].field], [1, 1, 3, 'spend'])
  const row = (await channels()).find((row) => row.source === 'facebook')
  assert.deepEqual([row.spend, row.clicks, row.impressions], [1250, 20, 1000])
})

test('the analyst writes the summary from the catalog', async () => {
  const { status, body } = await product.api('/agents/run', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ agent: 'analyst', context: { from: day(), to: day() } }),
  })
  assert.equal(status, 202)
  const run = await eventually(async () => {
    const answer = (await product.api(`/agents/runs/${body.id}`)).body
    assert.equal(answer.status, 'succeeded')
    return answer
  })
  const { metrics } = (await product.api(`/analytics/summary?${today}`)).body
  const figure = run.output.figures.find((figure) => figure.metric === 'revenue')
  assert.equal(figure.value, metrics.revenue)
})

test('rolled-up hours count what their events count', async () => {
  const sid = randomUUID()
  const page = (hours) => ({ event: 'rolled', sid, ts: Date.now() - hours * 3600_000 })
  await product.send({ batch: [page(2), page(3), page(3)] })
  const from = `from=${day(Date.now() - 86_400_000)}&to=${day()}`
  const counted = async () => {
    const { body } = await product.api(`/analytics/timeseries?metric=events&event=rolled&gran=h&${from}`)
    return body.points.filter((point) => point.value > 0).map((point) => point.value)
  }
  await eventually(async () => assert.deepEqual(await counted(), [2, 1]))
  await product.scheduled('5 * * * *')
  assert.deepEqual(await counted(), [2, 1])
  await product.send(page(3))
  await eventually(async () => assert.deepEqual(await counted(), [3, 1]))
})

test('another tenant sees none of it', async () => {
  const strangers = await fetch(`${product.url}/analytics/summary?${today}`)
  assert.equal(strangers.status, 401)
  const foreign = await product.api(`/analytics/summary?${today}&site=no-such-site`)
  assert.equal(foreign.status, 404)
})
