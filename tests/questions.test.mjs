// Questions through the running product: the four KPIs against figures counted from what was sent, questions in words
// with their cache, SQL in the sandbox, and two shops that must not see each other.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { day, eventually, start } from './product.mjs'
import { demoAdmin, ok, shop } from './people.mjs'

const DAY = 86_400_000
const noon = Math.floor(Date.now() / DAY) * DAY + DAY / 2
// Whole days, the last of them yesterday; and as many before.
const WINDOWS = { last: [30, 1], before: [60, 31] }
const inside = (daysAgo, [oldest, newest]) => daysAgo <= oldest && daysAgo >= newest

let product, own, other, sent
before(async () => {
  product = await start()
  own = await shop(product.url, 'Questions')
  other = await shop(product.url, 'Somebody else')
  sent = visits(1)
  await send(own, sent, 'own')
  await send(other, visits(7), 'FOREIGN')
  await spend(own, 1)
  await spend(other, 9)
  // Both shops' events and spend are stored: from here on the figures stand still.
  await eventually(async () => {
    for (const shop of [own, other]) {
      const range = `from=${day(Date.now() - 70 * DAY)}&to=${day()}&site=${shop.site.key}`
      const { body } = await shop.analyst.ask('GET', `/analytics/summary?${range}`)
      assert.equal(body.metrics.sessions, sent.length)
      assert.equal(body.metrics.orders, sent.filter((visit) => visit.value).length)
      assert.equal(body.metrics.email_delivered, 68 * 1000)
    }
  }, { within: 90_000 })
})
after(() => product?.stop())

// A visit a visitor, five a week, some with a campaign and some with a purchase.
function visits(factor) {
  const all = []
  for (let n = 0; n < 96; n += 1) {
    const daysAgo = 1 + (n * 7) % 64
    all.push({
      sid: randomUUID(), daysAgo, t: noon - daysAgo * DAY + (n % 5) * 600_000,
      campaign: ['spring_sale', '', 'brand', ''][n % 4],
      source: ['newsletter', 'google', 'google', 'partner.test'][n % 4],
      medium: ['email', 'organic', 'cpc', 'referral'][n % 4],
      value: n % 3 === 0 ? (10 + n) * factor : 0,
    })
  }
  return all
}

async function send(shop, visits, mark) {
  for (let at = 0; at < visits.length; at += 24) {
    const batch = visits.slice(at, at + 24).flatMap((visit) => {
      const tags = new URLSearchParams({ utm_source: visit.source, utm_medium: visit.medium })
      if (visit.campaign) tags.set('utm_campaign', visit.campaign)
      const page = { event: 'pageview', sid: visit.sid, ts: visit.t, url: `https://shop.test/${mark}?${tags}` }
      const purchase = { event: 'purchase', sid: visit.sid, ts: visit.t + 60_000, value: visit.value, order_id: `${mark}-${visit.sid}` }
      return visit.value ? [page, purchase] : [page]
    })
    const answer = await product.send({ batch }, { origin: 'https://shop.test' }, `/collect?site=${shop.site.key}`)
    assert.equal(answer.status, 204, JSON.stringify(answer.body))
  }
}

async function spend(shop, factor) {
  const lines = ['date,source,medium,campaign,impressions,clicks,spend']
  for (let daysAgo = 1; daysAgo <= 68; daysAgo += 1) {
    const date = day(noon - daysAgo * DAY)
    lines.push(`${date},klaviyo,email,flow,1000,${(daysAgo % 9) * factor},0`)
    lines.push(`${date},google,cpc,brand,5000,${50 * factor},${12 * factor}.50`)
  }
  const answer = await shop.marketer.ask('POST', `/imports/ad-spend?site=${shop.site.key}`, {
    headers: { 'content-type': 'text/csv' }, body: lines.join('\n'),
  })
  assert.equal(answer.status, 202, answer.text)
}

const sum = (list) => list.reduce((total, value) => total + value, 0)
const ask = async (who, question) => ok(await who.ask('POST', '/query/ask', { body: { question } }))

