// Campaigns through the running product: planned, edited, approved by somebody else, published to the practice
// provider, changed, rolled back, scheduled; limits and the kill switch; images.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ok, refused, shop } from './people.mjs'
import { eventually, start } from './product.mjs'

let product
let team
let channel
before(async () => {
  product = await start()
  team = await shop(product.url, 'Campaign shop')
  channel = await connect()
})
after(() => product?.stop())

const by = (role) => team[role].ask

// An account at the practice provider, by its sign-in page, as a browser walks it.
async function connect() {
  const { authorize_url: page } = ok(await by('admin')('POST', '/channels/sandbox/connect', { body: {} }))
  const form = new URLSearchParams({ decision: 'allow', account: `Campaigns ${Date.now()}`, currency: 'EUR', time_zone: 'UTC' })
  const granted = await fetch(page, { method: 'POST', body: form, redirect: 'manual' })
  assert.equal(granted.status, 303, await granted.text())
  const back = new URL(granted.headers.get('location'))
  const returned = await by('admin')('GET', back.pathname + back.search)
  assert.ok([302, 303].includes(returned.status), returned.text)
  const { rows } = ok(await by('admin')('GET', '/channels'))
  assert.equal(rows.length, 1)
  return rows[0].id
}

const plan = (changes = {}, set = {}) => ({
  name: 'Autumn wool',
  objective: 'sales',
  landing_url: 'https://shop.test/wool',
  budget_total: 90_000,
  ad_sets: [
    {
      name: 'Feed',
      channel_id: channel,
      budget_daily: 2_000,
      audience: { countries: ['DE'] },
      ads: [
        { name: 'Warm', creative: { headlines: ['Warm wool'], primary_text: 'Jumpers that stay.', call_to_action: 'SHOP_NOW' } },
        { name: 'Soft', creative: { headlines: ['Soft wool'], primary_text: 'Jumpers that stay.', call_to_action: 'SHOP_NOW' } },
      ],
      ...set,
    },
  ],
  ...changes,
})

const create = async (changes, set) => ok(await by('marketer')('POST', '/campaigns', { body: plan(changes, set) }), 201)
const show = async (id, role = 'marketer') => {
  const answer = await by(role)('GET', `/campaigns/${id}`)
  return { ...ok(answer), etag: answer.headers.get('etag') }
}
const put = (id, etag, document) => by('marketer')('PUT', `/campaigns/${id}`, { headers: etag ? { 'if-match': etag } : {}, body: document })
const edit = async (id, change) => {
  const { document, etag } = await show(id)
  change(document)
  return ok(await put(id, etag, document))
}
const submit = async (id, role = 'marketer') => ok(await by(role)('POST', `/campaigns/${id}/submit`, { body: { reason: 'Autumn' } }), 201)
const approve = async (id, role = 'approver') => {
  const asked = await submit(id)
  const body = { snapshot_hash: asked.snapshot_hash }
  return ok(await by(role)('POST', `/approvals/${asked.id}/approve`, { body }))
}
const act = (id, verb, body) => by('marketer')('POST', `/campaigns/${id}/${verb}`, { body: body ?? (verb === 'publish' ? {} : undefined) })
const becomes = (id, status) =>
  eventually(
    async () => {
      const shown = await show(id)
      assert.equal(shown.status, status, shown.detail)
      assert.ok(shown.publications.every((one) => ['done', 'failed'].includes(one.status)), JSON.stringify(shown.publications))
      return shown
    },
    { within: 60_000 },
  )

