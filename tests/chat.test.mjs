// The assistant in a real browser: a question and one that follows it, an agent's run, a tool that asks first, what is
// offered after a slash, and a conversation that outlives a reload.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { eventually, start } from './product.mjs'
import { launch, signIn, skip } from './screen.mjs'

let product, browser, page
before(async () => {
  if (skip) return
  product = await start()
  browser = await launch()
  page = await signIn(browser, product.url, { email: 'admin@demo.test' })
  await page.goto(`${product.url}/chat`)
})
after(async () => {
  await browser?.close()
  await product?.stop()
})

const line = () => page.getByRole('textbox', { name: /ask a question/i })
const conversation = () => page.getByRole('list', { name: 'Conversation' })
const answers = () => conversation().getByRole('region', { name: 'Answer' })

/** Types a line and sends it by Enter; the list of what could follow is shut first. */
async function say(text) {
  // While an answer is on its way nothing is sent.
  await page.getByRole('button', { name: 'Stop', exact: true }).waitFor({ state: 'hidden' })
  await line().fill(text)
  await page.keyboard.press('Escape')
  await page.keyboard.press('Enter')
}

test('a question is answered with its figure and its SQL', { skip }, async () => {
  await page.getByRole('heading', { name: /let an agent do it/i }).waitFor()
  await say('What was revenue in the last 30 days?')
  const answer = answers().last()
  await answer.getByRole('heading', { name: 'Revenue', exact: true }).waitFor()
  await answer.getByText(/€[\d,.]+/).first().waitFor()
  await answer.getByText('How this was worked out').click()
  await answer.getByText(/SELECT/).first().waitFor()
})

test('a question that follows is asked of the one before', { skip }, async () => {
  await page.getByRole('button', { name: 'and by channel?' }).click()
  await answers().last().getByRole('heading', { name: 'Revenue by channel' }).waitFor()
  await say('compared with the period before')
  await answers().last().getByText(/compared with/).waitFor()
  assert.equal(await answers().count(), 3)
})

test('what is not understood is said, with what to ask instead', { skip }, async () => {
  await say('revenue by unicorn')
  const answer = answers().last()
  await answer.getByRole('heading', { name: /not understood/ }).waitFor()
  assert.match(await answer.innerText(), /unicorn/)
  await answer.getByRole('button').first().click()
  await answers().last().getByText('How this was worked out').waitFor()
})

test('a slash offers agents and tools, and the keyboard chooses', { skip }, async () => {
  await line().fill('/ana')
  const offers = page.getByRole('listbox')
  await offers.getByRole('option', { name: /run analyst/ }).waitFor()
  assert.equal(await offers.getByRole('option', { selected: true }).count(), 1)
  await page.keyboard.press('Enter')
  assert.equal(await line().inputValue(), '/run analyst ')
  await offers.getByRole('option', { name: /from=/ }).waitFor()
  await line().fill('/run pacer')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Enter')
  await page.getByText('Still needed: campaign_id').waitFor()
  await line().fill('')
})

test('an agent runs, shows its steps and tells what it found', { skip }, async () => {
  await say('/run analyst')
  const run = conversation().getByRole('region', { name: /run of the analyst/i }).last()
  await run.waitFor()
  await run.getByText('Done', { exact: true }).first().waitFor({ timeout: 60_000 })
  await run.getByText('What it did').click()
  await run.getByText('Started').first().waitFor()
  const { rows } = (await product.api('/agents/runs?agent=analyst')).body
  // Money as the site writes it.
  const title = rows[0].output.title.replace(/([\d.]+) EUR/g, '€$1')
  assert.notEqual(title, rows[0].output.title)
  await run.getByRole('heading', { name: title }).waitFor()
  assert.match(await run.getByRole('link', { name: 'Open' }).getAttribute('href'), new RegExp(`/agents/runs/${rows[0].id}`))
})

test('a tool that changes something is refused, then allowed, by the keyboard', { skip }, async () => {
  const stopped = async () => (await product.api('/guardrails')).body.spending_stopped
  await say('/guardrails_stop reason="A test of the brakes"')
  const asks = () => conversation().getByRole('region', { name: /^permission/i }).last()
  await asks().getByText('A test of the brakes').waitFor()
  await asks().getByRole('button', { name: /don.t allow/i }).click()
  await conversation().getByText('Not allowed. Nothing was changed.').waitFor()
  assert.equal(await stopped(), false)

  await say('/guardrails_stop reason="A test of the brakes"')
  await asks().getByRole('button', { name: 'Allow', exact: true }).waitFor()
  // The card has the focus: the next stop is Allow.
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await eventually(async () => assert.equal(await stopped(), true))
  await conversation().getByRole('region', { name: 'Stop all spending now', exact: true }).last().waitFor()
})

test('a conversation outlives a reload, and a new one forgets it', { skip }, async () => {
  await line().fill('not sent yet')
  const before = await conversation().getByRole('listitem').count()
  await page.reload()
  await conversation().getByRole('heading', { name: 'Revenue by channel' }).first().waitFor()
  assert.ok(before > 8)
  assert.equal(await line().inputValue(), 'not sent yet')
  await conversation().getByRole('region', { name: /run of the analyst/i }).getByText('Done', { exact: true }).first().waitFor()
  await page.getByRole('button', { name: 'New conversation' }).click()
  await page.getByRole('heading', { name: /let an agent do it/i }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: /let an agent do it/i }).waitFor()
  assert.equal(await conversation().count(), 0)
})

test('it fits a narrow screen', { skip }, async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await say('Revenue by channel in the last 30 days')
  await answers().last().getByText('How this was worked out').waitFor()
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.equal(wide, 0)
})
