// A2A as other agents use it: the official client over both bindings, and what the protocol wants refused.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bearer, connect as connectAccount, demoAdmin, shop } from './people.mjs'
import { approve, liveCampaign } from './live_campaign.mjs'
import { eventually, start } from './product.mjs'

const HERE = path.dirname(fileURLToPath(import.meta.url))
const clients = createRequire(path.join(HERE, 'clients', 'package.json'))
const { ClientFactory, DefaultAgentCardResolver, JsonRpcTransportFactory, RestTransportFactory } = clients('@a2a-js/sdk/client')
const { Role, TaskState } = clients('@a2a-js/sdk')

let product
let admin
before(async () => {
  product = await start()
  admin = await demoAdmin(product.url)
})
after(() => product?.stop())

const signedIn = (token) => (url, init = {}) => fetch(url, { ...init, headers: { ...Object.fromEntries(new Headers(init.headers)), ...bearer(token) } })

async function connect(binding, token = admin.token) {
  const fetchImpl = signedIn(token)
  const factory = new ClientFactory({
    transports: [new JsonRpcTransportFactory({ fetchImpl }), new RestTransportFactory({ fetchImpl })],
    preferredTransports: [binding],
    cardResolver: new DefaultAgentCardResolver({ fetchImpl }),
  })
  return factory.createFromUrl(product.url)
}

let count = 0
const say = (text, more = {}) => {
  count += 1
  const part = { content: { $case: 'text', value: text }, filename: '', mediaType: 'text/plain', metadata: undefined }
  return {
    tenant: '',
    message: { messageId: `m${count}`, contextId: '', taskId: '', role: Role.ROLE_USER, parts: [part], metadata: undefined, extensions: [], referenceTaskIds: [], ...more },
    configuration: undefined,
    metadata: undefined,
  }
}

const rpc = async (method, params, { version = '1.0', token = admin.token } = {}) => {
  const answer = await fetch(`${product.url}/a2a`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...bearer(token), ...(version !== undefined && version !== null && { 'a2a-version': version }) },
    body: JSON.stringify({ jsonrpc: '2.0', id: 'q', method, params }),
  })
  return { status: answer.status, ...(await answer.json()) }
}
const rest = async (method, target, { body, version = '1.0', token = admin.token } = {}) => {
  const answer = await fetch(`${product.url}/a2a/v1${target}`, {
    method,
    headers: { 'content-type': 'application/a2a+json', 'a2a-version': version, ...bearer(token) },
    body: body && JSON.stringify(body),
  })
  return { status: answer.status, kind: answer.headers.get('content-type'), body: await answer.json() }
}
const message = (text) => ({ message: { messageId: 'm', role: 'ROLE_USER', parts: [{ text }] } })

test('the agent card says who we are, and is not sent twice', async () => {
  const address = `${product.url}/.well-known/agent-card.json`
  const answer = await fetch(address)
  const card = await answer.json()
  assert.match(answer.headers.get('cache-control'), /max-age=/)
  assert.deepEqual(card.supportedInterfaces.map((one) => [one.protocolBinding, one.protocolVersion]), [['JSONRPC', '1.0'], ['HTTP+JSON', '1.0']])
  assert.deepEqual([card.capabilities.streaming, card.capabilities.pushNotifications], [true, false])
  assert.ok(card.skills.length >= 2)
  assert.equal((await fetch(address, { headers: { 'if-none-match': answer.headers.get('etag') } })).status, 304)
})