test('a campaign is edited whole, by whoever saw its latest version', async () => {
  const created = await create()
  assert.deepEqual([created.status, created.version, created.currency, created.budget_daily], ['draft', 1, 'EUR', 2_000])
  assert.deepEqual([created.utm_campaign, created.channels[0].type], ['autumn-wool', 'sandbox'])
  assert.deepEqual(created.actions, ['edit', 'submit', 'delete'])
  const { document, etag } = await show(created.id)
  assert.equal(etag, '"1"')
  refused(await put(created.id, null, document), 428)
  document.ad_sets[0].budget_daily = 2_500
  const edited = await put(created.id, etag, document)
  assert.deepEqual([ok(edited).version, edited.headers.get('etag'), edited.body.budget_daily], [2, '"2"', 2_500])
  refused(await put(created.id, etag, { ...document, name: 'Too late' }), 412)
  assert.equal((await show(created.id)).name, 'Autumn wool')
  // The same document again is no change.
  assert.equal(ok(await put(created.id, '"2"', edited.body.document)).version, 2)
  assert.equal((await by('marketer')('DELETE', `/campaigns/${created.id}`)).status, 204)
  refused(await by('marketer')('GET', `/campaigns/${created.id}`), 404)
})

test('what is not the site’s own is refused by field', async () => {
  const create = (document) => by('marketer')('POST', '/campaigns', { body: document })
  refused(await create(plan({}, { channel_id: 'theirs' })), 422, '/ad_sets/0/channel_id')
  refused(await create(plan({ currency: 'USD' })), 422, '/currency')
  refused(await create(plan({ budget: 5 })), 422, '/budget')
  const withImage = plan()
  withImage.ad_sets[0].ads[1].creative.image_asset_ids = ['theirs']
  refused(await create(withImage), 422, '/ad_sets/0/ads/1/creative/image_asset_ids/0')
  const made = ok(await create(plan()), 201)
  const foreign = plan({}, { id: 'theirs' })
  refused(await put(made.id, '"1"', foreign), 422, '/ad_sets/0/id')
})

test('what blocks is named before anybody is asked', async () => {
  const { id } = await create({ landing_url: 'http://shop.test' }, { budget_daily: 0 })
  const preflight = ok(await by('marketer')('GET', `/campaigns/${id}/preflight`))
  assert.equal(preflight.passes, false)
  const blocking = preflight.findings.filter((finding) => finding.severity === 'blocking').map((finding) => finding.field)
  assert.ok(blocking.includes('/landing_url') && blocking.includes('/ad_sets/0/budget_daily'), JSON.stringify(preflight))
  const answer = await by('marketer')('POST', `/campaigns/${id}/submit`, { body: {} })
  refused(answer, 422)
  assert.ok(answer.body.errors.some((error) => error.field === '/landing_url'))

  const etag = ok(await by('marketer')('GET', '/brand')).version
  assert.equal(etag, 0)
  const brand = { name: 'Wool & Co', banned: ['cheap'] }
  refused(await by('marketer')('PUT', '/brand', { body: brand }), 428)
  const put = (version) => by('marketer')('PUT', '/brand', { headers: { 'if-match': `"${version}"` }, body: brand })
  assert.equal(ok(await put(0)).version, 1)
  refused(await put(0), 412)
  const loud = plan()
  loud.ad_sets[0].ads[0].creative.headlines = ['Cheap wool']
  const made = ok(await by('marketer')('POST', '/campaigns', { body: loud }), 201)
  refused(await by('marketer')('POST', `/campaigns/${made.id}/submit`, { body: {} }), 422, '/ad_sets/0/ads/0/creative/headlines/0')
})

