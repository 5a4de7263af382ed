// The night's clearing, by the entry of the timetable that starts it: what is past its term goes, what is younger stays,
// each tenant by its own term, and figures about the past are what they were.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ok, shop } from './people.mjs'
import { day, eventually, offline, start } from './product.mjs'

const DAY = 86_400_000
const HOUR = 3_600_000

let product
before(async () => {
  product = await start()
})
after(() => product?.stop())

test('events past their site’s term go, younger ones stay, and the figures do not change', async () => {
  // A term that is no longer the default's stands in the site's row; no screen sets it yet.
  const shops = { long: { ...(await shop(product.url, 'Long memory')), term: 400 }, short: { ...(await shop(product.url, 'Short memory')), term: 30 } }
  await offline(product, (db) => {
    const { changes } = db.prepare('UPDATE sites SET retention_days = 30 WHERE key = ?').run(shops.short.site.key)
    assert.equal(changes, 1)
  })

  /** Days back of one visit each: the page it begins with, a page after it, and an order. */
  const visits = [5, 29, 31, 200, 399, 401, 900]
  for (const { site } of Object.values(shops)) {
    const batch = visits.flatMap((back) => {
      const sid = randomUUID()
      const at = (minutes) => ({ sid, ts: Date.now() - back * DAY - 12 * HOUR + minutes * 60_000 })
      return [
        { event: 'pageview', url: 'https://shop.test/?utm_source=news&utm_medium=email', ...at(0) },
        { event: 'pageview', url: 'https://shop.test/wool', ...at(1) },
        { event: 'purchase', value: 10, order_id: `${site.key}-${back}`, ...at(2) },
      ]
    })
    const sent = await product.send({ batch }, { origin: 'https://shop.test' }, `/collect?site=${site.key}`)
    assert.equal(sent.status, 204, JSON.stringify(sent.body))
  }

  const range = `from=${day(Date.now() - 1000 * DAY)}&to=${day()}`
  const figures = async ({ analyst }) => {
    const { metrics } = ok(await analyst.ask('GET', `/analytics/summary?${range}`))
    const series = async (query) => ok(await analyst.ask('GET', `/analytics/timeseries?gran=m&${query}&${range}`)).points.map((point) => point.value)
    return { metrics, events: await series('metric=events'), pages: await series('metric=events&event=pageview') }
  }
  const counted = (all) => all.reduce((sum, value) => sum + value, 0)
  const before = {}
  for (const [name, one] of Object.entries(shops)) {
    before[name] = await eventually(async () => {
      const found = await figures(one)
      assert.deepEqual([counted(found.events), counted(found.pages), found.metrics.orders], [3 * visits.length, 2 * visits.length, visits.length])
      return found
    })
  }

  // Hours that are not rolled up yet keep their events, however old they are.
  const left = () =>
    offline(product, (db) =>
      Object.fromEntries(
        Object.entries(shops).map(([name, { tenant, site }]) => {
          const rows = db.prepare('SELECT event, touch, received_at, t FROM events WHERE tenant_id = ? AND site = ?').all(tenant.id, site.key)
          const kind = ({ event, touch }) => (event === 'purchase' ? 'order' : touch === 1 ? 'touch' : 'page')
          const kept = { order: [], touch: [], page: [] }
          for (const row of rows) kept[kind(row)].push(visits.find((back) => Math.abs(Date.now() - row.t - back * DAY - 12 * HOUR) < HOUR))
          for (const list of Object.values(kept)) list.sort((a, b) => a - b)
          return [name, kept]
        }),
      ),
    )
  await product.scheduled('17 3 * * *')
  const everything = { order: visits, touch: visits, page: visits }
  assert.deepEqual(await left(), { long: everything, short: everything })

  await product.scheduled('5 * * * *')
  await product.scheduled('17 3 * * *')
  // Orders and touchpoints are what attribution is made of: they stay.
  assert.deepEqual(await left(), {
    long: { ...everything, page: visits.filter((back) => back < 400) },
    short: { ...everything, page: visits.filter((back) => back < 30) },
  })
  for (const [name, one] of Object.entries(shops)) {
    assert.deepEqual(await figures(one), before[name], name)
    const { rows } = ok(await one.admin.ask('GET', '/audit?limit=50'))
    const told = rows.filter((row) => row.action === 'events.retire')
    assert.deepEqual(told.map(({ actor, entity, after }) => [actor, entity, after.removed, after.retention_days]), [
      ['system', `site:${one.site.key}`, visits.filter((back) => back > one.term).length, one.term],
    ])
    assert.equal(ok(await one.admin.ask('GET', '/audit/verify')).holds, true)
  }

  // A night with nothing to do tells nobody anything.
  await product.scheduled('17 3 * * *')
  for (const one of Object.values(shops)) {
    const { rows } = ok(await one.admin.ask('GET', '/audit?limit=50'))
    assert.equal(rows.filter((row) => row.action === 'events.retire').length, 1)
  }
})