for (const binding of ['JSONRPC', 'HTTP+JSON']) {
  test(`the official client runs an agent over ${binding}, waiting and streaming`, async () => {
    const client = await connect(binding)
    const answered = await client.sendMessage(say('/run analyst'))
    assert.equal(answered.status.state, TaskState.TASK_STATE_COMPLETED, JSON.stringify(answered))
    assert.ok(answered.artifacts[0].parts[0].content.value.length > 0)

    const items = []
    for await (const item of client.sendMessageStream(say('/run analyst'))) items.push(item.payload)
    assert.equal(items[0].$case, 'task')
    const id = items[0].value.id
    assert.ok(items.some((item) => item.$case === 'artifactUpdate'), JSON.stringify(items))
    const last = items.at(-1)
    assert.deepEqual([last.$case, last.value.status.state], ['statusUpdate', TaskState.TASK_STATE_COMPLETED])

    const task = await client.getTask({ tenant: '', id, historyLength: undefined })
    assert.equal(task.id, id)
    const listed = await client.listTasks({ tenant: '', contextId: '', status: TaskState.TASK_STATE_UNSPECIFIED, pageToken: '' })
    assert.ok(listed.tasks.some((one) => one.id === id))
    await assert.rejects(client.cancelTask({ tenant: '', id, metadata: undefined }), (error) => /over|cancel/i.test(error.message))
    await assert.rejects(client.getTask({ tenant: '', id: 'none', historyLength: undefined }))
  })
}

test('a tool is answered with a message and its data', async () => {
  const { result } = await rpc('SendMessage', { message: { ...message('/analytics_summary').message, contextId: 'talk' } })
  assert.deepEqual([result.message.role, result.message.contextId], ['ROLE_AGENT', 'talk'])
  assert.equal(result.message.parts.find((part) => part.data).data.currency, 'EUR')
})

test('a question in words is answered with a message', async () => {
  const { result } = await rpc('SendMessage', message('What was revenue last week?'))
  assert.match(result.message.parts.find((part) => part.data).data.sql, /SELECT/i)
})

test('a conversation keeps its runs together', async () => {
  const contextId = 'talk-about-november'
  const { result } = await rpc('SendMessage', { message: { ...message('/run analyst').message, contextId } })
  assert.equal(result.task.contextId, contextId)
  const listed = (await rpc('ListTasks', { contextId })).result
  assert.deepEqual(listed.tasks.map((task) => task.id), [result.task.id])
  const mixed = { ...message('hi').message, taskId: result.task.id, contextId: 'another-talk' }
  assert.equal((await rpc('SendMessage', { message: mixed })).error.code, -32602)
})

test('a caller who does not wait gets the task at once and can follow it', async () => {
  const { result } = await rpc('SendMessage', { ...message('/run analyst'), configuration: { returnImmediately: true, historyLength: 0 } })
  const { task } = result
  assert.ok(['TASK_STATE_SUBMITTED', 'TASK_STATE_WORKING'].includes(task.status.state), task.status.state)
  assert.equal(task.history, undefined)
  const answer = await fetch(`${product.url}/a2a/v1/tasks/${task.id}:subscribe`, { headers: { 'a2a-version': '1.0', ...bearer(admin.token) } })
  const text = await answer.text()
  if (answer.status === 200) {
    const items = text.split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)))
    assert.equal(items[0].task.id, task.id)
    assert.equal(items.at(-1).statusUpdate.status.state, 'TASK_STATE_COMPLETED')
  } else {
    // It was over before we asked; then there is nothing to follow.
    assert.equal(JSON.parse(text).error.details[0].reason, 'UNSUPPORTED_OPERATION')
  }
})

