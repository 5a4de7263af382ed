// The media mix over spend that was imported and orders that came in by the collector: what was planted is found, a
// killed runtime goes on where it was, and a budget is divided to the last cent.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { shop } from './people.mjs'
import { eventually, site, start } from './product.mjs'

let product
before(async () => {
  product = await start()
})
after(() => product?.stop())

const DAY = 86_400_000
const WEEKS = 110
const date = (t) => new Date(t).toISOString().slice(0, 10)
/** Monday of this week, UTC. */
const monday = (() => {
  const today = Math.floor(Date.now() / DAY) * DAY
  return today - ((new Date(today).getUTCDay() + 6) % 7) * DAY
})()
/** Numbers that look random, 0 to 1, the same in every run. */
let seed = 11
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647
const levelling = (spend, half, most) => (most * spend) / (spend + half)

/** Whole units of money: search levels off early, social late and works on into the next weeks. */
let kept = 0
const weeks = Array.from({ length: WEEKS }, (_, at) => {
  const [search, social] = [Math.round(50 + 1000 * random()), Math.round(50 + 2000 * random())]
  kept = social + 0.3 * kept
  const brought = { 'Paid Search': levelling(search, 300, 6000), 'Paid Social': levelling(kept, 4000, 9000) }
  const revenue = 10_000 + brought['Paid Search'] + brought['Paid Social'] + 300 * (random() - 0.5)
  return { t: monday - (WEEKS - at) * 7 * DAY, search, social, brought, revenue: Math.round(revenue) }
})
const sum = (of) => weeks.reduce((all, week) => all + of(week), 0)

const ask = (path, body) =>
  product.api(path, body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : undefined)
