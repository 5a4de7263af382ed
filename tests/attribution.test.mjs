// Models side by side over visits and orders that came in by the collector: the rules say what the report says, and what
// learns from journeys knows of those who left without buying.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { day, eventually, login, offline, site, start } from './product.mjs'

let product
before(async () => {
  product = await start()
})
after(() => product?.stop())

const DAY = 86_400_000
const range = `from=${day(Date.now() - 9 * DAY)}&to=${day()}`
const links = {
  search: 'utm_source=google&utm_medium=cpc&utm_campaign=brand',
  social: 'utm_source=facebook&utm_medium=paid_social&utm_campaign=spring',
  email: 'utm_source=klaviyo&utm_medium=email&utm_campaign=news',
}
const ago = (days) => Date.now() - days * DAY

/** A visitor who came by these links, a day apart, and bought for so much at the end, or left. */
async function visitor(path, value) {
  const sid = randomUUID()
  const batch = path.map((link, at) => ({
    event: 'pageview', sid, ts: ago(path.length - at), url: `https://shop.test/?${links[link]}`,
  }))
  if (value) batch.push({ event: 'purchase', sid, ts: ago(0.5), url: 'https://shop.test/thanks', props: { value, currency: 'EUR', order_id: sid } })
  assert.equal((await product.send({ batch })).status, 204)
}

const get = async (path) => {
  const { status, body } = await product.api(path)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}
const compared = (more = '') => get(`/attribution/compare?${range}${more}`)
const near = (found, wanted, what) => assert.ok(Math.abs(found - wanted) < 1e-9, `${what}: ${found}, not ${wanted}`)

test('visitors come, some buy', async () => {
  for (const [path, value] of [
    [['social', 'search'], 100], [['social', 'email', 'search'], 60], [['search'], 40], [['email', 'search'], 80],
    [['social']], [['social']], [['social', 'email']], [['email']], [['search']],
  ]) await visitor(path, value)
  await eventually(async () => {
    const { conversions, journeys_without_order } = await compared()
    assert.deepEqual([conversions, journeys_without_order], [4, 5])
  })
})

test('each rule says what the report says; every model shares the same orders', async () => {
  for (const by of ['channel', 'source', 'campaign']) {
    const { models, rows, conversions, value } = await compared(`&by=${by}`)
    assert.deepEqual([conversions, value], [4, 28_000])
    assert.deepEqual(models.filter((model) => model.data_driven).map((model) => model.id), ['markov'])
    assert.equal(new Set(models.map((model) => model.id)).size, models.length)
    for (const [at, model] of models.entries()) {
      near(rows.reduce((sum, row) => sum + row.credits[at].conversions, 0), 4, model.id)
      if (model.data_driven) continue
      const report = await get(`/attribution/channels?model=${model.id}&by=${by}&${range}`)
      // The report also has the orders' own visits, which came by no link.
      for (const row of report.rows.filter((one) => one.channel !== 'Unassigned')) {
        const same = rows.find((one) => one.channel === row.channel && one.source === row.source && one.campaign === row.campaign)
        assert.ok(same, JSON.stringify([by, row, rows.map(({ credits, ...rest }) => rest)]))
        near(same.credits[at].conversions, row.conversions, `${model.id} ${row.channel}`)
        assert.equal(same.credits[at].value, row.value, `${model.id} ${row.channel}`)
      }
    }
  }
})

