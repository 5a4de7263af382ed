// A campaign that came out on one of its two channels only, while that channel's provider went away: it is paused there
// as soon as the provider is back, whatever became of the publication.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connect, ok, shop } from './people.mjs'
import { eventually, start } from './product.mjs'

let product
let team
before(async () => {
  product = await start()
  team = await shop(product.url, 'Two channels shop')
})
after(() => product?.stop())

const ask = (role, ...what) => team[role].ask(...what)

const first = 'First account'
const second = 'Second account'
const account = async (name) => {
  const known = (await product.practice('accounts')).find((one) => one.name === name)
  return `provider=sandbox&account=${known.number}`
}
const state = async (name) => (await product.practice('state', undefined, await account(name)))[0]
const faults = async (name, plan) => product.practice('faults', plan, await account(name))
const show = async (id) => ok(await ask('marketer', 'GET', `/campaigns/${id}`))

test('what could not be paused when a publication failed is paused when that becomes possible', async () => {
  const channels = [await connect(team.admin, 'sandbox', first), await connect(team.admin, 'sandbox', second)]
  const creative = { headlines: ['Warm wool'], primary_text: 'Jumpers that stay.', call_to_action: 'SHOP_NOW' }
  const document = {
    name: 'Autumn wool', objective: 'sales', landing_url: 'https://shop.test/wool', budget_total: 90_000,
    ad_sets: channels.map((channel_id, n) => ({
      name: `Feed ${n}`, channel_id, budget_daily: 2_000, audience: { countries: ['DE'] }, ads: [{ name: 'Warm', creative }],
    })),
  }
  const { id } = ok(await ask('marketer', 'POST', '/campaigns', { body: document }), 201)
  const asked = ok(await ask('marketer', 'POST', `/campaigns/${id}/submit`, { body: { reason: 'Autumn' } }), 201)
  ok(await ask('approver', 'POST', `/approvals/${asked.id}/approve`, { body: { snapshot_hash: asked.snapshot_hash } }))

  // The second channel stumbles when it is to be set running. Before it gets there the kill switch is pulled, and the
  // first channel, which runs, cannot be reached any more.
  await faults(second, { planned: [{ kind: 'server_error', method: 'PATCH', times: 4 }] })
  ok(await ask('marketer', 'POST', `/campaigns/${id}/publish`, { body: {} }), 202)
  await eventually(async () => assert.ok((await state(first)).active_daily_budget_micros > 0), { within: 60_000 })
  await faults(first, { rates: { lost_before: 1_000 } })
  ok(await ask('approver', 'POST', '/guardrails/stop', { body: { reason: 'wrong price' } }))

  const failed = await eventually(
    async () => {
      const shown = await show(id)
      assert.equal(shown.status, 'failed', JSON.stringify(shown.publications))
      const pause = shown.publications.find((one) => one.action === 'pause')
      assert.match(JSON.stringify(pause?.progress), /could not be paused yet and is tried again/, JSON.stringify(shown.publications))
      // Which of the channels it is, is said as well; the other one rests or is on its way.
      assert.deepEqual(pause.progress.filter((one) => one.failed).map((one) => one.channel_id), [channels[0]], JSON.stringify(pause.progress))
      return { ...shown, pause }
    },
    { within: 90_000 },
  )
  assert.deepEqual([failed.pause.status, failed.pause.requested_by], ['running', 'system'])
  assert.match(failed.detail, /wrong price/)
  assert.equal((await state(first)).active_daily_budget_micros, 20_000_000, 'it still runs there')
  const { rows } = ok(await ask('marketer', 'GET', '/inbox'))
  assert.ok(rows.some((row) => /could not be paused yet/.test(row.reason)), JSON.stringify(rows))

  await faults(first, {})
  const rests = await eventually(
    async () => {
      const shown = await show(id)
      assert.ok(shown.publications.every((one) => ['done', 'failed'].includes(one.status)), JSON.stringify(shown.publications))
      return shown
    },
    { within: 120_000 },
  )
  const pause = rests.publications.find((one) => one.action === 'pause')
  assert.deepEqual([pause.status, pause.progress.some((one) => one.failed)], ['done', false])
  for (const name of [first, second]) {
    const there = await state(name)
    assert.equal(there.active_daily_budget_micros, 0, name)
    assert.deepEqual(there.objects.filter((object) => object.kind === 'campaign' && object.active), [], name)
  }
  // Why it failed is still told, and the log knows who paused it.
  assert.deepEqual([rests.status, rests.detail], ['failed', failed.detail])
  const history = ok(await ask('marketer', 'GET', `/campaigns/${id}/history`)).rows
  assert.equal(history.filter((entry) => entry.action === 'publication.done').length, 1)
})
