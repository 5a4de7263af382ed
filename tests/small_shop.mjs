// A shop with one of everything that has a page of its own, made in seconds: for tests that look at pages rather than at
// figures. The tour's shop is the large one.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { connect, invite, ok } from './people.mjs'
import { eventually } from './product.mjs'

const LANDING = 'https://small.test/wool'

const plan = (name, channel_id) => ({
  name,
  objective: 'sales',
  landing_url: LANDING,
  ad_sets: [
    {
      name: 'Feed',
      channel_id,
      budget_daily: 2_000,
      audience: { countries: ['DE'] },
      ads: [{ name: 'Warm', creative: { headlines: ['Warm wool'], primary_text: 'Jumpers that stay.', call_to_action: 'SHOP_NOW' } }],
    },
  ],
})

/**
 * Stocks a tenant that `people.mjs` made; the ids the table of pages asks for.
 * @param team what `shop` of `people.mjs` returned
 */
export async function stock(product, team) {
  const { admin, marketer } = team
  const channel = await connect(marketer, 'sandbox', `Small ${team.tenant.id}`)
  const create = async (name) => ok(await marketer.ask('POST', '/campaigns', { body: plan(name, channel) }), 201).id
  const draft = await create('Spring wool')
  const review = await create('Autumn wool')
  const approval = ok(await marketer.ask('POST', `/campaigns/${review}/submit`, { body: { reason: 'As every year.' } }), 201).id
  const experiment = {
    key: 'header', name: 'The first line', hypothesis: 'Wool sells better than a price.', metric: 'add_to_cart', surface: 'site',
    variants: [{ key: 'wool', name: 'Wool first' }, { key: 'price', name: 'Price first' }].map((one) => ({ ...one, payload: {} })),
  }
  const experimentId = ok(await marketer.ask('POST', '/experiments', { body: experiment }), 201).id
  const spend = ['date,source,medium,campaign,impressions,clicks,spend', `${new Date().toISOString().slice(0, 10)},google,cpc,brand,100,10,5.00`].join('\n')
  const imported = ok(await marketer.ask('POST', '/imports/ad-spend?file_name=spend.csv', { body: spend, headers: { 'content-type': 'text/csv' } }), 202).id
  const run = ok(await marketer.ask('POST', '/agents/run', { body: { agent: 'analyst', context: {} } }), 202).id
  const sid = randomUUID()
  const hit = (event, seconds, more = {}) => ({ id: randomUUID(), ts: Date.now() - 60_000 + seconds * 1000, sid, event, url: `${LANDING}?utm_source=google&utm_medium=cpc`, ...more })
  const taken = await product.send({ site: team.site.key, batch: [hit('pageview', 0), hit('purchase', 30, { value: 49.9, currency: 'EUR', order_id: randomUUID() })] }, { origin: new URL(LANDING).origin })
  assert.equal(taken.status, 204, JSON.stringify(taken.body))
  const person = await eventually(async () => ok(await marketer.ask('GET', '/journeys')).rows[0].person, { within: 30_000 })
  await eventually(async () => {
    if (!ok(await marketer.ask('GET', `/agents/runs/${run}`)).ended_at) throw new Error('the analyst is still at it')
  })
  const { token } = await invite(admin, `guest-${randomUUID().slice(0, 8)}@small.test`, 'analyst')
  return { live: review, review, draft, approval, experiment: experimentId, import: imported, run, person, invitation: token }
}