test('what is wrong is refused with the reason the protocol names', async () => {
  for (const [method, params, options, code, reason] of [
    ['SendMessage', message('hi'), { version: null }, -32009, 'VERSION_NOT_SUPPORTED'],
    ['SendMessage', message('hi'), { version: '0.3' }, -32009, 'VERSION_NOT_SUPPORTED'],
    ['GetTask', { id: 'none' }, {}, -32001, 'TASK_NOT_FOUND'],
    ['CancelTask', { id: 'none' }, {}, -32001, 'TASK_NOT_FOUND'],
    ['SubscribeToTask', { id: 'none' }, {}, -32001, 'TASK_NOT_FOUND'],
    ['SendMessage', { message: { ...message('hi').message, taskId: 'none' } }, {}, -32001, 'TASK_NOT_FOUND'],
    ['SendMessage', { message: { messageId: 'm', role: 'ROLE_USER', parts: [{ url: 'https://x.test/a.pdf' }] } }, {}, -32005, 'CONTENT_TYPE_NOT_SUPPORTED'],
    ['CreateTaskPushNotificationConfig', { taskId: 'x', url: 'https://x.test' }, {}, -32003, 'PUSH_NOTIFICATION_NOT_SUPPORTED'],
    ['SendMessage', message('/run nobody'), {}, -32602, 'INVALID_PARAMS'],
    ['ListTasks', { pageSize: 0 }, {}, -32602, 'INVALID_PARAMS'],
    ['message/send', {}, {}, -32601, 'METHOD_NOT_FOUND'],
  ]) {
    const { status, error } = await rpc(method, params, options)
    assert.deepEqual([status, error?.code, error?.data?.[0].reason], [200, code, reason], `${method} ${JSON.stringify(params)}`)
    assert.equal(error.data[0].domain, 'a2a-protocol.org')
  }
  const missing = await rest('GET', '/tasks/none')
  assert.deepEqual([missing.status, missing.kind, missing.body.error.status], [404, 'application/a2a+json', 'NOT_FOUND'])
  assert.equal((await rest('POST', '/message:send', { body: message('hi'), version: '0.3' })).status, 400)
  assert.equal((await rest('POST', '/message:send', { body: {} })).body.error.details[0].reason, 'INVALID_PARAMS')
})

test('another tenant’s task is no task', async () => {
  const { result } = await rpc('SendMessage', message('/run analyst'))
  const other = await shop(product.url, 'Elsewhere')
  const token = other.admin.token
  assert.equal((await rpc('GetTask', { id: result.task.id }, { token })).error.code, -32001)
  assert.deepEqual((await rpc('ListTasks', {}, { token })).result.tasks, [])
  assert.equal((await rest('POST', `/tasks/${result.task.id}:cancel`, { body: {}, token })).status, 404)
})

const data = (value) => ({ content: { $case: 'data', value }, filename: '', mediaType: 'application/json', metadata: undefined })