const study = async () => {
  const { status, body } = await ask('/planning/mix')
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

test('without spend nothing is computed, and it says why', async () => {
  assert.deepEqual(await study(), { study: null, computed_at: null, question: null, answer: null })
  const refused = await ask('/planning/mix', {})
  assert.equal(refused.status, 409, JSON.stringify(refused.body))
  assert.match(refused.body.detail, /no ad spend/)
  const budget = await ask('/planning/budget', { goal: { kind: 'spend', total_minor: 100_000 } })
  assert.equal(budget.status, 409, JSON.stringify(budget.body))
  assert.match(budget.body.detail, /no media mix/)
})

test('two years of weekly spend and orders comes in', async () => {
  const row = (t, source, medium, spend) => `${date(t + 2 * DAY)},${source},${medium},always on,1000,100,${spend}.00,EUR`
  const rows = weeks.flatMap((week) => [row(week.t, 'google', 'cpc', week.search), row(week.t, 'facebook', 'paid_social', week.social)])
  const csv = ['date,source,medium,campaign,impressions,clicks,spend,currency', ...rows].join('\n')
  const imported = await product.api(`/imports/ad-spend?site=${site}`, { method: 'POST', headers: { 'content-type': 'text/csv' }, body: csv })
  assert.ok(imported.status < 300, JSON.stringify(imported.body))
  const batch = weeks.map((week) => ({
    event: 'purchase', sid: randomUUID(), ts: week.t + 3 * DAY, url: 'https://shop.test/thanks',
    props: { value: week.revenue, currency: 'EUR', order_id: randomUUID() },
  }))
  for (let at = 0; at < batch.length; at += 20) assert.equal((await product.send({ batch: batch.slice(at, at + 20) })).status, 204)
  await eventually(async () => {
    const range = `from=${date(weeks[0].t)}&to=${date(monday - DAY)}`
    const { body } = await product.api(`/analytics/summary?${range}`)
    assert.deepEqual([body.metrics?.revenue, body.metrics?.spend], [100 * sum((week) => week.revenue), 100 * sum((week) => week.search + week.social)], JSON.stringify(body).slice(0, 600))
  }, { within: 60_000 })
})

test('a study that was begun is finished, though the runtime dies on the way', async () => {
  for (const [body, field] of [[{ weeks: 25 }, '/weeks'], [{ promotions: ['soon'] }, '/promotions'], [{ outcome: 'fame' }, '/outcome']]) {
    const refused = await ask('/planning/mix', body)
    assert.deepEqual([refused.status, refused.body.errors?.[0]?.field], [422, field], JSON.stringify(refused.body))
  }
  const begun = await ask('/planning/mix', {})
  assert.deepEqual([begun.status, begun.body.status], [202, 'running'], JSON.stringify(begun.body))
  assert.equal((await ask('/planning/mix', {})).status, 409)
  let half
  for (const end = Date.now() + 120_000; Date.now() < end && !(half?.progress > 0); ) half = (await study()).study
  await product.kill()
  assert.ok(half.status === 'running' && half.progress > 0 && half.progress < 0.9, `killed half-way, else this proves nothing: ${JSON.stringify(half)}`)
  await sleep(500)
  await product.restart()
  const { study: done } = await eventually(async () => {
    const found = await study()
    assert.equal(found.study.status, 'done', JSON.stringify(found.study))
    return found
  }, { within: 240_000 })
  assert.equal(done.id, begun.body.id)
})

test('what was planted is found', async () => {
  const { answer } = await study()
  assert.deepEqual([answer.outcome, answer.currency, answer.quality.weeks, answer.from], ['revenue', 'EUR', WEEKS, date(weeks[0].t)])
  assert.deepEqual(answer.channels.map((channel) => channel.name), ['Paid Social', 'Paid Search'])
  for (const channel of answer.channels) {
    const planted = sum((week) => week.brought[channel.name]) / sum((week) => week.revenue)
    assert.ok(Math.abs(channel.share.mean - planted) < 0.06, `${channel.name}: ${JSON.stringify(channel.share)}, ${planted} planted`)
    assert.ok(channel.share.low < planted && planted < channel.share.high, `${channel.name}: ${JSON.stringify(channel.share)}, ${planted} planted`)
    assert.equal(channel.spend, 100 * sum((week) => (channel.name === 'Paid Search' ? week.search : week.social)))
    assert.equal(channel.curve.length, 40)
    for (const [at, point] of channel.curve.entries()) {
      assert.ok(point.response.low <= point.response.mean && point.response.mean <= point.response.high)
      assert.ok(at === 0 || point.response.mean >= channel.curve[at - 1].response.mean)
    }
  }
  assert.deepEqual(answer.weeks.map((week) => week.actual), weeks.map((week) => 100 * week.revenue))
  assert.ok(answer.quality.r_squared > 0.9 && answer.quality.r_hat < 1.1, JSON.stringify(answer.quality))
})

test('a budget is divided to the last cent', async () => {
  const { answer } = await study()
  const present = answer.budget.present_total
  for (const total of [present, present + 12_345, 77_777]) {
    const { status, body } = await ask('/planning/budget', { goal: { kind: 'spend', total_minor: total } })
    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(body.channels.reduce((all, one) => all + one.spend, 0), total)
    if (total >= present) assert.ok(body.gain.mean >= 0 && body.gain.low <= body.gain.mean, JSON.stringify(body.gain))
    assert.ok(body.probability >= 0 && body.probability <= 1)
    if (total === present) assert.deepEqual(body, answer.budget)
  }
  const bounds = [{ channel: 'Paid Search', min: 10_000, max: 10_000 }, { channel: 'Paid Social', min: 500, max: 500_000 }]
  const bound = (await ask('/planning/budget', { goal: { kind: 'spend', total_minor: present }, bounds })).body
  const search = bound.channels.find((one) => one.name === 'Paid Search')
  assert.deepEqual([search.spend, search.bound], [10_000, 'max'])
  assert.equal(bound.total, present)
  const { body: target } = await ask('/planning/budget', { goal: { kind: 'target_roas', roas: 4 } })
  const back = target.outcome.mean / target.total
  assert.ok(back > 3.8 && back < 4.3, JSON.stringify(target))
})

test('what cannot be divided is named', async () => {
  const spend = { kind: 'spend', total_minor: 100_000 }
  for (const [body, field] of [
    [{ goal: { kind: 'spend', total_minor: 0 } }, '/goal/total_minor'],
    [{ goal: { kind: 'spend', total_minor: 900_000_000 } }, '/goal/total_minor'],
    [{ goal: { kind: 'target_roas', roas: 1_000_000 } }, '/goal'],
    [{ goal: { kind: 'target_cpa', cpa_minor: 500 } }, '/goal/kind'],
    [{ goal: spend, bounds: [{ channel: 'Radio', min: 1 }] }, '/bounds'],
    [{ goal: spend, bounds: [{ channel: 'Paid Search', min: 2, max: 1 }] }, '/bounds'],
    [{ goal: spend, bounds: [{ channel: 'Paid Search', min: 200_000 }] }, '/bounds'],
  ]) {
    const refused = await ask('/planning/budget', body)
    assert.deepEqual([refused.status, refused.body.errors?.[0]?.field], [422, field], JSON.stringify([body, refused.body]))
  }
  const { admin } = await shop(product.url, `Nothing yet ${randomUUID().slice(0, 6)}`)
  assert.equal((await admin.ask('POST', '/planning/mix', { body: {} })).status, 409)
  assert.equal((await admin.ask('GET', `/planning/mix?site=${site}`)).status, 404)
  assert.equal((await admin.ask('POST', '/planning/budget', { body: { site, goal: spend } })).status, 404)
})