test('somebody else approves exactly what they saw, and an edit voids it', async () => {
  const { id } = await create()
  const asked = ok(await by('admin')('POST', `/campaigns/${id}/submit`, { body: { reason: 'Autumn' } }), 201)
  assert.deepEqual([asked.status, asked.kind, asked.diff.budget_daily_before, asked.diff.budget_daily_after], ['pending', 'campaign', 0, 2_000])
  assert.deepEqual(asked.diff.channels.map((part) => part.channel_id), ['', channel])
  const decide = (role, body, verb = 'approve') => by(role)('POST', `/approvals/${asked.id}/${verb}`, { body })
  const body = { snapshot_hash: asked.snapshot_hash }
  assert.match(refused(await decide('admin', body), 403), /yourself/)
  assert.match(refused(await decide('marketer', body), 403), /role marketer/)
  refused(await decide('approver', { snapshot_hash: '0'.repeat(64) }), 409)
  const listed = ok(await by('approver')('GET', '/approvals')).rows.find((row) => row.id === asked.id)
  assert.deepEqual([listed.may_decide, listed.requested_by_name], [true, 'The admin of Campaign shop'])
  assert.equal(ok(await by('admin')('GET', `/approvals/${asked.id}`)).may_decide, false)
  const approved = ok(await decide('approver', body))
  assert.deepEqual([approved.status, approved.decided_by_name], ['approved', 'The approver of Campaign shop'])
  assert.deepEqual((await show(id)).actions, ['edit', 'withdraw', 'schedule', 'publish', 'delete'])
  refused(await decide('approver', body), 409)

  await edit(id, (document) => { document.name = 'Winter wool' })
  const edited = await show(id)
  assert.deepEqual([edited.status, edited.approval_id], ['draft', ''])
  assert.equal(ok(await by('admin')('GET', `/approvals/${asked.id}`)).status, 'void')
  assert.match(refused(await act(id, 'publish'), 409), /draft/)

  const again = await submit(id)
  const reject = (body) => by('approver')('POST', `/approvals/${again.id}/reject`, { body })
  refused(await reject({ comment: ' ' }), 422, '/comment')
  assert.equal(ok(await reject({ comment: 'Wrong season' })).status, 'rejected')
  assert.deepEqual([(await show(id)).status, (await show(id)).detail], ['rejected', 'Wrong season'])
  const { rows } = ok(await by('analyst')('GET', `/campaigns/${id}/history`))
  assert.deepEqual(rows.map((row) => row.action).reverse(), [
    'campaign.create', 'campaign.submit', 'campaign.approve', 'campaign.edit', 'campaign.submit', 'campaign.reject',
  ])
  assert.equal(rows[0].actor_name, 'The approver of Campaign shop')
})

test('of two decisions at once one counts', async () => {
  const { id } = await create()
  const asked = await submit(id)
  const body = { snapshot_hash: asked.snapshot_hash, comment: 'x' }
  const answers = await Promise.all([
    by('approver')('POST', `/approvals/${asked.id}/approve`, { body }),
    by('admin')('POST', `/approvals/${asked.id}/reject`, { body: { comment: 'x' } }),
  ])
  assert.deepEqual(answers.map((answer) => answer.status).sort(), [200, 409], answers.map((answer) => answer.text).join())
  assert.equal(ok(await by('admin')('GET', '/audit/verify')).holds, true)
})

test('it goes live, a change keeps it live until it is approved, and a rollback restores what was', async () => {
  const { id } = await create()
  await approve(id)
  const begun = ok(await act(id, 'publish'), 202)
  assert.ok(['publishing', 'live'].includes(begun.status))
  const live = await becomes(id, 'live')
  assert.equal(live.live_hash, live.hash)
  assert.ok(live.remote_objects.some((object) => object.kind === 'campaign' && object.status === 'active'), JSON.stringify(live.remote_objects))
  assert.match(refused(await act(id, 'publish'), 409), /live already/)

  const raised = await edit(id, (document) => { document.ad_sets[0].budget_daily = 3_000 })
  assert.deepEqual([raised.status, raised.has_change, raised.live_hash], ['live', true, live.hash])
  assert.match(refused(await act(id, 'publish'), 409), /not this document/)
  const asked = await submit(id)
  const changes = asked.diff.channels.flatMap((part) => part.changes)
  assert.deepEqual(changes.map((one) => [one.label, one.unit, one.before, one.after, one.spends]), [
    ['Daily budget of ad set “Feed”', 'money', 2_000, 3_000, true],
  ])
  assert.equal(asked.kind, 'change')
  ok(await by('approver')('POST', `/approvals/${asked.id}/approve`, { body: { snapshot_hash: asked.snapshot_hash } }))
  ok(await act(id, 'publish'), 202)
  const changed = await becomes(id, 'live')
  assert.deepEqual([changed.has_change, changed.live_hash === live.hash], [false, false])

  ok(await act(id, 'rollback'), 202)
  const back = await becomes(id, 'live')
  assert.deepEqual([back.live_hash, back.hash, back.budget_daily], [live.hash, live.hash, 2_000])

  ok(await act(id, 'pause'), 202)
  await becomes(id, 'paused')
  ok(await act(id, 'resume'), 202)
  await becomes(id, 'live')
  ok(await act(id, 'end'), 202)
  const ended = await becomes(id, 'ended')
  assert.deepEqual(ended.actions, [])
  refused(await act(id, 'resume'), 409)
  refused(await by('marketer')('DELETE', `/campaigns/${id}`), 409)
})

