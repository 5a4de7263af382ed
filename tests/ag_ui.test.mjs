// AG-UI as interfaces use it: the official client in the version of today and in the one most interfaces still carry.
// Both check every event and their order; that a run ends is checked here, because neither of them does.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { approve, liveCampaign } from './live_campaign.mjs'
import { bearer, connect, demoAdmin, shop } from './people.mjs'
import { eventually, start } from './product.mjs'

const HERE = path.dirname(fileURLToPath(import.meta.url))
const clients = createRequire(path.join(HERE, 'clients', 'package.json'))

let product
let admin
before(async () => {
  product = await start()
  admin = await demoAdmin(product.url)
})
after(() => product?.stop())

const agent = (HttpAgent, text, more = {}) =>
  new HttpAgent({
    url: `${product.url}/ag-ui`,
    headers: bearer(admin.token),
    threadId: 'thread-1',
    initialMessages: [{ id: 'u1', role: 'user', content: text }],
    ...more,
  })

async function run(one, input = {}) {
  const events = []
  const result = await one.runAgent(input, { onEvent: ({ event }) => { events.push(event) } })
  const ends = events.filter((event) => ['RUN_FINISHED', 'RUN_ERROR'].includes(event.type))
  assert.equal(events[0].type, 'RUN_STARTED')
  assert.deepEqual(ends, [events.at(-1)], JSON.stringify(events))
  return { events, result, last: events.at(-1), types: events.map((event) => event.type) }
}

for (const name of ['@ag-ui/client', 'ag-ui-client-0']) {
  const { version } = clients(`${name}/package.json`)

  test(`@ag-ui/client ${version} completes an agent's run`, async () => {
    const { HttpAgent } = clients(name)
    const one = agent(HttpAgent, '/run analyst')
    const { types, last, events } = await run(one)
    assert.equal(last.outcome?.type ?? 'success', 'success')
    for (const type of ['TOOL_CALL_START', 'TOOL_CALL_ARGS', 'TOOL_CALL_END', 'STATE_SNAPSHOT', 'TOOL_CALL_RESULT', 'TEXT_MESSAGE_CONTENT']) {
      assert.ok(types.includes(type), `${type} is missing: ${types}`)
    }
    assert.equal(events.findLast((event) => event.type === 'STATE_SNAPSHOT').snapshot.run.status, 'succeeded')
    const said = one.messages.findLast((message) => message.role === 'assistant' && message.content)
    assert.ok(said.content.length > 20, JSON.stringify(one.messages))
  })

  test(`@ag-ui/client ${version} is asked before a tool changes something, and goes on with the answer`, async () => {
    const { HttpAgent } = clients(name)
    const id = await refusedEvent()
    const one = agent(HttpAgent, `/inbox_dismiss id=${id}`)
    const { last } = await run(one)
    assert.equal(last.outcome.type, 'interrupt', JSON.stringify(last))
    const [interrupt] = last.outcome.interrupts
    assert.match(interrupt.message, /inbox_dismiss/)
    assert.ok(await isOpen(id), 'nothing happens before the answer')
    const forged = await fetch(`${product.url}/ag-ui`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(admin.token) },
      body: JSON.stringify({ threadId: 't', runId: 'r', messages: [], tools: [], context: [], state: {}, forwardedProps: {},
        resume: [{ interruptId: interrupt.id.slice(0, -3), status: 'resolved', payload: { approved: true } }] }),
    })
    assert.match(await forged.text(), /RUN_ERROR/)
    assert.ok(await isOpen(id), 'a forged answer does nothing')
    const { last: end } = await run(one, { resume: [{ interruptId: interrupt.id, status: 'resolved', payload: { approved: true } }] })
    assert.equal(end.outcome?.type ?? 'success', 'success', JSON.stringify(end))
    assert.equal(await isOpen(id), false)
  })
}