test('what learns is what was counted by hand; intervals are around it; models that disagree are named', async () => {
  const { models, rows, chain } = await compared()
  near(chain.p_conversion, 4 / 9, 'P(order)')
  const row = (channel) => rows.find((one) => one.channel === channel)
  const credit = (channel, model) => row(channel).credits[models.findIndex((one) => one.id === model)]
  // Equal parts: 1/2 + 1/3 + 1 + 1/2 of search, 1/2 + 1/3 of social, 1/3 + 1/2 of email.
  near(credit('Paid Search', 'shapley').conversions, 7 / 3, 'search')
  near(credit('Paid Social', 'shapley').conversions, 5 / 6, 'social')
  near(credit('Email', 'shapley').conversions, 5 / 6, 'email')
  // Every order was by search in the end, so none is left without it. Of nine journeys five begin with social, two with
  // email and two with search; social leads to search once, to email twice, and ends three times.
  near(row('Paid Search').removal_effect, 1, 'search')
  const next = (from, to) => chain.transitions.find((one) => one.from === from && one.to === to)?.probability ?? 0
  near(next('(start)', 'Paid Social'), 5 / 9, 'start')
  near(next('Paid Social', 'Email'), 2 / 5, 'social to email')
  near(next('Paid Search', '(conversion)'), 4 / 5, 'search to order')
  const withoutSocial = next('(start)', 'Paid Search') * 0.8 + next('(start)', 'Email') * next('Email', 'Paid Search') * 0.8
  near(row('Paid Social').removal_effect, 1 - withoutSocial / chain.p_conversion, 'social')
  for (const { credits } of rows) {
    for (const one of credits) assert.ok(one.conversions_low <= one.conversions && one.conversions <= one.conversions_high, JSON.stringify(one))
  }
  const social = row('Paid Social')
  assert.deepEqual([social.low, social.low_model, social.high, social.high_model], [0, 'last_touch', 2, 'first_touch'])
  // The same journeys, the same intervals.
  assert.deepEqual(await compared(), await compared())
})

test('what platforms claim stands beside what their links are credited with', async () => {
  assert.deepEqual((await get(`/attribution/claims?${range}`)).rows, [], 'nobody reports yet')
  const today = Math.floor(Date.now() / DAY)
  await offline(product, (db) => {
    const { tenant_id: tenant } = db.prepare('SELECT tenant_id FROM sites WHERE key = ?').get(site)
    const account = db.prepare(
      `INSERT INTO channels (id, tenant_id, site, type, name, account_id, currency, status, credentials_sealed, created_by, created_at, updated_at)
       VALUES (?1, ?2, ?3, ?4, ?1, ?1, ?5, 'connected', '', ?6, 0, 0)`,
    )
    const report = db.prepare(
      `INSERT INTO channel_insights (tenant_id, site, channel_id, local_day, level, external_id, name, currency, impressions,
         clicks, spend_micros, conversions, conversion_value_micros, pulled_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, 1000, 10, ?8, ?9, ?10, 0)`,
    )
    for (const [id, type, currency] of [['g', 'google_ads', 'EUR'], ['m1', 'meta', 'EUR'], ['m2', 'meta', 'USD'], ['k', 'klaviyo', 'EUR']]) {
      account.run(id, tenant, site, type, currency, login.email)
    }
    const says = (id, back, level, currency, spend, conversions, value) =>
      report.run(tenant, site, id, today - back, level, `${id}-${level}`, currency, spend * 1e6, conversions, value * 1e6)
    says('g', 2, 'campaign', 'EUR', 30, 2, 150)
    says('g', 3, 'campaign', 'EUR', 10, 1.5, 100)
    // The same again by ad, and days before the range: neither counts.
    says('g', 2, 'ad', 'EUR', 30, 2, 150)
    says('g', 30, 'campaign', 'EUR', 30, 40, 150)
    says('m1', 2, 'campaign', 'EUR', 20, 2, 120)
    says('m2', 2, 'campaign', 'USD', 99, 1, 999)
  })
  const { rows, orders, claimed, claimed_twice: twice, currency } = await get(`/attribution/claims?model=linear&${range}`)
  assert.deepEqual([orders, claimed, twice, currency], [4, 6.5, 2.5, 'EUR'])
  assert.deepEqual(rows.map((row) => row.provider), ['google_ads', 'meta'])
  const [google, meta] = rows
  const report = await get(`/attribution/channels?model=linear&by=source&${range}`)
  const credited = (source) => report.rows.find((row) => row.source === source)
  for (const row of rows) {
    near(row.conversions, credited(row.source).conversions, row.provider)
    assert.equal(row.value, credited(row.source).value)
    near(row.times, row.claimed_conversions / row.conversions, row.provider)
  }
  assert.deepEqual([google.claimed_conversions, google.claimed_value, google.spend, google.foreign], [3.5, 25_000, 4_000, 0])
  near(google.claimed_roas, 6.25, 'claimed ROAS')
  near(google.roas, google.value / 4_000, 'ROAS')
  // An account in dollars claims an order whose value and spend nobody here can add up.
  assert.deepEqual([meta.claimed_conversions, meta.claimed_value, meta.spend, meta.foreign, meta.roas], [3, 12_000, 2_000, 1, null])
})