test('caps and the kill switch are held in words', async () => {
  const initial = ok(await by('admin')('GET', '/guardrails'))
  assert.deepEqual([initial.version, initial.autonomy, initial.daily_cap, initial.currency], [0, 'propose', null, 'EUR'])
  const limits = { daily_cap: 5_000, campaign_daily_cap: 2_500, currency: 'EUR', autonomy: 'propose', act_budget_change: 0.2, model_tokens_daily: 1000 }
  const put = (version, body) => by('admin')('PUT', '/guardrails', { headers: { 'if-match': `"${version}"` }, body })
  refused(await put(0, { ...limits, act_budget_change: 2, currency: 'EURO' }), 422, '/currency', '/act_budget_change')
  refused(await by('admin')('PUT', '/guardrails', { body: limits }), 428)
  assert.equal(ok(await put(0, limits)).version, 1)
  refused(await put(0, limits), 412)
  refused(await by('marketer')('PUT', '/guardrails', { headers: { 'if-match': '*' }, body: limits }), 403)

  const large = await create({}, { budget_daily: 2_501 })
  await approve(large.id)
  assert.match(refused(await act(large.id, 'publish'), 409), /25\.01 EUR is over the cap of 25\.00 EUR/)

  const small = await create()
  await approve(small.id)
  ok(await act(small.id, 'publish'), 202)
  await becomes(small.id, 'live')
  const stopped = ok(await by('approver')('POST', '/guardrails/stop', { body: { reason: 'wrong price' } }))
  assert.deepEqual([stopped.spending_stopped, stopped.paused], [true, [small.id]])
  await becomes(small.id, 'paused')
  assert.match(refused(await act(small.id, 'resume'), 409), /wrong price/)
  refused(await by('approver')('POST', '/guardrails/release'), 403)
  assert.equal(ok(await by('admin')('POST', '/guardrails/release')).spending_stopped, false)
  ok(await act(small.id, 'resume'), 202)
  await becomes(small.id, 'live')
  ok(await act(small.id, 'end'), 202)
  await becomes(small.id, 'ended')
})