test('what comes late for an hour whose events are gone is stored and told, and what was counted stays', async () => {
  const one = await shop(product.url, 'Late news')
  await offline(product, (db) => db.prepare('UPDATE sites SET retention_days = 30 WHERE key = ?').run(one.site.key))
  const sid = randomUUID()
  const noon = Math.floor(Date.now() / DAY) * DAY - 40 * DAY + 12 * HOUR
  const send = async (events) => {
    const batch = events.map(([minute, event]) => ({ sid, ts: noon + minute * 60_000, event: 'pageview', url: 'https://shop.test/wool', ...event }))
    const sent = await product.send({ batch }, { origin: 'https://shop.test' }, `/collect?site=${one.site.key}`)
    assert.equal(sent.status, 204, JSON.stringify(sent.body))
  }
  const range = `from=${day(noon - 5 * DAY)}&to=${day()}`
  const figures = async () => {
    const { metrics } = ok(await one.analyst.ask('GET', `/analytics/summary?${range}`))
    const series = ok(await one.analyst.ask('GET', `/analytics/timeseries?gran=d&metric=events&${range}`)).points
    const { rows } = ok(await one.admin.ask('POST', '/query/run', { body: { sql: 'SELECT events, pageviews, orders FROM sessions' } }))
    return { events: series.reduce((sum, point) => sum + point.value, 0), orders: metrics.orders, revenue: metrics.revenue, rows }
  }
  await send([
    [0, { url: 'https://shop.test/?utm_source=news&utm_medium=email' }],
    [1, {}],
    [2, {}],
    [3, { event: 'purchase', value: 10, order_id: 'first' }],
  ])
  const counted = { events: 4, orders: 1, revenue: 1000, rows: [[4, 3, 1]] }
  await eventually(async () => assert.deepEqual(await figures(), counted))
  await product.scheduled('5 * * * *')
  await product.scheduled('17 3 * * *')
  const stored = () => offline(product, (db) => db.prepare('SELECT COUNT(*) AS n FROM events WHERE site = ?').get(one.site.key).n)
  assert.equal(await stored(), 2, 'the touch and the order')
  assert.deepEqual(await figures(), counted)

  // The visitor's phone was off: two more pages and an order of that visit. Money is money, whenever it is told of.
  await send([
    [4, {}],
    [5, {}],
    [6, { event: 'purchase', value: 5, order_id: 'second' }],
  ])
  const later = { ...counted, orders: 2, revenue: 1500 }
  await eventually(async () => assert.deepEqual(await figures(), later))
  const inbox = async () => ok(await one.marketer.ask('GET', '/inbox')).rows
  const told = await eventually(async () => {
    const rows = await inbox()
    assert.equal(rows.reduce((sum, row) => sum + JSON.parse(row.payload).event_ids.length, 0), 3, JSON.stringify(rows))
    return rows
  })
  for (const row of told) {
    assert.deepEqual([row.source, row.field], ['warehouse', 'ts'])
    assert.match(row.reason, new RegExp(`^\\d of ${day(noon)} 12:00 came after that hour or visit was closed`))
  }
  assert.equal((await one.marketer.ask('POST', `/inbox/${told[0].id}/replay`)).status, 409)
  assert.equal((await one.marketer.ask('POST', `/inbox/${told[0].id}/dismiss`)).status, 204)
  await product.scheduled('5 * * * *')
  assert.deepEqual(await figures(), later)
  await product.scheduled('17 3 * * *')
  assert.equal(await stored(), 3, 'and the second order')
  assert.deepEqual(await figures(), later)
})

test('answers kept under an Idempotency-Key go after their day, tenant by tenant', async () => {
  const shops = [await shop(product.url, 'First keeper'), await shop(product.url, 'Second keeper')]
  const invite = ({ admin }, key, email) => admin.ask('POST', '/team/invitations', { headers: { 'idempotency-key': key }, body: { email, role: 'analyst' } })
  const kept = []
  for (const [at, one] of shops.entries()) {
    for (const key of ['old', 'young']) kept.push({ one, key, email: `${key}-${at}@shop.test`, answer: ok(await invite(one, key, `${key}-${at}@shop.test`), 201) })
  }
  const rows = (db) =>
    shops.map(({ tenant }) => db.prepare('SELECT key FROM idempotency_keys WHERE tenant_id = ? ORDER BY key').all(tenant.id).map((row) => row.key))
  await offline(product, (db) => {
    assert.deepEqual(rows(db), [['old', 'young'], ['old', 'young']])
    const age = db.prepare('UPDATE idempotency_keys SET created_at = created_at - ? WHERE tenant_id = ? AND key = ?')
    for (const { tenant } of shops) {
      age.run(24 * HOUR + 60_000, tenant.id, 'old')
      age.run(23 * HOUR, tenant.id, 'young')
    }
  })
  await product.scheduled('17 3 * * *')
  await offline(product, (db) => assert.deepEqual(rows(db), [['young'], ['young']]))

  for (const { one, key, email, answer } of kept) {
    const again = await invite(one, key, email)
    const replayed = again.headers.get('idempotency-replayed')
    // What is forgotten is done again: another invitation takes the first one's place.
    assert.deepEqual([again.status, replayed, again.body.id === answer.id], [201, key === 'young' ? 'true' : null, key === 'young'], `${key} ${again.text}`)
  }
})