test('a task says what it waits for, is answered, waits for the approval, and goes on once that is given', async () => {
  const team = await shop(product.url, 'Waiting shop')
  const campaign = await liveCampaign(product, team, 'Wool')
  const client = await connect('JSONRPC', team.marketer.token)
  const listed = async (status) => {
    const { tasks } = await client.listTasks({ tenant: '', contextId: '', status, pageToken: '' })
    return tasks.map((task) => task.id)
  }
  const asked = (task) => task.status.message.parts.flatMap((part) => (part.content.$case === 'data' ? [part.content.value] : []))

  const task = await client.sendMessage(say(`/run optimizer campaign_id=${campaign.id}`))
  const { id } = task
  assert.equal(task.status.state, TaskState.TASK_STATE_INPUT_REQUIRED, JSON.stringify(task))
  const [proposal, ...others] = asked(task)
  assert.deepEqual([proposal.waiting, others], ['proposal', []])
  assert.deepEqual(proposal.responseSchema.required, ['accept'])
  assert.deepEqual(await listed(TaskState.TASK_STATE_INPUT_REQUIRED), [id])
  assert.deepEqual(await listed(TaskState.TASK_STATE_COMPLETED), [])

  // Saying something else decides nothing, an API key may not decide, and a stranger has no such task.
  const still = await client.sendMessage(say('go on', { taskId: id }))
  assert.deepEqual(asked(still), [proposal])
  const answer = (token) => rest('POST', '/message:send', { token, body: { message: { messageId: 'd', taskId: id, role: 'ROLE_USER', parts: [{ data: { accept: true } }] } } })
  const scopes = ['run_agents', 'read_agents', 'edit_campaigns', 'read_campaigns']
  const { key } = (await team.admin.ask('POST', '/api-keys', { body: { name: 'Machine', role: 'marketer', scopes } })).body
  const machine = await answer(key)
  assert.deepEqual([machine.status, machine.body.error.status], [403, 'PERMISSION_DENIED'])
  assert.equal((await answer(admin.token)).status, 404)
  assert.equal((await team.marketer.ask('GET', '/approvals')).body.rows.length, 0)

  const accepted = await client.sendMessage(say('', { taskId: id, parts: [data({ accept: true })] }))
  assert.equal(accepted.status.state, TaskState.TASK_STATE_INPUT_REQUIRED, 'a change of what is live waits for somebody else')
  const [approval] = asked(accepted)
  assert.equal(approval.waiting, 'approval')
  assert.equal(approval.url, `${product.url}/approvals?id=${approval.id}`)
  assert.deepEqual(await listed(TaskState.TASK_STATE_INPUT_REQUIRED), [id])
  // Saying it once more approves nothing: whoever asked does not decide.
  assert.deepEqual(asked(await client.sendMessage(say('', { taskId: id, parts: [data({ accept: true })] }))), [approval])

  // Whoever follows the task hears of the decision when it is made, elsewhere and by somebody else.
  const items = []
  const followed = (async () => {
    for await (const item of client.resubscribeTask({ tenant: '', id })) items.push(item.payload)
  })()
  await eventually(() => assert.equal(items[0]?.value.status.state, TaskState.TASK_STATE_INPUT_REQUIRED))
  await approve(team, approval.id)
  await followed
  assert.deepEqual([items.at(-1).$case, items.at(-1).value.status.state], ['statusUpdate', TaskState.TASK_STATE_COMPLETED])
  assert.equal((await client.getTask({ tenant: '', id, historyLength: undefined })).status.state, TaskState.TASK_STATE_COMPLETED)
  assert.deepEqual(await listed(TaskState.TASK_STATE_COMPLETED), [id])
  await assert.rejects(client.sendMessage(say('', { taskId: id, parts: [data({ accept: true })] })), /over/)

  // And what was approved is what becomes of the campaign, at the provider, once somebody publishes it.
  assert.equal((await team.marketer.ask('POST', `/campaigns/${campaign.id}/publish`, { body: {} })).status, 202)
  await eventually(
    async () => {
      const shown = (await team.marketer.ask('GET', `/campaigns/${campaign.id}`)).body
      const ad = shown.document.ad_sets[0].ads.find((one) => one.id === campaign.worst)
      assert.equal(ad.status, 'paused', JSON.stringify(shown.document))
      assert.ok(shown.publications.length > 1 && shown.publications.every((one) => one.status === 'done'), JSON.stringify(shown.publications))
    },
    { within: 60_000 },
  )
})

test('a proposal that is put aside ends its task', async () => {
  const team = await shop(product.url, 'Planning shop')
  await connectAccount(team.admin, 'sandbox', `Planned ${team.tenant.id}`)
  const client = await connect('HTTP+JSON', team.marketer.token)
  const plan = { agent: 'planner', context: { objective: 'sales', budget_daily: 10_000, landing_url: 'https://shop.example/', countries: ['DE'] } }
  const task = await client.sendMessage(say('', { parts: [data(plan)] }))
  assert.equal(task.status.state, TaskState.TASK_STATE_INPUT_REQUIRED, JSON.stringify(task))
  const ended = await client.sendMessage(say('', { taskId: task.id, parts: [data({ accept: false })] }))
  assert.equal(ended.status.state, TaskState.TASK_STATE_COMPLETED, JSON.stringify(ended))
  assert.deepEqual((await team.marketer.ask('GET', '/campaigns')).body.rows, [])
})

test('the extended card shows what the caller may have done', async () => {
  const own = (await rest('GET', '/extendedAgentCard')).body
  assert.ok(own.skills.some((skill) => skill.id === 'analyst'))
  const key = (await admin.ask('POST', '/api-keys', { body: { name: 'Narrow', role: 'admin', scopes: ['read_analytics'] } })).body
  const narrow = (await rest('GET', '/extendedAgentCard', { token: key.key })).body
  assert.equal(narrow.skills.some((skill) => skill.id === 'analyst'), false)
  const refused = await rest('POST', '/message:send', { body: message('/run analyst'), token: key.key })
  assert.deepEqual([refused.status, refused.body.error.status], [403, 'PERMISSION_DENIED'])
})