test('the calendar launches and ends by itself, and says why where it cannot', async () => {
  const soon = () => Date.now() + 1_500
  const { id } = await create({ name: 'Scheduled' })
  const calendar = (role, method, path, body) => by(role)(method, path, { body })
  const entry = { kind: 'launch', title: 'Go', at: soon(), campaign_id: id }
  refused(await calendar('marketer', 'POST', '/calendar', entry), 409)
  refused(await calendar('marketer', 'POST', '/calendar', { ...entry, at: Date.now() - 1 }), 422, '/at')
  refused(await calendar('analyst', 'POST', '/calendar', entry), 403)
  await approve(id)
  const planned = ok(await act(id, 'publish', { at: Date.now() + 86_400_000 }), 202)
  assert.equal(planned.status, 'scheduled')
  const today = new Date().toISOString().slice(0, 10)
  const until = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10)
  const listed = ok(await by('analyst')('GET', `/calendar?from=${today}&to=${until}`)).entries.filter((one) => one.campaign_id === id)
  assert.deepEqual(listed.map((one) => [one.kind, one.status, one.campaign_status]), [['launch', 'planned', 'scheduled']])
  assert.equal((await by('marketer')('DELETE', `/calendar/${listed[0].id}`)).status, 204)
  assert.equal((await show(id)).status, 'approved')

  const launch = ok(await calendar('marketer', 'POST', '/calendar', { ...entry, at: soon() }), 201)
  ok(await calendar('marketer', 'PATCH', `/calendar/${launch.id}`, { title: 'Off we go' }))
  await new Promise((resolve) => setTimeout(resolve, 1_700))
  await product.scheduled('*/5 * * * *')
  await becomes(id, 'live')
  const end = ok(await calendar('marketer', 'POST', '/calendar', { ...entry, kind: 'end', at: soon() }), 201)

  const capped = await create({ name: 'Too much' }, { budget_daily: 2_501 })
  await approve(capped.id)
  ok(await act(capped.id, 'publish', { at: soon() }), 202)
  await new Promise((resolve) => setTimeout(resolve, 1_700))
  await product.scheduled('*/5 * * * *')
  await becomes(id, 'ended')
  const entries = await eventually(async () => {
    const { entries } = ok(await by('analyst')('GET', `/calendar?from=${today}&to=${until}`))
    assert.ok(entries.every((one) => one.status !== 'planned'), JSON.stringify(entries))
    return entries
  })
  const of = (one) => entries.find((other) => other.id === one)
  assert.deepEqual([of(launch.id).status, of(launch.id).title, of(end.id).status], ['done', 'Off we go', 'done'])
  const failed = entries.find((one) => one.campaign_id === capped.id)
  assert.equal(failed.status, 'failed')
  assert.match(failed.detail, /over the cap of 25\.00 EUR/)
  const waiting = await show(capped.id)
  assert.deepEqual([waiting.status, waiting.detail], ['approved', failed.detail])
  const { rows } = ok(await by('admin')('GET', `/campaigns/${id}/history`))
  assert.ok(rows.some((row) => row.action === 'campaign.publish' && row.actor === 'system'))
})

// A PNG's header, 3 × 2 pixels; enough to be told from its bytes.
const png = Buffer.from('89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d', 'hex')

test('an image is taken for what its bytes say, and kept while it is needed', async () => {
  const upload = (type, body) => by('marketer')('POST', '/assets?title=Wool%20jumper&alt=A%20jumper', { headers: { 'content-type': type }, body })
  assert.match(refused(await upload('image/jpeg', png), 415), /sent as image\/jpeg and is image\/png/)
  refused(await upload('image/png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')), 415)
  refused(await upload('image/png', png.subarray(0, 18)), 422)
  refused(await by('analyst')('POST', '/assets', { headers: { 'content-type': 'image/png' }, body: png }), 403)
  const image = ok(await upload('image/png', png), 201)
  assert.deepEqual([image.media_type, image.width, image.height, image.bytes, image.alt], ['image/png', 3, 2, png.length, 'A jumper'])
  const content = await fetch(product.url + image.url, { headers: { authorization: `Bearer ${team.analyst.token}` } })
  assert.deepEqual(Buffer.from(await content.arrayBuffer()), png)
  const header = (name) => content.headers.get(name)
  assert.deepEqual(
    [header('content-type'), header('content-disposition'), header('x-content-type-options')],
    ['image/png', 'inline; filename="Wool-jumper.png"', 'nosniff'],
  )
  assert.match(header('cache-control'), /^private,/)

  const document = plan({ name: 'With image' })
  document.ad_sets[0].ads[0].creative.image_asset_ids = [image.id]
  const made = ok(await by('marketer')('POST', '/campaigns', { body: document }), 201)
  assert.match(refused(await by('marketer')('DELETE', `/assets/${image.id}`), 409), /With image/)
  assert.equal((await by('marketer')('DELETE', `/campaigns/${made.id}`)).status, 204)
  assert.equal((await by('marketer')('DELETE', `/assets/${image.id}`)).status, 204)
  refused(await by('marketer')('GET', image.url), 404)
})