test('the four KPIs are what was sent, counted by hand, and what the raw analytics say', async () => {
  const { rows, currency, schema_version } = ok(await own.analyst.ask('GET', `/kpis?site=${own.site.key}`))
  assert.equal(currency, 'EUR')
  assert.match(schema_version, /^[0-9a-f]{16}-d1$/)
  const kpi = Object.fromEntries(rows.map((row) => [row.id, row]))
  const range = ([oldest, newest]) => [day(noon - oldest * DAY), day(noon - newest * DAY)]
  const within = (window, list = sent) => list.filter((visit) => inside(visit.daysAgo, window))
  const ofCampaigns = (window) => within(window).filter((visit) => visit.campaign)
  const orders = (list) => list.filter((visit) => visit.value)
  const revenue = (list) => 100 * sum(list.map((visit) => visit.value))

  const expected = {
    revenue: [WINDOWS.last, revenue(within(WINDOWS.last)), revenue(within(WINDOWS.before))],
    campaign_aov: [WINDOWS.before, revenue(ofCampaigns(WINDOWS.before)) / orders(ofCampaigns(WINDOWS.before)).length],
    campaign_conversion_rate: [WINDOWS.last, orders(ofCampaigns(WINDOWS.last)).length / ofCampaigns(WINDOWS.last).length],
    email_ctr: [WINDOWS.before, sum(Array.from({ length: 30 }, (_, n) => (n + 31) % 9)) / 30_000],
  }
  for (const [id, [window, value, previous]] of Object.entries(expected)) {
    const found = kpi[id]
    assert.equal(found.value, value, id)
    if (previous !== undefined) assert.equal(found.previous, previous, id)
    assert.deepEqual([found.from, found.to], range(window), id)
    assert.match(found.sql, /tenant_id = \?1/)
    assert.match(found.definition, /30 whole days in the site's time zone/)
    assert.ok(value > 0, id)
  }

  // The raw analytics of the same days.
  const figures = async (by, [from, to]) =>
    ok(await own.analyst.ask('GET', `/analytics/breakdown?by=${by}&from=${from}&to=${to}&site=${own.site.key}`)).rows
  const tagged = (rows) => rows.filter((row) => row.key !== '(none)').map((row) => row.metrics)
  const beforeLast = tagged(await figures('campaign', range(WINDOWS.before)))
  assert.equal(kpi.campaign_aov.value, sum(beforeLast.map((row) => row.revenue)) / sum(beforeLast.map((row) => row.orders)))
  const last = tagged(await figures('campaign', range(WINDOWS.last)))
  assert.equal(kpi.campaign_conversion_rate.value, sum(last.map((row) => row.orders)) / sum(last.map((row) => row.sessions)))
  const email = (await figures('channel', range(WINDOWS.before))).find((row) => row.key === 'Email').metrics
  assert.equal(kpi.email_ctr.value, email.clicks / email.impressions)
})

test('a KPI asked in words is the KPI, and its SQL was there before', async () => {
  const { rows } = ok(await own.approver.ask('GET', '/kpis'))
  for (const kpi of rows) {
    const answer = await ask(own.analyst, kpi.question)
    assert.equal(answer.rows[0][0], kpi.value, kpi.question)
    assert.deepEqual([answer.cache.hit, answer.cache.origin], [true, 'load'], kpi.question)
    assert.deepEqual([answer.days.from, answer.days.to], [kpi.from, kpi.to])
  }
  const { rows: suggestions } = ok(await own.analyst.ask('GET', '/query/suggestions'))
  assert.ok(suggestions.length >= 30 && suggestions[0].hits >= 1)
})

test('a question is understood once, then found, whoever asks and however it is typed; a thumb down drops it', async () => {
  const first = await ask(own.analyst, 'Revenue and orders by source since 2026-01-01')
  assert.deepEqual([first.cache.hit, first.cache.origin, first.chart], [false, 'grammar', 'table'])
  assert.deepEqual(first.columns.map((column) => [column.name, column.unit, column.currency ?? null]), [
    ['source', 'text', null], ['revenue', 'money', 'EUR'], ['orders', 'count', null],
  ])
  const bySource = {}
  for (const visit of sent) bySource[visit.source] = (bySource[visit.source] ?? 0) + 100 * visit.value
  for (const [source, revenue] of first.rows) assert.equal(revenue, bySource[source], source)
  assert.equal(sum(first.rows.map((row) => row[1])), 100 * sum(sent.map((visit) => visit.value)))

  const again = await ask(own.approver, '  revenue AND orders by source  since 2026-01-01 ?')
  assert.deepEqual([again.hash, again.cache.hit, again.cache.hits], [first.hash, true, 1])
  assert.deepEqual(again.rows, first.rows)

  const body = { hash: first.hash, verdict: 'down', comment: 'the sources look wrong' }
  assert.equal((await own.analyst.ask('POST', '/query/feedback', { body })).status, 204)
  const anew = await ask(own.analyst, 'Revenue and orders by source since 2026-01-01')
  assert.equal(anew.cache.hit, false)
  const { rows: audit } = ok(await own.admin.ask('GET', '/audit'))
  assert.ok(audit.some((row) => row.action === 'question.feedback' && row.after.verdict === 'down'))
  assert.equal((await own.analyst.ask('POST', '/query/feedback', { body: { hash: 'f'.repeat(64), verdict: 'up' } })).status, 404)
})

test('a line has every day, a comparison has both figures', async () => {
  const line = await ask(own.analyst, 'orders by day last 30 days')
  assert.equal(line.chart, 'line')
  assert.equal(line.rows.length, 30)
  assert.deepEqual([line.rows[0][0], line.rows[29][0]], [day(noon - 30 * DAY), day(noon - DAY)])
  const orders = (window) => sent.filter((visit) => visit.value && inside(visit.daysAgo, window)).length
  assert.equal(sum(line.rows.map((row) => row[1])), orders(WINDOWS.last))
  const compared = await ask(own.analyst, 'How did orders change?')
  assert.deepEqual(compared.rows, [[orders(WINDOWS.last), orders(WINDOWS.before)]])
  assert.ok(compared.compared.to < compared.days.from)
})

test('what is not understood is named, with three questions that can be asked', async () => {
  const answer = await own.analyst.ask('POST', '/query/ask', { body: { question: 'revenue by unicorn last month' } })
  assert.equal(answer.status, 422, answer.text)
  assert.match(answer.body.detail, /unicorn/)
  const suggestions = answer.body.errors.filter((error) => error.field.startsWith('/suggestions/')).map((error) => error.detail)
  assert.equal(suggestions.length, 3)
  for (const question of suggestions) await ask(own.analyst, question)
})

test('SQL reads its own shop only, and writes nothing', async () => {
  const run = (who, sql) => who.ask('POST', '/query/run', { body: { sql } })
  const counted = ok(await run(own.analyst, 'SELECT channel, COUNT(*) AS orders, SUM(revenue) AS revenue FROM orders GROUP BY channel ORDER BY revenue DESC'))
  assert.deepEqual(counted.columns.map((column) => [column.name, column.unit]), [['channel', 'value'], ['orders', 'count'], ['revenue', 'money']])
  assert.equal(sum(counted.rows.map((row) => row[2])), 100 * sum(sent.map((visit) => visit.value)))
  const paths = ok(await run(own.analyst, "SELECT DISTINCT path FROM events WHERE path <> ''"))
  assert.deepEqual(paths.rows, [['/own']])
  const all = ok(await run(own.analyst, 'SELECT * FROM events WHERE 1=1 OR 1=1 LIMIT 10000'))
  assert.ok(all.rows.length > 100 && !JSON.stringify(all).includes('FOREIGN'))
  const theirs = ok(await run(other.analyst, 'SELECT COUNT(*) AS n, MAX(path) AS path FROM events'))
  assert.deepEqual(theirs.rows, [[all.rows.length, '/FOREIGN']])

  for (const sql of [
    'SELECT * FROM users', 'SELECT * FROM sqlite_master', 'SELECT tenant_id FROM events', 'DELETE FROM events',
    'SELECT 1; DROP TABLE events', 'WITH events AS (SELECT * FROM events) SELECT * FROM events',
    'PRAGMA table_info(users)', "ATTACH ':memory:' AS x", 'SELECT (SELECT email FROM users) FROM events', 'SELECT ?1 FROM events',
    'SELECT * FROM main.events', "SELECT * FROM pragma_table_info('users')", 'SELECT load_extension(1) FROM events',
  ]) {
    const answer = await run(own.admin, sql)
    assert.equal(answer.status, 422, `${sql}: ${answer.text}`)
    assert.equal(answer.body.errors[0].field, '/sql', sql)
  }
  // What the engine refuses is told as the author's mistake.
  const misuse = await run(own.analyst, 'SELECT SUM(COUNT(*)) FROM events')
  assert.equal(misuse.status, 422, misuse.text)
})

test("another shop's site, answers and cache are not there", async () => {
  const foreign = await other.analyst.ask('POST', '/query/ask', { body: { question: 'revenue', site: own.site.key } })
  assert.equal(foreign.status, 404)
  assert.equal((await other.analyst.ask('GET', `/kpis?site=${own.site.key}`)).status, 404)
  assert.equal((await other.analyst.ask('POST', '/query/run', { body: { sql: 'SELECT id FROM events', site: own.site.key } })).status, 404)
  const mine = await ask(own.analyst, 'revenue by campaign in the last 60 days')
  const theirs = await ask(other.analyst, 'revenue by campaign in the last 60 days')
  assert.equal(theirs.cache.hit, false)
  assert.equal(sum(theirs.rows.map((row) => row[1])), 7 * sum(mine.rows.map((row) => row[1])))
  const body = { hash: mine.hash, verdict: 'down' }
  assert.equal((await other.analyst.ask('POST', '/query/feedback', { body })).status, 204)
  assert.equal((await ask(own.analyst, 'revenue by campaign in the last 60 days')).cache.hit, true)
})

test('everybody signed in may read what SQL may say; it names nothing of the control plane', async () => {
  const schema = ok(await own.approver.ask('GET', '/query/schema'))
  const names = schema.tables.map((table) => table.name)
  for (const table of ['events', 'sessions', 'orders', 'touchpoints', 'ad_spend', 'campaigns']) assert.ok(names.includes(table))
  assert.ok(!/tenant_id|password|secret|users/.test(JSON.stringify(schema.tables.flatMap((table) => table.columns.map((column) => column.name)))))
  const demo = await demoAdmin(product.url)
  assert.equal(ok(await demo.ask('GET', '/kpis')).rows.length, 16)
})