test('a run that needs an approval says so, waits for it, and goes on once somebody else has given it', async () => {
  const { HttpAgent } = clients('@ag-ui/client')
  const team = await shop(product.url, 'Asking shop')
  const campaign = await liveCampaign(product, team, 'Wool')
  const one = agent(HttpAgent, `/run optimizer campaign_id=${campaign.id}`, { headers: bearer(team.marketer.token) })
  const answer = (interrupt, payload) => run(one, { resume: [{ interruptId: interrupt.id, status: 'resolved', ...(payload && { payload }) }] })
  const interrupts = ({ last }) => {
    assert.equal(last.outcome?.type, 'interrupt', JSON.stringify(last))
    return last.outcome.interrupts
  }
  const said = ({ events }) => events.filter((event) => event.type === 'TEXT_MESSAGE_CONTENT').map((event) => event.delta).join(' ')

  const [proposal, ...others] = interrupts(await run(one))
  assert.deepEqual([proposal.reason, proposal.responseSchema.required, others], ['proposal', ['accept'], []])
  const taken = await answer(proposal, { accept: true })
  assert.match(said(taken), /Taken over/)
  const [approval] = interrupts(taken)
  assert.equal(approval.reason, 'approval')
  const id = approval.id.slice('approval:'.length)
  assert.ok(approval.message.includes(`${product.url}/approvals?id=${id}`), approval.message)

  // The interface cannot approve, whatever it says: the run goes on waiting.
  const early = await answer(approval, { approved: true })
  assert.match(said(early), /still waiting/)
  assert.deepEqual(interrupts(early), [approval])
  assert.equal((await team.marketer.ask('GET', `/approvals/${id}`)).body.status, 'pending')

  await approve(team, id)
  const after = await answer(approval)
  assert.equal(after.last.outcome?.type ?? 'success', 'success', JSON.stringify(after.last))
  assert.match(said(after), /The approval is approved/)
  // Answering what is decided changes nothing any more.
  assert.match(said(await answer(proposal, { accept: false })), /accepted already/)
})

test('a tool whose effect needs an approval ends the same way, also when it is refused', async () => {
  const { HttpAgent } = clients('@ag-ui/client')
  const team = await shop(product.url, 'Submitting shop')
  const channel = await connect(team.admin, 'sandbox', `Submitted ${team.tenant.id}`)
  const ads = [{ name: 'Warm', creative: { headlines: ['Warm wool'], primary_text: 'Jumpers.', call_to_action: 'SHOP_NOW' } }]
  const sets = [{ name: 'Feed', channel_id: channel, budget_daily: 2_000, audience: { countries: ['DE'] }, ads }]
  const body = { name: 'Autumn', objective: 'sales', landing_url: 'https://shop.test/wool', ad_sets: sets }
  const made = await team.marketer.ask('POST', '/campaigns', { body })
  assert.equal(made.status, 201, made.text)
  const one = agent(HttpAgent, `/campaigns_submit ${JSON.stringify({ id: made.body.id, reason: 'Autumn' })}`, { headers: bearer(team.marketer.token) })
  const resume = (id, payload) => run(one, { resume: [{ interruptId: id, status: 'resolved', payload }] })

  const [question] = (await run(one)).last.outcome.interrupts
  assert.equal(question.reason, 'confirmation')
  assert.equal((await team.marketer.ask('GET', '/approvals')).body.rows.length, 0, 'nothing happens before the answer')
  const submitted = await resume(question.id, { approved: true })
  const [approval] = submitted.last.outcome.interrupts
  assert.deepEqual([submitted.last.outcome.type, approval.reason], ['interrupt', 'approval'])
  const id = approval.id.slice('approval:'.length)
  const rejected = await team.approver.ask('POST', `/approvals/${id}/reject`, { body: { comment: 'Too warm for autumn' } })
  assert.equal(rejected.status, 200, rejected.text)
  const { last, events } = await resume(approval.id, {})
  assert.equal(last.outcome?.type ?? 'success', 'success')
  assert.match(events.filter((event) => event.type === 'TEXT_MESSAGE_CONTENT').map((event) => event.delta).join(''), /The approval is rejected/)
  assert.equal((await team.marketer.ask('GET', `/campaigns/${made.body.id}`)).body.status, 'rejected')
})

async function refusedEvent() {
  const sid = crypto.randomUUID()
  await product.send({ event: 'purchase', sid, value: 'lots', currency: 'EUR' }, {}, '/collect?site=demo-site')
  return eventually(async () => {
    const row = (await admin.ask('GET', '/inbox')).body.rows.find((one) => one.payload.includes(sid))
    assert.ok(row)
    return row.id
  })
}
const isOpen = async (id) => (await admin.ask('GET', '/inbox')).body.rows.some((row) => row.id === id)

test('a run that cannot be done says so and ends', async () => {
  const { HttpAgent } = clients('@ag-ui/client')
  const { last, events } = await run(agent(HttpAgent, '/run nobody'))
  assert.equal(last.type, 'RUN_FINISHED')
  assert.match(events.filter((event) => event.type === 'TEXT_MESSAGE_CONTENT').map((event) => event.delta).join(''), /nobody/)
})

test('an input without its ids is refused before anything begins', async () => {
  const answer = await admin.ask('POST', '/ag-ui', { body: { messages: [] } })
  assert.deepEqual([answer.status, answer.body.errors[0].field], [422, '/threadId'])
})
